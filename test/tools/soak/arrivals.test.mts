import {
	compareArrivals,
	formatArrivals,
	isReceived,
	isUndelivered,
	type Arrivals,
	type CustomerTranscript,
	type Direction,
} from './arrivals.mts';
import type { CustomerRun } from './customer.mts';
import type { ReceivedEvent } from './event-recorder.mts';

/**
 * A transcript whose messages and events are the letters of a text. n8n has not acknowledged a capital.
 */
const transcriptOf = (
	email: string,
	customer: string,
	events = '',
	conversationId = email,
): CustomerTranscript => ({
	...{ conversationId, email },
	customer: [...customer].map((content) => ({
		...{ id: content, from: 'customer', author: email, content },
		...{ attachments: [], createdAt: '' },
	})),
	events: [...events].map((content) => ({
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

const wrote = (email: string, text: string): CustomerRun => ({
	...{ email, retries: 0 },
	written: [...text].map((each, place) => ({ text: each, first: place, last: place })),
});

/** A recorder whose received lines are the letters of a text for each conversation. */
const recorderOf = (received: Record<string, string>) => ({
	received: (conversationId: string) => [...(received[conversationId] ?? '')],
});

const none: Direction = { expected: 3, lost: [], duplicated: [], unexpected: [], outOfOrder: 0 };
const fine: Arrivals = { outbound: none, inbound: none, notAcknowledged: 0 };

describe('compareArrivals finds every difference', () => {
	test.each<[string, CustomerTranscript[], Partial<Direction>]>([
		['none', [transcriptOf('ann', 'abc')], {}],
		['a loss', [transcriptOf('ann', 'ac')], { lost: ['b'] }],
		['a duplicate', [transcriptOf('ann', 'abbc')], { duplicated: ['b'] }],
		['a late message', [transcriptOf('ann', 'acb')], { outOfOrder: 1 }],
		['an unexpected message', [transcriptOf('ann', 'abxc')], { unexpected: ['x'] }],
		[
			'none over two conversations',
			[transcriptOf('ann', 'a', '', 'first'), transcriptOf('ann', 'bc', '', 'second')],
			{},
		],
		[
			'a duplicate in the successor',
			[transcriptOf('ann', 'ab', '', 'first'), transcriptOf('ann', 'bc', '', 'second')],
			{ duplicated: ['b'] },
		],
		[
			'a message of another customer',
			[transcriptOf('ann', 'ac'), transcriptOf('bob', 'b')],
			{ lost: ['b'] },
		],
	])('to the agent: %s', (_, transcripts, wrong) => {
		expect(compareArrivals([wrote('ann', 'abc')], transcripts, recorderOf({}))).toEqual({
			outbound: { ...none, ...wrong },
			inbound: { ...none, expected: 0 },
			notAcknowledged: 0,
		});
	});

	test('to the agent: a message of another customer, which is unexpected there', () => {
		const transcripts = [transcriptOf('ann', 'abc'), transcriptOf('bob', 'xa')];
		const { outbound } = compareArrivals(
			[wrote('ann', 'abc'), wrote('bob', 'x')],
			transcripts,
			recorderOf({}),
		);
		expect(outbound).toEqual({ ...none, expected: 4, unexpected: ['a'] });
	});

	test.each<[string, string, string, Partial<Direction>, number]>([
		['none', 'abc', 'abc', {}, 0],
		['a loss', 'abc', 'ab', { lost: ['c'] }, 0],
		['a duplicate', 'abc', 'abca', { duplicated: ['a'] }, 0],
		['a late message', 'abc', 'cab', { outOfOrder: 2 }, 0],
		['an unexpected message', 'abc', 'abcx', { unexpected: ['x'] }, 0],
		['an event without an acknowledgment', 'abcD', 'abc', {}, 1],
		['an event that arrived without an acknowledgment', 'abC', 'abc', {}, 0],
	])('to the customer: %s', (_, events, received, wrong, notAcknowledged) => {
		const arrivals = compareArrivals(
			[],
			[transcriptOf('ann', '', events)],
			recorderOf({ ann: received }),
		);
		expect(arrivals).toEqual({
			...{ outbound: { ...none, expected: 0 }, inbound: { ...none, ...wrong }, notAcknowledged },
		});
	});

	test('in a table', () => {
		const outbound = {
			expected: 9,
			lost: ['a'],
			duplicated: ['b', 'c'],
			unexpected: ['d'],
			outOfOrder: 4,
		};
		const table = formatArrivals({ ...fine, outbound, notAcknowledged: 5 });
		expect(table).toContain('| customer to agent | 9 | 1 | 2 | 1 | 4 |');
		expect(table).toContain('| agent to customer, acknowledged by n8n | 3 | 0 | 0 | 0 | 0 |');
		expect(table).toContain('Talkdesk knows: 5.');
	});

	test('isUndelivered finds acknowledged events that have not arrived', () => {
		const event: ReceivedEvent = { event: 'message_created', conversationId: 'ann', text: 'a' };
		const transcripts = [transcriptOf('ann', '', 'aB')];
		expect(isUndelivered(event, transcripts, recorderOf({}))).toBe(true);
		expect(isUndelivered(event, transcripts, recorderOf({ ann: 'a' }))).toBe(false);
		expect(isReceived(event, recorderOf({ ann: 'a' }))).toBe(true);
		expect(isUndelivered({ ...event, text: 'b' }, transcripts, recorderOf({}))).toBe(false);
		expect(isUndelivered(event, [transcriptOf('bob', '', 'a')], recorderOf({}))).toBe(false);
	});
});
