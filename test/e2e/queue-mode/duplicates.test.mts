import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

import {
	startQueueEnvironment,
	type QueueEnvironment,
} from '../../tools/demo/queue-environment.mts';
import { node, publishRow } from '../small-workflows.mts';

/** Longer than the webhook process itself remembers an event: from then on n8n's database alone tells duplicates. */
const LATER_MS = 61_000;
const EVENTS = 600;
const CONCURRENCY = 12;

let environment: QueueEnvironment;
beforeAll(async () => {
	environment = await startQueueEnvironment({ n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' } });
}, 300_000);
afterAll(async () => await environment?.stop(), 60_000);

/** A server that counts how often each event has left the workflow. */
async function startCounter() {
	const counts = new Map<string, number>();
	const server = createServer((request, response) => {
		const id = new URL(request.url ?? '', 'http://counter').searchParams.get('id') ?? '';
		counts.set(id, (counts.get(id) ?? 0) + 1);
		response.end('{}');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : undefined;
	return { counts, url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

const newIds = () => Array.from({ length: EVENTS }, () => randomUUID());

it('a duplicate that comes a minute later is dropped, although two busy workers share one row', async () => {
	const counter = await startCounter();
	const trigger = {
		...node('Trigger', 'n8n-nodes-talkdesk.talkdeskTrigger', 1, {
			events: ['message_created'],
			options: {},
		}),
		credentials: { talkdeskOAuth2Api: environment.credential },
	};
	const url = `=${counter.url}?id={{ $json.text }}`;
	const count = node('Count', 'n8n-nodes-base.httpRequest', 4.2, { url, options: {} });
	await publishRow(environment.n8n.api, [trigger, count]);
	const send = async (content: string) =>
		await axios.post(
			`${environment.n8n.webhookUrl}/${trigger.webhookId}/message_created`,
			{
				event_type: 'MESSAGE_CREATED',
				conversation_id: content,
				timestamp: '2026-01-01T00:00:00.000Z',
				payload: { content },
			},
			{ headers: { 'x-api-key': environment.credentialData.webhookApiKey ?? '' } },
		);
	const sendAll = async (ids: string[]) => {
		const waiting = ids.values();
		const sender = async () => {
			for (const id of waiting) await send(id);
		};
		await Promise.all(Array.from({ length: CONCURRENCY }, sender));
	};
	const arrived = async (ids: string[]) => {
		while (!ids.every((id) => counter.counts.has(id))) await sleep(200);
	};

	const first = newIds();
	await sendAll(first);
	await arrived(first);
	await sleep(LATER_MS);
	const others = newIds();
	await sendAll(first.flatMap((id, index) => [id, others[index] ?? '']));
	await arrived(others);
	counter.close();
	expect([...counter.counts.values()].filter((count) => count > 1)).toEqual([]);
}, 300_000);
