/** Milliseconds after a start in which its row may still come. n8n's Retry On Fail repeats a node after five seconds at most. */
const STORED_LATER_MS = 6_000;

/** The starts of this process, and until when each is under way, in milliseconds since 1970. */
const starts = new Map<object, number>();

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
	const own = {};
	starts.set(own, Infinity);
	let isStored = false;
	try {
		const result = await start();
		isStored = !isStoredLater;
		return result;
	} finally {
		if (isStored) starts.delete(own);
		else starts.set(own, Date.now() + STORED_LATER_MS);
	}
}

/** Whether a start is under way in this process. */
export function isStarting(): boolean {
	for (const [start, until] of starts) if (until <= Date.now()) starts.delete(start);
	return starts.size > 0;
}
