import { randomUUID } from 'crypto';

import { BoundedMap } from '../collections/boundedMap';

/** The ID of this process. */
export const PROCESS_ID = randomUUID();

/** Milliseconds between the first tries of an event while the execution runs. */
export const RETRY_MS = 250;
/** Milliseconds by which the attempts of several workers may differ, beyond their interval. */
const MARGIN_MS = 100;
/** Milliseconds that an attempt may be late. After that, an earlier event no longer counts. */
const GONE_MS = 2_000;
/** Milliseconds that n8n needs at most until an execution that was woken runs. */
const WAKING_MS = 1_000;
/** Milliseconds for which an event waits for the one before: its execution may have failed. */
export const MAX_GAP_MS = 10_000;
/** Events that are remembered of a conversation: more than can be under way at the same moment. */
const MAX_HANDED = 50;

interface Arrival {
	firstAt: number;
	/** When it is tried again. */
	nextAt: number;
	/** Whether it waits for the event before it. */
	isEarly: boolean;
}

/**
 * The events that have come for a conversation, by the order of their calls. In queue mode several workers hand over events at
 * the same moment, but one process of n8n wakes the execution, so it can put them in order.
 */
const arrivals = new BoundedMap<string, Map<number, Arrival>>(10_000);
const wokenAt = new BoundedMap<string, number>(10_000);
/** The IDs of the events that an execution was given, or doesn't want. */
const handed = new BoundedMap<string, BoundedMap<string, true>>(10_000);

/**
 * Whether an event is next.
 *
 * @param execution the one that waits
 * @param arrival.order of the events of the conversation
 * @param arrival.after the ID of the event before, if it is known: that one goes first
 * @param arrival.interval milliseconds between its tries: an event of another process waits so long for earlier ones
 * @param arrival.opensAt milliseconds since 1970 from which on the execution takes an event
 * @param arrival.now milliseconds since 1970
 * @returns milliseconds after which to try again; 0 if it is next
 */
export function millisecondsToWait(
	execution: string,
	{
		order,
		after,
		sender,
		interval,
		opensAt = 0,
		now,
	}: {
		order: number;
		after?: string;
		sender: string;
		interval: number;
		opensAt?: number;
		now: number;
	},
): number {
	const pending = arrivals.get(execution) ?? new Map<number, Arrival>();
	arrivals.set(execution, pending);
	const { firstAt } = pending.get(order) ?? { firstAt: now };
	for (const [other, { nextAt }] of pending) if (now > nextAt + GONE_MS) pending.delete(other);
	const isFollowing = after !== undefined && handed.get(execution)?.has(after) === true;
	const isEarly = after !== undefined && !isFollowing && now < firstAt + MAX_GAP_MS;
	const note = (atLeast: number) => {
		// Each try costs n8n as much as a webhook call, so none is made before the execution takes events.
		const wait = Math.max(atLeast, opensAt - now);
		pending.set(order, { firstAt, nextAt: now + wait, isEarly });
		return wait;
	};
	if (now - (wokenAt.get(execution) ?? 0) < WAKING_MS || isEarly) return note(RETRY_MS);
	const others = [...pending].filter(([other]) => other !== order);
	const isBehind = others.some(([other, { isEarly }]) => other < order && !isEarly);
	// The events of one process come one by one.
	const isAlone = sender === PROCESS_ID && others.length === 0;
	const isNext = isFollowing || isAlone;
	const turn = isBehind ? now + RETRY_MS : isNext ? now : firstAt + interval + MARGIN_MS;
	return note(Math.max(0, turn - now));
}

/** Notes that an execution was woken with an event. @param event.now milliseconds since 1970 */
export function noteWoken(
	execution: string,
	{ order, eventId, now }: { order: number; eventId?: string; now: number },
): void {
	wokenAt.set(execution, now);
	arrivals.get(execution)?.delete(order);
	noteHanded(execution, eventId);
}

/** Notes that an execution was given an event, or doesn't want it: the next one no longer waits for it. */
export function noteHanded(execution: string, eventId: string | undefined): void {
	if (eventId === undefined) return;
	const known = handed.get(execution) ?? new BoundedMap<string, true>(MAX_HANDED);
	handed.set(execution, known.set(eventId, true));
}
