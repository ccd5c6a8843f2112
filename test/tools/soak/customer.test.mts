import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import type { SimulatorOptions, TalkdeskSimulator } from '../../simulator/simulator.mts';
import {
	cleanUp,
	clientOf,
	receiver,
	talkdeskForTest,
	type Received,
} from '../../simulator/tests/testing.mts';
import { compareArrivals, type Direction } from './arrivals.mts';
import { simulateCustomer } from './customer.mts';

afterEach(cleanUp);

const neighbor = (text: string, offset: number) =>
	text.replace(/\d+$/, (number) => String(Number(number) + offset));

/**
 * A fake of n8n with the workflows of the soak, in which faults can be put. A message waits for the one before it, as a busy
 * machine may swap calls that are only milliseconds apart.
 */
async function startFakeN8n(
	options: SimulatorOptions,
	{
		keyOf = (key, id) => `${id} ${key}`,
		isOvertaken = () => false,
		after = () => 200,
	}: {
		keyOf?: (key: string, conversationId: string) => string;
		/** Whether a message waits for the next one, which overtakes it. */
		isOvertaken?: (text: string) => boolean;
		/** The status of the response for a message that Talkdesk has stored. */
		after?: (text: string) => number;
	},
): Promise<{ talkdesk: TalkdeskSimulator; webhookUrl: string }> {
	const talkdesk = await talkdeskForTest(options);
	const client = await clientOf(talkdesk);
	const body = z.object({
		...{ key: z.string().default(''), email: z.string().default('') },
		...{ conversationId: z.string().default(''), text: z.string().default('') },
	});
	const sent = new Set<string>();
	async function waitForTurn(text: string) {
		const previous = neighbor(text, -1);
		const turn = isOvertaken(text) ? neighbor(text, 1) : previous;
		if (turn.endsWith(' 0') || isOvertaken(previous)) return;
		while (!sent.has(turn)) await sleep(1);
	}
	async function answer({ url, body: text }: Received) {
		const given = body.parse(JSON.parse(text));
		let { conversationId } = given;
		let status = 200;
		if (url === '/soak-start') {
			const contact_person = { email: given.email };
			conversationId = await client.startConversation({
				touchpoint_id: 'local-touchpoint',
				contact_person,
			});
		}
		if (url === '/soak-send') {
			await waitForTurn(given.text);
			const key = keyOf(given.key, conversationId);
			await client.send(conversationId, { content: given.text }, key);
			sent.add(given.text);
			status = after(given.text);
		}
		return { status, body: JSON.stringify({ conversationId }) };
	}
	const { url } = await receiver(answer);
	return { talkdesk, webhookUrl: url };
}

describe('the run of a customer', () => {
	async function run(n8n: { talkdesk: TalkdeskSimulator; webhookUrl: string }, names: string[]) {
		const progress = () => undefined;
		const runs = await Promise.all(
			names.map((name, seed) =>
				simulateCustomer({ ...n8n, progress }, { name, messages: 7, seed, apart: 5 }),
			),
		);
		const conversations = n8n.talkdesk.conversations();
		const transcripts = n8n.talkdesk.transcripts().map((each, index) => ({
			...each,
			email: conversations[index]?.start.contact_person.email ?? '',
		}));
		return { runs, ...compareArrivals(runs, transcripts, { received: () => [] }) };
	}

	const all: Direction = {
		...{ expected: 7, lost: [], duplicated: [], unexpected: [], outOfOrder: 0 },
	};

	test('arrives completely, without violations', async () => {
		const n8n = await startFakeN8n({}, {});
		const { outbound, runs } = await run(n8n, ['c1']);
		expect(outbound).toEqual(all);
		expect(runs[0]?.retries).toBe(0);
		expect(n8n.talkdesk.violations()).toEqual([]);
	});

	test('shows a message that was overtaken', async () => {
		const isOvertaken = (text: string) => text.endsWith(' 1');
		const { outbound } = await run(await startFakeN8n({}, { isOvertaken }), ['c1']);
		expect(outbound).toEqual({ ...all, outOfOrder: 1 });
	});

	test('shows losses if two chats use the same keys', async () => {
		const options: SimulatorOptions = { messageKeysCountPer: 'account' };
		const n8n = await startFakeN8n(options, { keyOf: (key) => key });
		const { outbound } = await run(n8n, ['c1', 'c2']);
		expect(outbound.lost).toHaveLength(7);
		expect(n8n.talkdesk.keyConflicts()).toHaveLength(7);
	});

	test('repeats with the same key, and shows a duplicate if n8n uses another one', async () => {
		const seen = new Set<string>();
		const after = (text: string) =>
			text.endsWith(' 2') && !seen.size && seen.add(text) ? 500 : 200;
		const sameKey = await run(await startFakeN8n({}, { after }), ['c1']);
		expect(sameKey.outbound).toEqual(all);
		expect(sameKey.runs[0]?.retries).toBe(1);
		seen.clear();
		const { outbound } = await run(await startFakeN8n({}, { after, keyOf: () => randomUUID() }), [
			'c1',
		]);
		expect(outbound).toEqual({ ...all, duplicated: ['canary c1 asks 2'] });
	});
});
