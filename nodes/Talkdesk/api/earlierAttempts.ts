/** Keys that are remembered. */
const MAX_REMEMBERED = 5000;

/** The idempotency keys of requests that may have succeeded; the least recently used first. */
const keys = new Set<string>();

/**
 * Whether an earlier request with this key may have succeeded in this process. n8n's *Retry On Fail* runs in the same
 * process.
 */
export function mayHaveSucceeded(idempotencyKey: string | undefined): boolean {
	return idempotencyKey !== undefined && keys.has(idempotencyKey);
}

/** Records that a request with this key has succeeded, or may have. */
export function recordPossibleSuccess(idempotencyKey: string | undefined): void {
	if (idempotencyKey === undefined) return;
	keys.delete(idempotencyKey);
	keys.add(idempotencyKey);
	const [oldest] = keys;
	if (keys.size > MAX_REMEMBERED && oldest !== undefined) keys.delete(oldest);
}
