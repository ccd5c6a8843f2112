/** The part of an HTTP response that tells how it went; as Express has it. */
export interface PendingResponse {
	statusCode: number;
	once(event: 'finish' | 'close', listener: () => void): unknown;
}

interface Claim {
	/** Whether it was answered with a 2xx: n8n does so only once it has stored the event. */
	stored: Promise<boolean>;
	/** Milliseconds since 1970. */
	at: number;
}

/** Milliseconds. Duplicates that come later are found in n8n's database. */
const CLAIM_TTL_MS = 60_000;
const MAX_CLAIMS = 5000;

/** The calls that this process has met lately, oldest first. */
const claims = new Map<string, Claim>();

/**
 * The events of a call that have to be taken. Each is looked at once, and in the same order in all calls: two that bring the
 * same events would otherwise wait for each other for ever.
 *
 * @param keyOf what an event is told apart by; undefined for one that is always new
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
 * Whether a call has to be taken: no call for the same event is being taken by this process, or was a moment ago. n8n's
 * memory for duplicates has no lock, so two that come at the same moment could both be new to two workers.
 *
 * A duplicate waits until the call before it is answered, and is left out only if that one was taken. So nothing is lost
 * where n8n could not store the first.
 *
 * @param key what the event is told apart by, with the trigger it is for
 * @param answer the response to this call
 * @param now milliseconds since 1970
 */
export async function claim(key: string, answer: PendingResponse, now: number): Promise<boolean> {
	for (;;) {
		const earlier = claims.get(key);
		if (!earlier || now - earlier.at > CLAIM_TTL_MS) break;
		if (await earlier.stored) return false;
		// Of those that waited, the next one to look finds nothing, and is the first now.
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

/** One for each call, however many events it brings. */
const outcomes = new WeakMap<PendingResponse, Promise<boolean>>();

function outcomeOf(answer: PendingResponse): Promise<boolean> {
	const known = outcomes.get(answer);
	if (known) return known;
	const outcome = new Promise<boolean>((resolve) => {
		answer.once('finish', () => resolve(answer.statusCode >= 200 && answer.statusCode < 300));
		// Without an answer before it: whoever called is gone, and nobody knows.
		answer.once('close', () => resolve(false));
	});
	outcomes.set(answer, outcome);
	return outcome;
}
