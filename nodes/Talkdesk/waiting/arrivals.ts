import { randomUUID } from 'crypto';

import { BoundedMap } from '../collections/boundedMap';

/** Names this process. */
export const PROCESS_ID = randomUUID();

/** Milliseconds between the first tries of an event while the execution runs. */
export const RETRY_MS = 250;
/** Milliseconds that the tries of several workers are apart at most, beyond their interval. */
const MARGIN_MS = 100;
/** Milliseconds that a try may be late, after which an earlier event no longer counts. */
const GONE_MS = 2_000;
/** Milliseconds in which n8n has made a running execution of one that was woken. */
const WAKING_MS = 1_000;

interface Arrival {
	firstAt: number;
	/** When it is tried again. */
	nextAt: number;
}

/**
 * The events that have come for a conversation, by the number of the trigger's execution. In queue mode several workers hand
 * over events at the same moment, but one process of n8n wakes the execution, so it can put them in order.
 */
const arrivals = new BoundedMap<string, Map<number, Arrival>>(10_000);
const wokenAt = new BoundedMap<string, number>(10_000);

/**
 * Whether an event is next.
 *
 * @param execution the one that waits
 * @param arrival.interval milliseconds between its tries: an event of another process waits so long for earlier ones
 * @param arrival.opensAt milliseconds since 1970 from which on the execution takes an event
 * @param arrival.now milliseconds since 1970
 * @returns milliseconds after which to try again; 0 if it is next
 */
export function millisecondsToWait(
	execution: string,
	{
		order,
		sender,
		interval,
		opensAt = 0,
		now,
	}: { order: number; sender: string; interval: number; opensAt?: number; now: number },
): number {
	if (now - (wokenAt.get(execution) ?? 0) < WAKING_MS) return RETRY_MS;
	const pending = arrivals.get(execution) ?? new Map<number, Arrival>();
	arrivals.set(execution, pending);
	const { firstAt } = pending.get(order) ?? { firstAt: now };
	for (const [other, { nextAt }] of pending) if (now > nextAt + GONE_MS) pending.delete(other);
	pending.set(order, { firstAt, nextAt: now });
	const isBehind = [...pending.keys()].some((other) => other < order);
	// The events of one process come one by one.
	const isAlone = sender === PROCESS_ID && pending.size === 1;
	const turn = isBehind ? now + RETRY_MS : isAlone ? now : firstAt + interval + MARGIN_MS;
	const wait = Math.max(0, turn - now, opensAt - now);
	pending.set(order, { firstAt, nextAt: now + wait });
	return wait;
}

/** Notes that an execution was woken. @param order of the event that it was given */
export function noteWoken(execution: string, order: number, now: number): void {
	wokenAt.set(execution, now);
	arrivals.get(execution)?.delete(order);
}
