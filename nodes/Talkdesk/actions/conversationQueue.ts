import { sleep } from 'n8n-workflow';

/**
 * Milliseconds that a piece of work waits for those ahead of it, counted anew whenever one of them begins. Longer than one
 * that is tried again and again takes with the default options; what hangs for longer holds nobody up.
 */
export const MAX_WAIT_MS = 120_000;

/** Milliseconds until one that may not go yet looks again. */
const POLL_INTERVAL_MS = 10;

interface Entry {
	/** The smaller, the earlier. */
	order: number;
	/** Ends its waiting: it is its turn. */
	call(): void;
}

interface Queue {
	/** The one whose turn it is. */
	active: Entry;
	/** Milliseconds since 1970 at which it began. */
	begunAt: number;
	waiting: Entry[];
}

/** A queue in which nobody works has no entry. */
const queues = new Map<string, Queue>();

/** A place in a queue. */
export interface Ticket {
	/**
	 * Waits for those ahead.
	 *
	 * @returns false if they take too long: then it goes ahead of them; or if the signal ends the waiting
	 */
	acquire(signal?: AbortSignal): Promise<boolean>;
	/** Must be called once the work is done, or given up. May be called again. */
	release(): void;
}

/**
 * Joins a queue of this process. n8n runs executions side by side, and a chat channel calls it once for each message:
 * without a queue a message that is tried again is overtaken by the next one. Other processes have queues of their own.
 *
 * @param key what goes one after the other: a conversation
 * @param order of those who wait, the smallest goes first: n8n may begin executions in another order than it took the calls
 */
export function enqueue(key: string, order: number): Ticket {
	const called = new AbortController();
	const me: Entry = { order, call: () => called.abort() };
	const joinedAt = Date.now();
	let isGone = false;
	const queue = queues.get(key) ?? { active: me, begunAt: joinedAt, waiting: [] };
	queues.set(key, queue);
	if (queue.active !== me) {
		const behind = queue.waiting.findIndex((other) => other.order > order);
		queue.waiting.splice(behind === -1 ? queue.waiting.length : behind, 0, me);
	}
	const begin = (next: Entry) => {
		queue.waiting = queue.waiting.filter((other) => other !== next);
		queue.active = next;
		queue.begunAt = Date.now();
	};
	return {
		async acquire(signal) {
			const stop = () => called.abort();
			signal?.addEventListener('abort', stop);
			let isOver = false;
			// Who asks after the stop hears of it no more.
			while (queue.active !== me && !isOver && !isGone && !signal?.aborted) {
				const rest = Math.max(queue.begunAt, joinedAt) + MAX_WAIT_MS - Date.now();
				isOver = rest <= 0 && queue.waiting[0] === me;
				if (!isOver)
					await sleep(Math.max(rest, POLL_INTERVAL_MS), called.signal).catch(() => undefined);
			}
			signal?.removeEventListener('abort', stop);
			// Those behind don't wait once more for what this one has waited for in vain.
			if (isOver) begin(me);
			return queue.active === me && !isOver;
		},
		release() {
			if (queue.active !== me) {
				queue.waiting = queue.waiting.filter((other) => other !== me);
				isGone = true;
				called.abort();
				return;
			}
			const [next] = queue.waiting;
			if (next) {
				begin(next);
				next.call();
			} else if (queues.get(key) === queue) queues.delete(key);
		},
	};
}

/** How many conversations are remembered that took the place of another one. */
const MAX_REMEMBERED = 5000;

/** The conversation at the beginning of a chain of successors, oldest entry first. */
const origins = new Map<string, string>();

/** The queue of a conversation: a successor of an ended one shares its queue, so that late messages aren't overtaken. */
export function queueKey(conversationId: string): string {
	return origins.get(conversationId) ?? conversationId;
}

/** Notes that a conversation has taken the place of an ended one. */
export function linkSuccessor(conversationId: string, successor: string): void {
	if (conversationId === successor) return;
	origins.delete(successor);
	origins.set(successor, queueKey(conversationId));
	const [oldest] = origins.keys();
	if (origins.size > MAX_REMEMBERED && oldest !== undefined) origins.delete(oldest);
}
