import { sleep } from 'n8n-workflow';

/** How often and how long something is tried again. */
export interface RetryOptions {
	/** How many times, after the first. */
	maxRetries: number;
	/** Milliseconds from the first try on, after which no new one begins. */
	maxRetryTime: number;
}

/** Five attempt outlast a gateway that restarts, and a minute is what a customer who waits for an answer may bear. */
export const DEFAULT_RETRY_OPTIONS: RetryOptions = { maxRetries: 5, maxRetryTime: 60_000 };

/** Milliseconds before the first repetition; each further one waits twice as long. */
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;

/** What a failure says about trying again. */
export interface RetryDecision {
	/** Milliseconds that the other side asks us to wait (`Retry-After`). */
	retryAfter?: number;
	/** Fewer retries than the limits allow. */
	maxRetries?: number;
}

/**
 * Milliseconds to wait: doubled with every try, and up to a half shorter by chance, so that many who failed together
 * don't come back together. Where the other side says when, never before that.
 */
export function backoffDelay(retry: number, { retryAfter = 0 }: RetryDecision): number {
	const longest = Math.min(BASE_DELAY_MS * 2 ** (retry - 1), MAX_DELAY_MS);
	const jittered = longest * (1 - Math.random() / 2);
	return retryAfter > 0 ? retryAfter + jittered / 2 : jittered;
}

/**
 * Does a piece of work, again where that can help.
 *
 * @param work is told how often it has been tried, itself included
 * @param decide what to do about an error; undefined where trying again can't help
 * @param signal ends the waiting, and with it the work
 * @throws the error of the last try
 */
export async function withRetry<Result>(
	{ maxRetries, maxRetryTime }: RetryOptions,
	work: (attempt: number) => Promise<Result>,
	decide: (error: unknown) => RetryDecision | undefined,
	signal?: AbortSignal,
): Promise<Result> {
	const begun = Date.now();
	for (let attempt = 1; ; attempt++) {
		const outcome = await work(attempt).then(
			(result) => ({ result }),
			(error: unknown) => ({ error }),
		);
		if ('result' in outcome) return outcome.result;
		const { error } = outcome;
		const decision = decide(error);
		if (!decision || attempt > Math.min(maxRetries, decision.maxRetries ?? maxRetries)) throw error;
		const wait = backoffDelay(attempt, decision);
		if (Date.now() - begun + wait > maxRetryTime) throw error;
		await sleep(wait, signal).catch(() => undefined);
		if (signal?.aborted) throw error;
	}
}

/**
 * Reads `Retry-After`: seconds or a date (RFC 9110, 10.2.3). Talkdesk documents no limits of its own, so it may be there
 * or not.
 *
 * @returns milliseconds from now
 */
export function parseRetryAfter(header: unknown): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const seconds = Number(header);
	const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
	return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
