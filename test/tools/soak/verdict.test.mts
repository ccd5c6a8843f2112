import type { Arrivals, Direction } from './arrivals.mts';
import { verdict, type Outcome } from './verdict.mts';

const none: Direction = {
	...{ expected: 3, lost: [], duplicated: [], unexpected: [], ofAnother: [], outOfOrder: 0 },
};
const fine: Arrivals = { outbound: none, inbound: none, notAcknowledged: 0 };

describe('the verdict', () => {
	const passed: Outcome = {
		...{ before: fine, after: fine, redelivered: [], unrecoverable: 0, areDropsReported: true },
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
		['a message that only a retry delivered, and that is late', { after: out({ outOfOrder: 1 }) }],
		['events out of order at the customer', { before: back({ outOfOrder: 1 }) }],
		[
			'an event that a retry sends again',
			{ after: back({ duplicated: ['a'] }), redelivered: ['a'] },
		],
		['messages out of order with workers', { hasWorkers: true, before: out({ outOfOrder: 1 }) }],
		[
			'a loss of a killed worker that was reported to the error workflow',
			{ hasWorkers: true, after: back({ lost: ['a'] }), unrecoverable: 1 },
		],
		['a message that only a retry delivers', { before: out({ lost: ['a'] }) }],
	])('passes with %s', (_, outcome) => {
		expect(verdict({ ...passed, ...outcome })).toEqual([]);
	});

	test.each<[string, Partial<Outcome>]>([
		['a loss on the way to the agent', { after: out({ lost: ['a'] }) }],
		[
			'a loss on the way to the agent with workers',
			{ hasWorkers: true, unrecoverable: 9, after: out({ lost: ['a'] }) },
		],
		['a duplicate at the agent', { after: out({ duplicated: ['a'] }) }],
		['an unexpected message at the agent', { after: out({ unexpected: ['a'] }) }],
		['a message out of order at the agent', { before: out({ outOfOrder: 1 }) }],
		['a loss on the way to the customer', { after: back({ lost: ['a'] }) }],
		['an unrecoverable loss without workers', { after: back({ lost: ['a'] }), unrecoverable: 1 }],
		[
			'an unreported loss of a worker',
			{
				...{ hasWorkers: true, after: back({ lost: ['a'] }), unrecoverable: 1 },
				areDropsReported: false,
			},
		],
		[
			'more losses than unrecoverable executions',
			{ hasWorkers: true, after: back({ lost: ['a'] }) },
		],
		[
			'a duplicate at the customer',
			{ before: back({ duplicated: ['a'] }), after: back({ duplicated: ['a'] }) },
		],
		[
			'a duplicate after a retry of another event',
			{ after: back({ duplicated: ['a'] }), redelivered: ['b'] },
		],
		[
			'two duplicates after a retry',
			{ after: back({ duplicated: ['a', 'a'] }), redelivered: ['a'] },
		],
		['an unexpected event at the customer', { after: back({ unexpected: ['a'] }) }],
		["words of another's chat at the agent", { after: out({ ofAnother: ['a'] }) }],
		["words of another's chat at the customer", { after: back({ ofAnother: ['a'] }) }],
		['a secret in the log', { leaks: 1 }],
	])('fails with %s', (_, outcome) => {
		expect(verdict({ ...passed, ...outcome })).toHaveLength(1);
	});
});
