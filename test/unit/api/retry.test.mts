import fc from 'fast-check';

import { clock } from '../../support/fakeClock.mts';
import {
	parseRetryAfter,
	withRetry,
	backoffDelay,
	type RetryDecision,
} from '../../../nodes/Talkdesk/api/retry';

const limits = { maxRetries: 5, maxRetryTime: 60_000 };

/** Fails so many times, then succeeds. */
function failing(times: number) {
	let attempts = 0;
	return async () => {
		if (attempts++ < times) throw new Error(`failure ${attempts}`);
		return `success at attempt ${attempts}`;
	};
}
const always = (): RetryDecision => ({});

describe('withRetry', () => {
	it('calls an action that succeeds once, without a delay', async () => {
		expect(await withRetry(limits, failing(0), always)).toBe('success at attempt 1');
		expect(clock.sleeps).toEqual([]);
	});

	it('retries up to the limit, then throws the last error', async () => {
		expect(await withRetry(limits, failing(5), always)).toBe('success at attempt 6');
		await expect(withRetry(limits, failing(6), always)).rejects.toThrow('failure 6');
	});

	it('passes the number of the attempt to the action', async () => {
		const attempts: number[] = [];
		await withRetry(
			limits,
			async (attempt) => {
				attempts.push(attempt);
				if (attempt < 3) throw new Error();
			},
			always,
		);
		expect(attempts).toEqual([1, 2, 3]);
	});

	it('does not retry without a decision to do so', async () => {
		await expect(withRetry(limits, failing(1), () => undefined)).rejects.toThrow('failure 1');
	});

	it('keeps a lower limit of the decision', async () => {
		await expect(withRetry(limits, failing(2), () => ({ maxRetries: 1 }))).rejects.toThrow(
			'failure 2',
		);
	});

	it('begins no attempt after the maximum retry time', async () => {
		const slow = async () => {
			clock.now += 25_000;
			throw new Error(`at ${clock.now - 1_000_000}`);
		};
		// Two attempts of 25 s and two delays: a third attempt begins in time and ends at 75 s; a fourth would be late.
		await expect(withRetry(limits, slow, always)).rejects.toThrow(/^at 7[5-9]/);
		expect(clock.sleeps).toHaveLength(2);
	});

	it('does not wait if Retry-After is beyond the maximum retry time', async () => {
		await expect(withRetry(limits, failing(1), () => ({ retryAfter: 61_000 }))).rejects.toThrow(
			'failure 1',
		);
		expect(clock.sleeps).toEqual([]);
	});

	it('waits for Retry-After', async () => {
		await withRetry(limits, failing(1), () => ({ retryAfter: 7000 }));
		expect(clock.sleeps[0]).toBeGreaterThanOrEqual(7000);
		expect(clock.sleeps[0]).toBeLessThanOrEqual(7250);
	});

	it('ends when the execution is canceled', async () => {
		const canceled = new AbortController();
		const action = failing(3);
		await expect(
			withRetry(
				limits,
				async () => {
					canceled.abort();
					return await action();
				},
				always,
				canceled.signal,
			),
		).rejects.toThrow('failure 1');
	});
});

it('the backoff is exponential, with jitter and a maximum', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 60 }), (retry) => {
			const longest = Math.min(500 * 2 ** (retry - 1), 15_000);
			const delay = backoffDelay(retry, {});
			expect(delay).toBeGreaterThanOrEqual(longest / 2);
			expect(delay).toBeLessThanOrEqual(longest);
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
	])('%j is %i ms', (header, delay) => expect(parseRetryAfter(header)).toBe(delay));

	it.each([undefined, '', ' ', 'soon', ['1'], 7, 'Infinity', null])('%j is ignored', (header) => {
		expect(parseRetryAfter(header)).toBeUndefined();
	});
});
