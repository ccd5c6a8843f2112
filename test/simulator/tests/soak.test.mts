import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { playConversation, type Played } from '../../tools/soak/conversation.mts';
import type { Told } from '../../tools/soak/customers.mts';
import {
	compare,
	describe as describeArrivals,
	isHeard,
	isOwed,
	verdict,
	type Arrivals,
	type Direction,
	type Outcome,
	type SeenOf,
} from '../../tools/soak/report.mts';
import type { LocalTalkdesk, TalkdeskOptions } from '../talkdesk.mts';
import { cleanUp, clientOf, receiver, talkdeskForTest, type Received } from './testing.mts';

afterEach(cleanUp);

/** What the agent saw, and what n8n was told: by the letters of a text; a capital is one that n8n didn't take. */
const seenBy = (email: string, customer: string, told = '', conversationId = email): SeenOf => ({
	...{ conversationId, email },
	customer: [...customer].map((content) => ({
		...{ id: content, from: 'customer', author: email, content },
		...{ attachments: [], createdAt: '' },
	})),
	told: [...told].map((content) => ({
		...{ event: 'message_created', timestamp: '' },
		message: { id: content, content: content.toLowerCase() },
		calls: [
			{
				...{ event: 'message_created', url: null, status: 200, ms: 1, nth: 0 },
				ok: content === content.toLowerCase(),
			},
		],
	})),
});

const wrote = (email: string, text: string): Played => ({
	...{ email, repeated: 0 },
	written: [...text].map((each, place) => ({ text: each, first: place, last: place })),
});

const hearing = (heard: Record<string, string>) => ({
	heard: (conversationId: string) => [...(heard[conversationId] ?? '')],
});

const none: Direction = { expected: 3, lost: [], duplicated: [], unexpected: [], outOfOrder: 0 };
const fine: Arrivals = { outbound: none, inbound: none, notTaken: 0 };

describe('each figure of the soak can be another one', () => {
	test.each<[string, SeenOf[], Partial<Direction>]>([
		['all is well', [seenBy('ann', 'abc')], {}],
		['one is lost', [seenBy('ann', 'ac')], { lost: ['b'] }],
		['one comes twice', [seenBy('ann', 'abbc')], { duplicated: ['b'] }],
		['one comes too late', [seenBy('ann', 'acb')], { outOfOrder: 1 }],
		['one was never said', [seenBy('ann', 'abxc')], { unexpected: ['x'] }],
		[
			'all is well over two conversations',
			[seenBy('ann', 'a', '', 'first'), seenBy('ann', 'bc', '', 'second')],
			{},
		],
		[
			'one comes again in the successor',
			[seenBy('ann', 'ab', '', 'first'), seenBy('ann', 'bc', '', 'second')],
			{ duplicated: ['b'] },
		],
		['one is at another customer', [seenBy('ann', 'ac'), seenBy('bob', 'b')], { lost: ['b'] }],
	])('to the agent: %s', (_, seen, wrong) => {
		expect(compare([wrote('ann', 'abc')], seen, hearing({}))).toEqual({
			outbound: { ...none, ...wrong },
			inbound: { ...none, expected: 0 },
			notTaken: 0,
		});
	});

	test('to the agent: what somebody else has said there', () => {
		const seen = [seenBy('ann', 'abc'), seenBy('bob', 'xa')];
		const { outbound } = compare([wrote('ann', 'abc'), wrote('bob', 'x')], seen, hearing({}));
		expect(outbound).toEqual({ ...none, expected: 4, unexpected: ['a'] });
	});

	test.each<[string, string, string, Partial<Direction>, number]>([
		['all is well', 'abc', 'abc', {}, 0],
		['one is lost', 'abc', 'ab', { lost: ['c'] }, 0],
		['one comes twice', 'abc', 'abca', { duplicated: ['a'] }, 0],
		['one comes too late', 'abc', 'cab', { outOfOrder: 2 }, 0],
		['one was never said', 'abc', 'abcx', { unexpected: ['x'] }, 0],
		['one was not taken', 'abcD', 'abc', {}, 1],
		['one was not taken, and arrived', 'abC', 'abc', {}, 0],
	])('to the customer: %s', (_, told, heard, wrong, notTaken) => {
		const arrivals = compare([], [seenBy('ann', '', told)], hearing({ ann: heard }));
		expect(arrivals).toEqual({
			...{ outbound: { ...none, expected: 0 }, inbound: { ...none, ...wrong }, notTaken },
		});
	});

	test('the table has them all', () => {
		const outbound = {
			expected: 9,
			lost: ['a'],
			duplicated: ['b', 'c'],
			unexpected: ['d'],
			outOfOrder: 4,
		};
		const table = describeArrivals({ ...fine, outbound, notTaken: 5 });
		expect(table).toContain('| customer to agent | 9 | 1 | 2 | 1 | 4 |');
		expect(table).toContain('| agent to customer, taken by n8n | 3 | 0 | 0 | 0 | 0 |');
		expect(table).toContain('Talkdesk knows: 5.');
	});

	test('what was acknowledged and not heard is owed', () => {
		const told: Told = { event: 'message_created', conversationId: 'ann', text: 'a' };
		const seen = [seenBy('ann', '', 'aB')];
		expect(isOwed(told, seen, hearing({}))).toBe(true);
		expect(isOwed(told, seen, hearing({ ann: 'a' }))).toBe(false);
		expect(isHeard(told, hearing({ ann: 'a' }))).toBe(true);
		expect(isOwed({ ...told, text: 'b' }, seen, hearing({}))).toBe(false);
		expect(isOwed(told, [seenBy('bob', '', 'a')], hearing({}))).toBe(false);
	});
});

