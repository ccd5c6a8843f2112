import axios from 'axios';
import { z } from 'zod';

import {
	startQueueEnvironment,
	type QueueEnvironment,
} from '../../tools/demo/queue-environment.mts';
import { node, publishRow, webhook } from '../small-workflows.mts';

let environment: QueueEnvironment;
beforeAll(async () => {
	environment = await startQueueEnvironment({ n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' } });
	const credentials = { talkdeskOAuth2Api: environment.credential };
	const sessionId = '={{ $json.body.sessionId }}';
	const start = {
		credentials,
		...node('Start', 'n8n-nodes-talkdesk.talkdesk', 1, {
			resource: 'conversation',
			operation: 'start',
			contactEmail: 'ann@example.com',
			sessionId,
			options: {},
		}),
	};
	const route = {
		credentials,
		...node('Route', 'n8n-nodes-talkdesk.talkdesk', 1, {
			resource: 'message',
			operation: 'route',
			sessionId,
			text: '={{ $json.body.text }}',
			options: {},
		}),
	};
	await publishRow(environment.n8n.api, [webhook('start'), start]);
	await publishRow(environment.n8n.api, [webhook('route'), route]);
}, 300_000);
afterAll(async () => await environment?.stop(), 60_000);

const started = z.object({ conversationId: z.string() });
const startFor = async (sessionId: string) => {
	const { data } = await axios.post(`${environment.n8n.webhookUrl}/start`, { sessionId });
	return started.parse(data).conversationId;
};

it('starts of one session at the same moment, on two workers, make one conversation', async () => {
	for (const session of ['first ever', 'second', 'third']) {
		const before = environment.talkdesk.conversations().length;
		const ids = await Promise.all(Array.from({ length: 8 }, () => startFor(session)));
		expect(new Set(ids).size).toBe(1);
		expect(environment.talkdesk.conversations()).toHaveLength(before + 1);
	}
}, 180_000);

it('a worker knows the session that another one has started, and each message goes once', async () => {
	const conversationId = await startFor('shared');
	const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
	await Promise.all(
		texts.map(async (text) => {
			await axios.post(`${environment.n8n.webhookUrl}/route`, { sessionId: 'shared', text });
		}),
	);
	const sent = environment.talkdesk.conversation(conversationId)?.messages ?? [];
	expect(sent.map(({ content }) => content).sort()).toEqual([...texts].sort());
}, 180_000);
