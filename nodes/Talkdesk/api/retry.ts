import { sleep } from 'n8n-workflow';

/** Limits for retries. */
export interface RetryOptions {
	/** How many attempts follow the first one, at most. */
	maxRetries: number;
	/** Milliseconds after the first attempt in which another one may start. */
	maxRetryTime: number;
}

/** Five retries outlast the restart of a gateway, and a customer may wait for a minute. */
export const DEFAULT_RETRY_OPTIONS: RetryOptions = { maxRetries: 5, maxRetryTime: 60_000 };

/** Milliseconds before the first retry. The delay doubles with each retry. */
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;

/** How to retry after an error. */
export interface RetryDecision {
	/** Milliseconds that the server asks to wait (`Retry-After`). */
	retryAfter?: number;
	/** A lower limit than that of the options. */
	maxRetries?: number;
}

/** Exponential backoff with 50 % jitter, in milliseconds. Never shorter than `retryAfter`. */
export function backoffDelay(retry: number, { retryAfter = 0 }: RetryDecision): number {
	const longest = Math.min(BASE_DELAY_MS * 2 ** (retry - 1), MAX_DELAY_MS);
	const jittered = longest * (1 - Math.random() / 2);
	return retryAfter > 0 ? retryAfter + jittered / 2 : jittered;
}

/**
 * Does some work, with retries.
 *
 * @param work gets the number of the attempt, from 1
 * @param decide how to retry after an error (which ones: `problemKinds.ts`); undefined stops
 * @param signal ends the delay and stops
 * @throws the error of the last attempt
 */
export async function withRetry<Result>(
	{ maxRetries, maxRetryTime }: RetryOptions,
	work: (attempt: number) => Promise<Result>,
	decide: (error: unknown) => RetryDecision | undefined,
	signal?: AbortSignal,
): Promise<Result> {
	const startedAt = Date.now();
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
		if (Date.now() - startedAt + wait > maxRetryTime) throw error;
		await sleep(wait, signal).catch(() => undefined);
		if (signal?.aborted) throw error;
	}
}

/**
 * The delay of a `Retry-After` header: seconds or a date (RFC 9110, 10.2.3).
 *
 * @returns milliseconds from now; undefined without a valid header
 */
export function parseRetryAfter(header: unknown): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const seconds = Number(header);
	const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
	return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
