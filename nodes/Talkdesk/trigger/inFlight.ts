/** The part of an HTTP response that tells how it went; as Express has it. */
export interface Answer {
	statusCode: number;
	once(event: 'finish' | 'close', listener: () => void): unknown;
}

interface EarlierCall {
	/** Whether it was answered with a 2xx: n8n does so only once it has stored the event. */
	taken: Promise<boolean>;
	/** Milliseconds since 1970. */
	at: number;
}

/** Milliseconds. Duplicates that come later are found in n8n's database. */
const REMEMBER_FOR = 60_000;
const MAX_REMEMBERED = 5000;

/** The calls that this process has met lately, oldest first. */
const calls = new Map<string, EarlierCall>();

/**
 * The events of a call that have to be taken. Each is looked at once, and in the same order in all calls: two that bring the
 * same events would otherwise wait for each other for ever.
 *
 * @param keyOf what an event is told apart by; undefined for one that is always new
 */
export async function eventsToTake<Event>(
	events: Event[],
	keyOf: (event: Event) => string | undefined,
	answer: Answer,
	now: number,
): Promise<Event[]> {
	const first = new Map<string, Event>();
	for (const event of events) {
		const key = keyOf(event);
		if (key !== undefined && !first.has(key)) first.set(key, event);
	}
	const taken = new Set<Event>();
	for (const [key, event] of [...first].sort(([a], [b]) => (a < b ? -1 : 1))) {
		if (await mustBeTaken(key, answer, now)) taken.add(event);
	}
	return events.filter((event) => taken.has(event) || keyOf(event) === undefined);
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
export async function mustBeTaken(key: string, answer: Answer, now: number): Promise<boolean> {
	for (;;) {
		const earlier = calls.get(key);
		if (!earlier || now - earlier.at > REMEMBER_FOR) break;
		if (await earlier.taken) return false;
		// Of those that waited, the next one to look finds nothing, and is the first now.
		if (calls.get(key) === earlier) calls.delete(key);
	}
	calls.delete(key);
	calls.set(key, { taken: outcomeOf(answer), at: now });
	for (const [oldest, { at }] of calls) {
		if (calls.size <= MAX_REMEMBERED && now - at <= REMEMBER_FOR) break;
		calls.delete(oldest);
	}
	return true;
}

/** One for each call, however many events it brings. */
const outcomes = new WeakMap<Answer, Promise<boolean>>();

function outcomeOf(answer: Answer): Promise<boolean> {
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
