import { sleep } from 'n8n-workflow';

/**
 * Milliseconds that a piece of work waits for those ahead of it, counted anew whenever one of them begins. Longer than one
 * that is tried again and again takes with the default options; what hangs for longer holds nobody up.
 */
export const MAX_WAIT = 120_000;

interface Queue {
	/** Fulfilled when the last one has left, and those ahead of it. */
	tail?: Promise<void>;
	/** When the latest one has begun its work. */
	begunAt: number;
}

/** A queue in which nobody waits or works has no entry. */
const queues = new Map<string, Queue>();

/** A place in a queue. */
export interface Place {
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
	const queue: Queue = queues.get(key) ?? { begunAt: 0 };
	const ahead = queue.tail;
	let leave = () => {};
	const left = new Promise<void>((resolve) => (leave = resolve));
	// Those behind don't wait for what this one has waited for in vain.
	let overtake = () => {};
	const overtaken = new Promise<void>((resolve) => (overtake = resolve));
	const tail = Promise.all([Promise.race([ahead, overtaken]), left]).then(() => {
		if (queue.tail === tail) queues.delete(key);
	});
	queue.tail = tail;
	queues.set(key, queue);
	return {
		leave,
		async turn(signal) {
			const isTurn = !ahead || (await isOver(ahead, queue, signal));
			if (!isTurn && signal?.aborted) return false;
			queue.begunAt = Date.now();
			if (!isTurn) overtake();
			return isTurn;
		},
	};
}

/** Whether those ahead are gone; false if they take too long, or the signal ends the waiting. */
async function isOver(ahead: Promise<void>, queue: Queue, signal?: AbortSignal): Promise<boolean> {
	// Who comes after the stop hears of it no more.
	if (signal?.aborted) return false;
	const joinedAt = Date.now();
	const waited = new AbortController();
	const stop = () => waited.abort();
	let isGone = false;
	void ahead.then(() => {
		isGone = true;
		stop();
	});
	signal?.addEventListener('abort', stop);
	while (!waited.signal.aborted) {
		const rest = Math.max(queue.begunAt, joinedAt) + MAX_WAIT - Date.now();
		if (rest <= 0) break;
		await sleep(rest, waited.signal).catch(() => undefined);
	}
	signal?.removeEventListener('abort', stop);
	return isGone;
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
