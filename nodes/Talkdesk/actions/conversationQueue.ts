import { sleep } from 'n8n-workflow';

/**
 * Milliseconds that a piece of work waits for those ahead of it. Longer than one that is tried again and again takes with
 * the default options; what hangs for longer holds nobody up.
 */
export const MAX_WAIT = 120_000;

interface Waiting {
	/** The smaller, the earlier. */
	order: number;
	/** Tells it that it is its turn. */
	call(): void;
}

/** Those who wait in each queue. A queue in which nobody works has no entry. */
const queues = new Map<string, Waiting[]>();

/** A place in a queue. */
export interface Place {
	/**
	 * Waits for those ahead.
	 *
	 * @returns false if they take too long, or if the signal ends the waiting: then it is nobody's turn
	 */
	turn(signal?: AbortSignal): Promise<boolean>;
	/** Must be called once the work is done, or given up. May be called again. */
	leave(): void;
}

/**
 * Joins a queue of this process. n8n runs executions side by side, and a chat channel calls it once for each message:
 * without a queue a message that is tried again is overtaken by the next one. Other processes have queues of their own.
 *
 * @param key what goes one after the other: a conversation
 * @param order of those who wait, the smallest goes first: n8n may begin executions in another order than it took the calls
 */
export function joinQueue(key: string, order: number): Place {
	const others = queues.get(key);
	if (!others) queues.set(key, []);
	let isWorking = !others;
	let call = () => {};
	const called = new Promise<void>((resolve) => (call = resolve));
	const waiting: Waiting = {
		order,
		call: () => {
			isWorking = true;
			call();
		},
	};
	if (others) {
		const behind = others.findIndex((other) => other.order > order);
		others.splice(behind === -1 ? others.length : behind, 0, waiting);
	}
	const giveUp = () => {
		const all = queues.get(key) ?? [];
		const index = all.indexOf(waiting);
		if (index !== -1) all.splice(index, 1);
	};
	return {
		async turn(signal) {
			if (isWorking) return true;
			const waited = new AbortController();
			const stop = () => waited.abort();
			signal?.addEventListener('abort', stop);
			const ends = sleep(MAX_WAIT, waited.signal).catch(() => undefined);
			if (signal?.aborted) stop();
			await Promise.race([called, ends]);
			signal?.removeEventListener('abort', stop);
			waited.abort();
			if (!isWorking) giveUp();
			return isWorking;
		},
		leave() {
			if (!isWorking) return giveUp();
			isWorking = false;
			const next = queues.get(key)?.shift();
			if (next) next.call();
			else queues.delete(key);
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