describe('the verdict', () => {
	const passed: Outcome = {
		...{ before: fine, after: fine, retold: [], thrownAway: 0, areFailuresTold: true },
		...{ hasWorkers: false, leaks: 0 },
	};
	const out = (wrong: Partial<Direction>): Arrivals => ({
		...fine,
		outbound: { ...none, ...wrong },
	});
	const back = (wrong: Partial<Direction>): Arrivals => ({
		...fine,
		inbound: { ...none, ...wrong },
	});

	test.each<[string, Partial<Outcome>]>([
		['nothing', {}],
		['what only a retry delivered, which is late', { after: out({ outOfOrder: 1 }) }],
		['what customers hear out of order', { before: back({ outOfOrder: 1 }) }],
		['what a retry told again', { after: back({ duplicated: ['a'] }), retold: ['a'] }],
		['the order of workers', { hasWorkers: true, before: out({ outOfOrder: 1 }) }],
		[
			'what a killed worker had, when the error workflow was told',
			{ hasWorkers: true, after: back({ lost: ['a'] }), thrownAway: 1 },
		],
		['what only a retry delivers', { before: out({ lost: ['a'] }) }],
	])('is good with %s', (_, outcome) => {
		expect(verdict({ ...passed, ...outcome })).toEqual([]);
	});

	test.each<[string, Partial<Outcome>]>([
		['lost on the way to the agent', { after: out({ lost: ['a'] }) }],
		['lost with workers, too', { hasWorkers: true, thrownAway: 9, after: out({ lost: ['a'] }) }],
		['twice at the agent', { after: out({ duplicated: ['a'] }) }],
		['never said to the agent', { after: out({ unexpected: ['a'] }) }],
		['out of order at the agent', { before: out({ outOfOrder: 1 }) }],
		['lost on the way to the customer', { after: back({ lost: ['a'] }) }],
		['lost by one process that threw it away', { after: back({ lost: ['a'] }), thrownAway: 1 }],
		[
			'lost by a worker, and nobody was told',
			{
				...{ hasWorkers: true, after: back({ lost: ['a'] }), thrownAway: 1 },
				areFailuresTold: false,
			},
		],
		['more lost than workers had', { hasWorkers: true, after: back({ lost: ['a'] }) }],
		[
			'twice at the customer',
			{ before: back({ duplicated: ['a'] }), after: back({ duplicated: ['a'] }) },
		],
		[
			'twice after a retry of something else',
			{ after: back({ duplicated: ['a'] }), retold: ['b'] },
		],
		['thrice after a retry', { after: back({ duplicated: ['a', 'a'] }), retold: ['a'] }],
		['never said to the customer', { after: back({ unexpected: ['a'] }) }],
		['a secret in the log', { leaks: 1 }],
	])('is bad with what is %s', (_, outcome) => {
		expect(verdict({ ...passed, ...outcome })).toHaveLength(1);
	});
});

