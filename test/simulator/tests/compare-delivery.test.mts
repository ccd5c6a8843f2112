import { compareDelivery, type Attempted } from '../compare-delivery.mts';
import { cleanUp, connectedForTest, setUp } from './testing.mts';

afterEach(cleanUp);

describe('compareDelivery', () => {
	const fine = { lost: [], duplicated: [], unexpected: [], outOfOrder: 0 };
	const list = (text: string) => [...text];

	test.each<[string, string, object]>([
		['', '', {}],
		['abc', 'abc', {}],
		['abc', 'ac', { lost: ['b'] }],
		['abc', '', { lost: ['a', 'b', 'c'] }],
		['abc', 'abcb', { duplicated: ['b'] }],
		['abc', 'aaabc', { duplicated: ['a', 'a'] }],
		['abc', 'abxcx', { unexpected: ['x', 'x'] }],
		['abc', 'cab', { outOfOrder: 2 }],
		['abc', 'bca', { outOfOrder: 1 }],
		['abc', 'cba', { outOfOrder: 2 }],
		// Neither a gap nor a duplicate is out of order.
		['abcd', 'ad', { lost: ['b', 'c'] }],
		['abc', 'abca', { duplicated: ['a'] }],
		// An equal text that is expected twice must arrive twice.
		['aba', 'aba', {}],
		['aab', 'ab', { lost: ['a'] }],
		['aba', 'aab', { outOfOrder: 1 }],
		['ab', 'aab', { duplicated: ['a'] }],
		['abcd', 'xdba b', { lost: ['c'], unexpected: ['x', ' '], duplicated: ['b'], outOfOrder: 2 }],
	])('of %j, arrived as %j', (expected, seen, wrong) => {
		expect(compareDelivery(list(expected), list(seen))).toEqual({ ...fine, ...wrong });
	});

	test.each<[string, string, object]>([
		// b was retried after c and d: it may arrive anywhere from its own position on.
		['a b c d B', 'abcd', {}],
		['a b c d B', 'acbd', {}],
		['a b c d B', 'acdb', {}],
		['a b c d B', 'bacd', { outOfOrder: 1 }],
		// e was sent after the last attempt of b.
		['a b c d B e', 'acdeb', { outOfOrder: 1 }],
		// The order of the others still counts.
		['a b c d B', 'adcb', { outOfOrder: 1 }],
		['a b c d B', 'acdbb', { duplicated: ['b'] }],
		['a b c d B', 'acd', { lost: ['b'] }],
	])('of the attempts %j, arrived as %j', (tries, seen, wrong) => {
		const tried: Attempted[] = [];
		tries.split(' ').forEach((text, place) => {
			const earlier = tried.find((each) => each.text === text.toLowerCase());
			if (earlier) earlier.last = place;
			else tried.push({ text, first: place, last: place });
		});
		expect(compareDelivery(tried, list(seen))).toEqual({ ...fine, ...wrong });
	});

	test('does not modify its arguments', () => {
		const lists = [Object.freeze(['a', 'b']), Object.freeze(['b'])].map((each) => [...each]);
		const [expected = [], seen = []] = lists;
		compareDelivery(expected, seen);
		expect(lists).toEqual([['a', 'b'], ['b']]);
	});
});

describe('transcripts', () => {
	test('have the messages and the events of each conversation', async () => {
		let status = 200;
		const { n8n, talkdesk, client, conversation_id } = await connectedForTest(() => ({ status }));
		const other = await client.startConversation();
		await client.send(conversation_id, { content: 'one' });
		await talkdesk.agent.join(conversation_id, { name: 'Grace' });
		status = 500;
		await talkdesk.agent.say(conversation_id, 'hello');
		await client.send(conversation_id, { content: 'two' });

		const [first, second] = talkdesk.transcripts();
		expect(first?.conversationId).toBe(conversation_id);
		expect(first?.customer.map(({ content }) => content)).toEqual(['one', 'two']);
		const ms = expect.any(Number);
		const url = (event: string) => ({ event, url: `${n8n.url}/${event}` });
		expect(first?.events).toEqual([
			{
				...{ event: 'conversation_started', timestamp: expect.any(String) },
				calls: [{ ...url('conversation_started'), status: 200, ok: true, ms, nth: 0 }],
			},
			{
				...{ event: 'message_created', timestamp: expect.any(String) },
				message: { id: expect.any(String), content: 'hello' },
				calls: [
					{ ...url('message_created'), status: 500, ok: false, error: 'status 500', ms, nth: 1 },
				],
			},
		]);
		expect(second).toEqual({ conversationId: other, customer: [], events: [] });
		expect(() => Object.assign(first?.events[0] ?? {}, { event: 'x' })).toThrow(TypeError);
	});

	test('can be waited for while a call is pending', async () => {
		const { talkdesk, conversation_id } = await connectedForTest();
		const joined = talkdesk.agent.join(conversation_id, { name: 'Grace' });
		expect(talkdesk.transcripts()).toMatchObject([{ events: [{ calls: [] }] }]);
		const firstCall = () => talkdesk.transcripts()[0]?.events[0]?.calls[0];
		let found: unknown;
		const waiting = talkdesk
			.waitFor(firstCall, { what: 'the call' })
			.then((call) => (found = call));
		await joined;
		// Before the last check at the timeout of waitFor: nothing else changes here.
		await new Promise((turn) => setImmediate(turn));
		expect(found).toMatchObject({ ok: true });
		await waiting;
	});

	test('are empty without conversations', async () => {
		expect((await setUp()).talkdesk.transcripts()).toEqual([]);
	});
});
