/** The part of Express' response that says how the call ended. */
export interface PendingResponse {
	statusCode: number;
	once(event: 'finish' | 'close', listener: () => void): unknown;
}

interface Claim {
	/** Whether the response was a 2xx, which n8n sends once it has stored the event. */
	stored: Promise<boolean>;
	/** Milliseconds since 1970. */
	at: number;
}

/** Milliseconds. Later duplicates are found in n8n's database. */
const CLAIM_TTL_MS = 60_000;
const MAX_CLAIMS = 5000;

/** The latest claims of this process, oldest first. */
const claims = new Map<string, Claim>();

/**
 * Claims the events of a call and returns those that are new.
 *
 * Keys are claimed in the same order in all calls: two calls with the same events would otherwise wait for each other.
 *
 * @param keyOf the deduplication key of an event; undefined for an event that is always new
 */
export async function claimEvents<Event>(
	events: Event[],
	keyOf: (event: Event) => string | undefined,
	answer: PendingResponse,
	now: number,
): Promise<Event[]> {
	const first = new Map<string, Event>();
	for (const event of events) {
		const key = keyOf(event);
		if (key !== undefined && !first.has(key)) first.set(key, event);
	}
	const stored = new Set<Event>();
	for (const [key, event] of [...first].sort(([a], [b]) => (a < b ? -1 : 1))) {
		if (await claim(key, answer, now)) stored.add(event);
	}
	return events.filter((event) => stored.has(event) || keyOf(event) === undefined);
}

/**
 * Claims an event. Waits for an earlier call with the same key, and returns false if that one was stored.
 *
 * If n8n could not store the earlier call, the event is claimed again, so nothing is lost. Why n8n's database alone is
 * not enough: docs/decisions.
 *
 * @param key the deduplication key of the event, with its trigger
 * @param answer the response to this call
 * @param now milliseconds since 1970
 */
export async function claim(key: string, answer: PendingResponse, now: number): Promise<boolean> {
	for (;;) {
		const earlier = claims.get(key);
		if (!earlier || now - earlier.at > CLAIM_TTL_MS) break;
		if (await earlier.stored) return false;
		// The first of the waiting calls finds no claim now, and makes its own.
		if (claims.get(key) === earlier) claims.delete(key);
	}
	claims.delete(key);
	claims.set(key, { stored: outcomeOf(answer), at: now });
	for (const [oldest, { at }] of claims) {
		if (claims.size <= MAX_CLAIMS && now - at <= CLAIM_TTL_MS) break;
		claims.delete(oldest);
	}
	return true;
}

/** One for each call, which may bring many events. */
const outcomes = new WeakMap<PendingResponse, Promise<boolean>>();

function outcomeOf(answer: PendingResponse): Promise<boolean> {
	const known = outcomes.get(answer);
	if (known) return known;
	const outcome = new Promise<boolean>((resolve) => {
		answer.once('finish', () => resolve(answer.statusCode >= 200 && answer.statusCode < 300));
		// Closed without a response: whether it was stored is unknown.
		answer.once('close', () => resolve(false));
	});
	outcomes.set(answer, outcome);
	return outcome;
}
