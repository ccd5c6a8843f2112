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

async function outcomeOf(answer: Answer): Promise<boolean> {
	return await new Promise((resolve) => {
		answer.once('finish', () => resolve(answer.statusCode >= 200 && answer.statusCode < 300));
		// Without an answer before it: whoever called is gone, and nobody knows.
		answer.once('close', () => resolve(false));
	});
}
