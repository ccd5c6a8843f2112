import { sleep } from 'n8n-workflow';

/**
 * Milliseconds that a piece of work waits for those ahead of it. Longer than one that is tried again and again takes with
 * the default options; what hangs for longer holds nobody up.
 */
export const MAX_WAIT = 120_000;

/** The last one in each queue. A queue in which nobody waits or works has no entry. */
const tails = new Map<string, Promise<void>>();

/** A place in a queue. */
export interface Place {
	/** Whether anybody is ahead. */
	hasToWait: boolean;
	/**
	 * Waits for those ahead.
	 *
	 * @returns false if they take too long, or if the signal ends the waiting: then it is nobody's turn
	 */
	turn(signal?: AbortSignal): Promise<boolean>;
	/** Must be called once the work is done, or given up. */
	leave(): void;
}

/**
 * Joins a queue of this process. n8n runs executions side by side, and a chat channel calls it once for each message:
 * without a queue a message that is tried again is overtaken by the next one. Other processes have queues of their own.
 *
 * @param key what goes one after the other: a conversation
 */
export function joinQueue(key: string): Place {
	const ahead = tails.get(key);
	let leave = () => {};
	const left = new Promise<void>((resolve) => (leave = resolve));
	const tail = Promise.all([ahead, left]).then(() => {
		if (tails.get(key) === tail) tails.delete(key);
	});
	tails.set(key, tail);
	return {
		hasToWait: ahead !== undefined,
		leave,
		async turn(signal) {
			if (!ahead) return true;
			// Who comes after the stop hears of it no more.
			if (signal?.aborted) return false;
			const waited = new AbortController();
			const stop = () => waited.abort();
			signal?.addEventListener('abort', stop);
			const isTurn = await Promise.race([
				ahead.then(() => true),
				sleep(MAX_WAIT, waited.signal).then(
					() => false,
					() => false,
				),
			]);
			signal?.removeEventListener('abort', stop);
			waited.abort();
			return isTurn;
		},
	};
}

/** How many conversations are remembered that took the place of another one. */
const MAX_REMEMBERED = 5000;

/** The conversation at the beginning of a chain of successors, oldest entry first. */
const origins = new Map<string, string>();

/** The queue of a conversation: a successor of an ended one shares its queue, so that late messages aren't overtaken. */
export function queueOf(conversationId: string): string {
	return origins.get(conversationId) ?? conversationId;
}

/** Notes that a conversation has taken the place of an ended one. */
export function noteSuccessor(conversationId: string, successor: string): void {
	if (conversationId === successor) return;
	origins.delete(successor);
	origins.set(successor, queueOf(conversationId));
	const [oldest] = origins.keys();
	if (origins.size > MAX_REMEMBERED && oldest !== undefined) origins.delete(oldest);
}
