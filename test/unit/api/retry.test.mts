import fc from 'fast-check';

import {
	parseRetryAfter,
	withRetry,
	backoffDelay,
	type RetryDecision,
} from '../../../nodes/Talkdesk/api/retry';

const waits: number[] = [];
jest.mock('n8n-workflow', () => ({
	...jest.requireActual<object>('n8n-workflow'),
	sleep: async (milliseconds: number) => {
		waits.push(milliseconds);
		now += milliseconds;
	},
}));

let now = 0;
beforeEach(() => {
	now = 1_000_000;
	waits.length = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

const limits = { maxRetries: 5, maxRetryTime: 60_000 };

/** Fails so often, then is done. */
function failing(times: number) {
	let tries = 0;
	return async () => {
		if (tries++ < times) throw new Error(`failure ${tries}`);
		return `done at try ${tries}`;
	};
}
const always = (): RetryDecision => ({});

describe('retrying', () => {
	it('does what works at once, once', async () => {
		expect(await withRetry(limits, failing(0), always)).toBe('done at try 1');
		expect(waits).toEqual([]);
	});

	it('tries as often as allowed, and throws the last error', async () => {
		expect(await withRetry(limits, failing(5), always)).toBe('done at try 6');
		await expect(withRetry(limits, failing(6), always)).rejects.toThrow('failure 6');
	});

	it('tells the work how often it has been tried', async () => {
		const told: number[] = [];
		await withRetry(
			limits,
			async (tries) => {
				told.push(tries);
				if (tries < 3) throw new Error();
			},
			always,
		);
		expect(told).toEqual([1, 2, 3]);
	});

	it('does nothing again where that cannot help', async () => {
		await expect(withRetry(limits, failing(1), () => undefined)).rejects.toThrow('failure 1');
	});

	it('heeds fewer retries that an error allows', async () => {
		await expect(withRetry(limits, failing(2), () => ({ maxRetries: 1 }))).rejects.toThrow(
			'failure 2',
		);
	});

	it('begins no try after its time', async () => {
		const slow = async () => {
			now += 25_000;
			throw new Error(`at ${now - 1_000_000}`);
		};
		// 25 s, a wait, 25 s, a wait: a third try would begin in time, and end at 75 s; a fourth wouldn't.
		await expect(withRetry(limits, slow, always)).rejects.toThrow(/^at 7[5-9]/);
		expect(waits).toHaveLength(2);
	});

	it('does not wait for what is longer than its time', async () => {
		await expect(withRetry(limits, failing(1), () => ({ retryAfter: 61_000 }))).rejects.toThrow(
			'failure 1',
		);
		expect(waits).toEqual([]);
	});

	it('waits as long as it is asked to', async () => {
		await withRetry(limits, failing(1), () => ({ retryAfter: 7000 }));
		expect(waits[0]).toBeGreaterThanOrEqual(7000);
		expect(waits[0]).toBeLessThanOrEqual(7250);
	});

	it('ends with the execution', async () => {
		const cancelled = new AbortController();
		const work = failing(3);
		await expect(
			withRetry(
				limits,
				async () => {
					cancelled.abort();
					return await work();
				},
				always,
				cancelled.signal,
			),
		).rejects.toThrow('failure 1');
	});
});

it('the waits grow, differ by chance, and have a limit', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 60 }), (retry) => {
			const longest = Math.min(500 * 2 ** (retry - 1), 15_000);
			const wait = backoffDelay(retry, {});
			expect(wait).toBeGreaterThanOrEqual(longest / 2);
			expect(wait).toBeLessThanOrEqual(longest);
		}),
	);
	expect(new Set(Array.from({ length: 20 }, () => backoffDelay(3, {}))).size).toBeGreaterThan(1);
});

describe('Retry-After', () => {
	it.each([
		['3', 3000],
		['0', 0],
		['0.5', 500],
		[new Date(1_000_000 + 5000).toUTCString(), 5000],
		[new Date(0).toUTCString(), 0],
		['-3', 0],
	])('%j is %i ms', (header, wait) => expect(parseRetryAfter(header)).toBe(wait));

	it.each([undefined, '', ' ', 'soon', ['1'], 7, 'Infinity', null])('%j says nothing', (header) => {
		expect(parseRetryAfter(header)).toBeUndefined();
	});
});
