import { setTimeout as wait } from 'node:timers/promises';

/**
 * The timer for measuring and delaying outgoing calls. It is separate from the option `now`, the clock of tokens and
 * timestamps, so that a test can freeze `now` without blocking deliveries.
 */
export interface Timer {
	/** Monotonic milliseconds. */
	now(): number;
	/** Resolves after `ms`; rejects and clears its timer when `signal` is aborted. */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The timer of the machine. */
export const realTimer: Timer = {
	now: () => performance.now(),
	sleep: (ms, signal) => wait(ms, undefined, { signal }),
};

/** Limits the rate of callers, in their order. */
export interface RateLimiter {
	/** Resolves when the caller may go on; rejects with the signal's reason if it is aborted first. */
	acquire(signal: AbortSignal): Promise<void>;
}

/**
 * Makes a gate for "50 calls per second and account" (docs/what-connections-supports). Documented is the number; that the
 * window slides and that calls beyond it wait, in order, is inferred: nothing says that they are dropped.
 *
 * @param limit how many may pass in one window
 * @param windowMs length of the window
 * @param timer gives the timer, which may change with the options of a running server
 */
export function createRateLimiter(
	limit: number,
	windowMs: number,
	timer: () => Timer,
): RateLimiter {
	let passed: number[] = [];
	let queue: Promise<void> = Promise.resolve();

	async function wait(signal: AbortSignal): Promise<void> {
		for (;;) {
			signal.throwIfAborted();
			const now = timer().now();
			passed = passed.filter((at) => now - at < windowMs);
			const oldest = passed[0];
			if (oldest === undefined || passed.length < limit) {
				passed.push(now);
				return;
			}
			try {
				await timer().sleep(Math.ceil(oldest + windowMs - now), signal);
			} catch (error) {
				// The reason is more specific than the sleeper's "aborted".
				signal.throwIfAborted();
				throw error;
			}
		}
	}

	return {
		acquire(signal) {
			const turn = queue.then(() => wait(signal));
			// The next caller waits for this one, but does not fail with it.
			queue = turn.catch(() => undefined);
			return turn;
		},
	};
}

/**
 * Runs `work` with a deadline.
 *
 * @param work gets a signal that is aborted at the deadline or when `closing` is
 * @returns the result of `work`
 * @throws Error with `late` as its message at the deadline, the reason of `closing` if that is aborted first, or the error of
 * `work`
 */
export async function withDeadline<T>(
	{ ms, timer, closing, late }: { ms: number; timer: Timer; closing: AbortSignal; late: string },
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const deadline = new AbortController();
	const done = new AbortController();
	void timer.sleep(ms, AbortSignal.any([closing, done.signal])).then(
		() => deadline.abort(new Error(late)),
		() => undefined,
	);
	try {
		return await work(AbortSignal.any([closing, deadline.signal]));
	} catch (error) {
		closing.throwIfAborted();
		deadline.signal.throwIfAborted();
		throw error;
	} finally {
		done.abort();
	}
}
