import { sleep } from 'n8n-workflow';

/**
 * Milliseconds that an entry waits for the active one, counted anew for each active entry. Longer than a request takes
 * with the default retry options.
 */
export const MAX_WAIT_MS = 120_000;

/** Milliseconds between two checks of an entry whose time to wait is over. */
const POLL_INTERVAL_MS = 10;

interface Entry {
	/** The entry with the smallest order runs first. */
	order: number;
	/** Whether it has asked for its turn. Until then, an entry of a smaller order goes ahead. */
	isReady: boolean;
	/** Ends its wait. */
	wake(): void;
}

interface Queue {
	active: Entry;
	/** Milliseconds since 1970 at which the active entry started. */
	startedAt: number;
	waiting: Entry[];
}

/** The queues with an active entry, by key. */
const queues = new Map<string, Queue>();

/** The place of a caller in a queue. */
export interface Ticket {
	/**
	 * Waits for its turn.
	 *
	 * @returns whether it is its turn; false after `MAX_WAIT_MS`, and if the signal aborts
	 */
	acquire(signal?: AbortSignal): Promise<boolean>;
	/**
	 * Gives the turn to an entry of a smaller order that waits, and waits for the next one.
	 *
	 * @returns whether there was one
	 */
	giveWay(signal?: AbortSignal): Promise<boolean>;
	/** How many entries go before it. */
	ahead(): number;
	/** Leaves the queue. Must be called in the end, and may be called again. */
	release(): void;
}

/**
 * Joins a queue of this process, so that a retried message isn't overtaken by the next one (docs/decisions/0018).
 *
 * @param key the conversation
 * @param order the entry with the smallest one that waits, or hasn't asked for its turn, is next: n8n may start executions in
 * another order than they came
 */
export function enqueue(key: string, order: number): Ticket {
	let wakeUp = new AbortController();
	const entry: Entry = { order, isReady: false, wake: () => wakeUp.abort() };
	const joinedAt = Date.now();
	let isReleased = false;
	const queue = queues.get(key) ?? { active: entry, startedAt: joinedAt, waiting: [] };
	queues.set(key, queue);
	const wait = (one: Entry) => {
		const index = queue.waiting.findIndex((other) => other.order > one.order);
		queue.waiting.splice(index === -1 ? queue.waiting.length : index, 0, one);
	};
	const activate = (next: Entry) => {
		queue.waiting = queue.waiting.filter((other) => other !== next);
		queue.active = next;
		queue.startedAt = Date.now();
	};
	const { active } = queue;
	if (active !== entry && !active.isReady && order < active.order) {
		activate(entry);
		wait(active);
	} else if (active !== entry) wait(entry);
	const passOn = (next: Entry) => {
		activate(next);
		// Until it has asked for its turn, another one may go ahead.
		if (next.isReady) next.wake();
	};
	const ticket: Ticket = {
		async acquire(signal) {
			entry.isReady = true;
			if (wakeUp.signal.aborted) wakeUp = new AbortController();
			const stop = () => wakeUp.abort();
			signal?.addEventListener('abort', stop);
			let isTimedOut = false;
			// A signal that was aborted before doesn't fire its event again.
			while (queue.active !== entry && !isTimedOut && !isReleased && !signal?.aborted) {
				const remaining = Math.max(queue.startedAt, joinedAt) + MAX_WAIT_MS - Date.now();
				isTimedOut = remaining <= 0 && queue.waiting[0] === entry;
				if (!isTimedOut)
					await sleep(Math.max(remaining, POLL_INTERVAL_MS), wakeUp.signal).catch(() => undefined);
			}
			signal?.removeEventListener('abort', stop);
			// The entries behind don't wait for the stuck one again.
			if (isTimedOut) activate(entry);
			return queue.active === entry && !isTimedOut;
		},
		async giveWay(signal) {
			const [next] = queue.waiting;
			if (queue.active !== entry || !next || next.order >= order) return false;
			passOn(next);
			wait(entry);
			await ticket.acquire(signal);
			return true;
		},
		ahead: () => (queue.active === entry ? 0 : queue.waiting.indexOf(entry) + 1),
		release() {
			isReleased = true;
			if (queue.active !== entry) {
				queue.waiting = queue.waiting.filter((other) => other !== entry);
				wakeUp.abort();
				return;
			}
			const [next] = queue.waiting;
			if (next) passOn(next);
			else if (queues.get(key) === queue) queues.delete(key);
		},
	};
	return ticket;
}
