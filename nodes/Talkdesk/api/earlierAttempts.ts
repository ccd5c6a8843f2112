/** How many requests are remembered. */
const MAX_REMEMBERED = 5000;

/** The idempotency keys of requests that have done their work, or may have; the one used longest ago first. */
const keys = new Set<string>();

/**
 * Whether a request with this key has done its work before, or may have: n8n repeats a node in the process in which it
 * failed (*Retry On Fail*). Other processes have a memory of their own.
 */
export function mayHaveSucceeded(idempotencyKey: string | undefined): boolean {
	return idempotencyKey !== undefined && keys.has(idempotencyKey);
}

/** Notes that a request with this key has done its work, or may have. */
export function noteUnknownOutcome(idempotencyKey: string | undefined): void {
	if (idempotencyKey === undefined) return;
	keys.delete(idempotencyKey);
	keys.add(idempotencyKey);
	const [oldest] = keys;
	if (keys.size > MAX_REMEMBERED && oldest !== undefined) keys.delete(oldest);
}
