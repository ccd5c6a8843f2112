/** Milliseconds after a start in which its row may still come. n8n's Retry On Fail repeats a node after five seconds at most. */
const STORED_LATER_MS = 6_000;

/** When a start began, and until when it is under way, in milliseconds since 1970. */
interface Start {
	beganAt: number;
	until: number;
}

/** The starts of this process. */
const starts = new Set<Start>();

/**
 * Starts a conversation and stores it. Its events may come before that.
 *
 * @param start is under way until it succeeds, and some seconds longer if it fails: n8n's Retry On Fail repeats it, and
 * Talkdesk may have started the conversation
 * @param isStoredLater whether the row comes after the start, from the execution that will wait
 * @returns what `start` returns
 * @throws what `start` throws
 */
export async function whileStarting<Result>(
	start: () => Promise<Result>,
	isStoredLater = false,
): Promise<Result> {
	// Not the execution: its items start conversations side by side.
	const own = { beganAt: Date.now(), until: Infinity };
	starts.add(own);
	let isStored = false;
	try {
		const result = await start();
		isStored = !isStoredLater;
		return result;
	} finally {
		if (isStored) starts.delete(own);
		else own.until = Date.now() + STORED_LATER_MS;
	}
}

/**
 * Whether a start is under way in this process that an event may belong to.
 *
 * @param eventAt milliseconds since 1970. Later starts don't count, or an event of another conversation would wait as long as
 * any begins; but a start may have failed before the event, and be repeated
 */
export function isStarting(eventAt: number): boolean {
	for (const start of starts) if (start.until <= Date.now()) starts.delete(start);
	return [...starts].some(({ beganAt }) => beganAt <= eventAt + STORED_LATER_MS);
}
