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
import { startChat, type Chat } from '../demo/chat.mts';
import { compareArrivals, type Direction } from './arrivals.mts';
import { simulateCustomer } from './customer.mts';
import { createDesk, type Desk } from './agents.mts';
import { emailOf, linesOf } from './lines.mts';

const chats: Chat[] = [];
afterEach(async () => {
	for (const chat of chats.splice(0)) await chat.close();
	await cleanUp();
});

const neighbor = (text: string, offset: number) =>
	text.replace(/\d+$/, (number) => String(Number(number) + offset));

const bodySchema = z.object({
	...{ sessionId: z.string(), messageId: z.string(), text: z.string(), email: z.string() },
});

interface Faults {
	keyOf?: (messageId: string, conversationId: string) => string;
	/** Whether a message waits for the next one, which overtakes it. */
	isOvertaken?: (text: string) => boolean;
	/** The status of the response for a message that Talkdesk has stored. */
	after?: (text: string) => number;
	/** Called before a message is sent to Talkdesk. */
	before?: (text: string, conversationId: string) => Promise<void>;
}

/**
 * A fake of n8n with the example, in which faults can be put. A message waits for the one before it, as a busy machine may swap
 * calls that are only milliseconds apart.
 */
async function startFakeN8n(
	options: SimulatorOptions,
	{ keyOf = (key, id) => `${id} ${key}`, ...faults }: Faults,
): Promise<{ talkdesk: TalkdeskSimulator; chat: Chat; desk: Desk }> {
	const desk = createDesk(() => talkdesk);
	const talkdesk = await talkdeskForTest({ ...options, onLog: desk.onLog });
	const client = await clientOf(talkdesk);
	const open = new Map<string, string>();
	const sent = new Set<string>();
	const isOvertaken = (text: string) => faults.isOvertaken?.(text) === true;
	async function waitForTurn(text: string) {
		const previous = neighbor(text, -1);
		const turn = isOvertaken(text) ? neighbor(text, 1) : previous;
		if (!/asks \d+$/.test(text) || turn.endsWith(' 0') || isOvertaken(previous)) return;
		while (!sent.has(turn)) await sleep(1);
	}
	async function work({ sessionId, messageId, text, email }: z.output<typeof bodySchema>) {
		const conversationId = open.get(sessionId);
		if (conversationId === undefined) {
			if (!text.includes('human')) return { handledBy: 'bot', reply: 'Hello' };
			const contact_person = { email };
			const start = { touchpoint_id: 'local-touchpoint', contact_person };
			open.set(sessionId, await client.startConversation(start));
			return { handledBy: 'human' };
		}
		await waitForTurn(text);
		await faults.before?.(text, conversationId);
		if (talkdesk.conversation(conversationId)?.state === 'ended') {
			open.delete(sessionId);
			return { handledBy: 'bot', reply: 'Hello' };
		}
		await client.send(conversationId, { content: text }, keyOf(messageId, conversationId));
		sent.add(text);
		if (text !== 'end') return { handledBy: 'human' };
		open.delete(sessionId);
		return { handledBy: 'bot' };
	}
	async function answer({ body: text }: Received) {
		const given = bodySchema.parse(JSON.parse(text));
		const body = JSON.stringify(await work(given));
		return { status: faults.after?.(given.text) ?? 200, body };
	}
	const chat = await startChat();
	chats.push(chat);
	chat.webhookUrl = (await receiver(answer)).url;
	return { talkdesk, chat, desk };
}

describe('the run of a customer', () => {
	async function run(
		n8n: { talkdesk: TalkdeskSimulator; chat: Chat; desk: Desk },
		names: string[] = ['c1'],
	) {
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
			...{ before: [], isEndedByAgent: false },
		}));
		return { runs, transcripts, ...compareArrivals(runs, transcripts) };
	}

	const all: Direction = {
		...{ expected: 7, lost: [], duplicated: [], unexpected: [], ofAnother: [], outOfOrder: 0 },
	};
	const { question, answer, greeting } = linesOf(emailOf('c1'));

	test('arrives completely, without violations; the agent greets and says as much', async () => {
		const n8n = await startFakeN8n({}, {});
		const { outbound, runs, transcripts } = await run(n8n);
		expect(outbound).toEqual(all);
		expect(runs[0]).toMatchObject({ retries: 0, returned: 0 });
		expect(n8n.talkdesk.violations()).toEqual([]);
		const said = transcripts[0]?.events.flatMap(({ message }) => message?.content ?? []);
		expect(said).toEqual([greeting(1), ...[1, 2, 3, 4, 5, 6, 7].map(answer)]);
	});

	test('shows a message that was overtaken', async () => {
		const isOvertaken = (text: string) => text === question(1);
		const { outbound } = await run(await startFakeN8n({}, { isOvertaken }));
		expect(outbound).toEqual({ ...all, outOfOrder: 1 });
	});

	test('shows losses if two chats use the same keys', async () => {
		const options: SimulatorOptions = { messageKeysCountPer: 'account' };
		const n8n = await startFakeN8n(options, { keyOf: (key) => key });
		const { outbound } = await run(n8n, ['c1', 'c2']);
		expect(outbound.lost).toHaveLength(7);
	});

	test('repeats with the same key, and shows a duplicate if n8n uses another one', async () => {
		const seen = new Set<string>();
		const after = (text: string) =>
			text === question(2) && !seen.size && seen.add(text) ? 500 : 200;
		const sameKey = await run(await startFakeN8n({}, { after }));
		expect(sameKey.outbound).toEqual(all);
		expect(sameKey.runs[0]?.retries).toBe(1);
		seen.clear();
		const { outbound } = await run(await startFakeN8n({}, { after, keyOf: () => randomUUID() }));
		expect(outbound).toEqual({ ...all, duplicated: [question(2)] });
	});

	test('goes on in a new conversation if one has ended', async () => {
		const n8n = await startFakeN8n(
			{},
			{
				async before(text, conversationId) {
					if (text !== question(3) || n8n.talkdesk.conversations().length > 1) return;
					await n8n.talkdesk.agent.end(conversationId);
				},
			},
		);
		const { outbound, runs } = await run(n8n);
		expect(n8n.talkdesk.conversations()).toHaveLength(2);
		expect(outbound).toMatchObject({ lost: [], duplicated: [], unexpected: [] });
		expect(runs[0]?.returned).toBeGreaterThan(0);
	});
});