/** What n8n does for the soak, in a few lines, so that it can be done wrong. */
async function standIn(
	options: TalkdeskOptions,
	{
		keyOf = (key, id) => `${id} ${key}`,
		before = async () => undefined,
		after = () => 200,
	}: {
		keyOf?: (key: string, conversationId: string) => string;
		/** Awaited before a message goes to Talkdesk. */
		before?: (text: string) => Promise<unknown>;
		/** What is answered for a message that Talkdesk has taken. */
		after?: (text: string) => number;
	},
): Promise<{ talkdesk: LocalTalkdesk; webhookUrl: string }> {
	const talkdesk = await talkdeskForTest(options);
	const client = await clientOf(talkdesk);
	const body = z.object({
		...{ key: z.string().default(''), email: z.string().default('') },
		...{ conversationId: z.string().default(''), text: z.string().default('') },
	});
	async function answer({ url, body: text }: Received) {
		const given = body.parse(JSON.parse(text));
		let { conversationId } = given;
		let status = 200;
		if (url === '/soak-start') {
			const contact_person = { email: given.email };
			conversationId = await client.started({ touchpoint_id: 'local-touchpoint', contact_person });
		}
		if (url === '/soak-send') {
			await before(given.text);
			const key = keyOf(given.key, conversationId);
			await client.send(conversationId, { content: given.text }, key);
			status = after(given.text);
		}
		return { status, body: JSON.stringify({ conversationId }) };
	}
	const { url } = await receiver(answer);
	return { talkdesk, webhookUrl: url };
}

describe('a conversation of the soak', () => {
	async function play(stand: { talkdesk: LocalTalkdesk; webhookUrl: string }, names: string[]) {
		const progress = () => undefined;
		const played = await Promise.all(
			names.map((name, seed) =>
				playConversation({ ...stand, progress }, { name, messages: 7, seed, apart: 5 }),
			),
		);
		const conversations = stand.talkdesk.conversations();
		const seen = stand.talkdesk.seen().map((each, index) => ({
			...each,
			email: conversations[index]?.start.contact_person.email ?? '',
		}));
		return { played, ...compare(played, seen, hearing({})) };
	}

	const all: Direction = { ...none, expected: 7 };

	test('arrives whole, and is ended', async () => {
		const stand = await standIn({}, {});
		const { outbound, played } = await play(stand, ['c1']);
		expect(outbound).toEqual(all);
		expect(played[0]?.repeated).toBe(0);
		expect(stand.talkdesk.violations()).toEqual([]);
	});

	test('shows that a message was overtaken', async () => {
		// The first is slow, and nobody waits for it.
		const isFirst = (text: string) => text.endsWith(' 1');
		const before = async (text: string) => (isFirst(text) ? sleep(300) : undefined);
		const { outbound } = await play(await standIn({}, { before }), ['c1']);
		expect(outbound).toEqual({ ...all, outOfOrder: 1 });
	});

	test('shows that keys of chats are taken for each other', async () => {
		const options: TalkdeskOptions = { messageKeysCountPer: 'account' };
		const stand = await standIn(options, { keyOf: (key) => key });
		const { outbound } = await play(stand, ['c1', 'c2']);
		expect(outbound.lost).toHaveLength(7);
		expect(stand.talkdesk.keyConflicts()).toHaveLength(7);
	});

	test('shows that a repetition comes twice, and repeats with the same key', async () => {
		const seen = new Set<string>();
		const after = (text: string) =>
			text.endsWith(' 2') && !seen.size && seen.add(text) ? 500 : 200;
		const good = await play(await standIn({}, { after }), ['c1']);
		expect(good.outbound).toEqual(all);
		expect(good.played[0]?.repeated).toBe(1);
		seen.clear();
		const { outbound } = await play(await standIn({}, { after, keyOf: () => randomUUID() }), [
			'c1',
		]);
		expect(outbound).toEqual({ ...all, duplicated: ['canary c1 asks 2'] });
	});
});
