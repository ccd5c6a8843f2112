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
import { emailOf, linesOf } from './lines.mts';

const ANN = emailOf('ann');
const BOB = emailOf('bob');

/**
 * A transcript whose messages and events are the letters of a text. n8n has not acknowledged a capital.
 */
const transcriptOf = (
	email: string,
	customer: string | string[],
	events = '',
	more: Partial<CustomerTranscript> = {},
): CustomerTranscript => ({
	...{ conversationId: email, email, before: [], isEndedByAgent: false, ...more },
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

const attempts = (text: string | string[]) =>
	[...text].map((each, place) => ({ text: each, first: place, last: place }));

const wrote = (email: string, text: string, more: Partial<CustomerRun> = {}): CustomerRun => ({
	...{ email, retries: 0, returned: 0, asides: [], heard: [], replies: [] },
	written: attempts(text),
	...more,
});
const heard = (email: string, text: string | string[], from: 'human' | 'bot' = 'human') =>
	wrote(email, '', { heard: [...text].map((each) => ({ from, text: each })) });

const none: Direction = {
	...{ expected: 3, lost: [], duplicated: [], unexpected: [], ofAnother: [], outOfOrder: 0 },
};
const nothing = { ...none, expected: 0 };
const fine: Arrivals = { outbound: none, inbound: none, notAcknowledged: 0 };

describe('compareArrivals finds every difference', () => {
	test.each<[string, CustomerTranscript[], Partial<Direction>]>([
		['none', [transcriptOf(ANN, 'abc')], {}],
		['a loss', [transcriptOf(ANN, 'ac')], { lost: ['b'] }],
		['a duplicate', [transcriptOf(ANN, 'abbc')], { duplicated: ['b'] }],
		['a late message', [transcriptOf(ANN, 'acb')], { outOfOrder: 1 }],
		['an unexpected message', [transcriptOf(ANN, 'abxc')], { unexpected: ['x'] }],
		['none over two conversations', [transcriptOf(ANN, 'a'), transcriptOf(ANN, 'bc')], {}],
		[
			'a duplicate in the successor',
			[transcriptOf(ANN, 'ab'), transcriptOf(ANN, 'bc')],
			{ duplicated: ['b'] },
		],
		[
			'a message of another customer',
			[transcriptOf(ANN, 'ac'), transcriptOf(BOB, 'b')],
			{ lost: ['b'] },
		],
	])('to the agent: %s', (_, transcripts, wrong) => {
		expect(compareArrivals([wrote(ANN, 'abc')], transcripts)).toEqual({
			outbound: { ...none, ...wrong },
			inbound: nothing,
			notAcknowledged: 0,
		});
	});

	test('to the agent: a message of another customer, which is unexpected there', () => {
		const transcripts = [transcriptOf(ANN, 'abc'), transcriptOf(BOB, 'xa')];
		const { outbound } = compareArrivals([wrote(ANN, 'abc'), wrote(BOB, 'x')], transcripts);
		expect(outbound).toEqual({ ...none, expected: 4, unexpected: ['a'] });
	});

	test.each<[string, string, Partial<Direction>]>([
		['that the agent does not read', 'abc', {}],
		['that the agent reads', 'abcd', {}],
		['that the agent reads late, or early', 'dabdc', {}],
		['that the agent reads as often as it was said', 'abcdd', {}],
		['that the agent reads too often', 'abcddd', { duplicated: ['d'] }],
	])('to the agent: an aside %s', (_, arrived, wrong) => {
		const asides = attempts('dd');
		const { outbound } = compareArrivals(
			[wrote(ANN, 'abc', { asides })],
			[transcriptOf(ANN, arrived)],
		);
		expect(outbound).toEqual({ ...none, ...wrong });
	});

	const bobs = linesOf(BOB).question(1);
	const anns = linesOf(ANN).question(1);
	test.each<[string, CustomerRun, CustomerTranscript, 'outbound' | 'inbound']>([
		['in a message to the agent', wrote(ANN, ''), transcriptOf(ANN, [anns, bobs]), 'outbound'],
		[
			'in the transcript that the agent gets',
			wrote(ANN, ''),
			transcriptOf(ANN, '', '', { before: [anns, bobs] }),
			'outbound',
		],
		['in a message to the customer', heard(ANN, [anns, bobs]), transcriptOf(ANN, ''), 'inbound'],
		["in the bot's reply", wrote(ANN, '', { replies: [bobs] }), transcriptOf(ANN, ''), 'inbound'],
	])('words of another customer %s', (_, run, transcript, direction) => {
		expect(compareArrivals([run], [transcript])[direction].ofAnother).toEqual([bobs]);
	});

	test.each<[string, string, string, Partial<Direction>, number]>([
		['none', 'abc', 'abc', {}, 0],
		['a loss', 'abc', 'ab', { lost: ['c'] }, 0],
		['a duplicate', 'abc', 'abca', { duplicated: ['a'] }, 0],
		['a late message', 'abc', 'cab', { outOfOrder: 2 }, 0],
		['an unexpected message', 'abc', 'abcx', { unexpected: ['x'] }, 0],
		['a message without an acknowledgment', 'abcD', 'abc', {}, 1],
		['a message that arrived without an acknowledgment', 'abC', 'abc', {}, 0],
	])('to the customer: %s', (_, events, received, wrong, notAcknowledged) => {
		const arrivals = compareArrivals([heard(ANN, received)], [transcriptOf(ANN, '', events)]);
		expect(arrivals).toEqual({
			...{ outbound: nothing, inbound: { ...none, ...wrong }, notAcknowledged },
		});
	});

	test.each<[number, string[]]>([
		[0, ['over', 'over']],
		[1, ['over']],
		[2, []],
	])('to the customer: two reports of an end, of %d ends', (ends, duplicated) => {
		const transcripts = Array.from({ length: ends }, () =>
			transcriptOf(ANN, '', '', { isEndedByAgent: true }),
		);
		const { inbound } = compareArrivals([heard(ANN, ['over', 'over'], 'bot')], transcripts);
		expect(inbound).toEqual({ ...nothing, duplicated });
	});

	test('in a table', () => {
		const outbound = {
			...{ expected: 9, lost: ['a'], duplicated: ['b', 'c'], ofAnother: ['d', 'e', 'f'] },
			...{ unexpected: ['g', 'h', 'i', 'j'], outOfOrder: 5 },
		};
		const table = formatArrivals({ ...fine, outbound, notAcknowledged: 6 });
		expect(table).toContain('| customer to agent | 9 | 1 | 2 | 3 | 4 | 5 |');
		expect(table).toContain('| agent to customer, acknowledged by n8n | 3 | 0 | 0 | 0 | 0 | 0 |');
		expect(table).toContain('Talkdesk knows: 6.');
	});

	test('isUndelivered finds acknowledged messages that have not arrived', () => {
		const transcripts = [transcriptOf(ANN, '', 'aB')];
		expect(isUndelivered('a', [heard(ANN, '')], transcripts)).toBe(true);
		expect(isUndelivered('a', [heard(ANN, 'a')], transcripts)).toBe(false);
		expect(isReceived('a', [heard(ANN, 'a')])).toBe(true);
		expect(isReceived('a', [heard(ANN, 'a', 'bot')])).toBe(false);
		expect(isUndelivered('b', [heard(ANN, '')], transcripts)).toBe(false);
	});
});
