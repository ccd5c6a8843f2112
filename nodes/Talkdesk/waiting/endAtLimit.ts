import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep, WAIT_INDEFINITELY } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { RETRY_MS } from './eventOrder';
import { callResumeUrl, resumeUrlOf } from './callResumeUrl';
import { RESUME_PATH } from './wait';

/*
 * The time limit of a wait: docs/decisions/0036.
 *
 * n8n sets a timer for each execution whose wait is over within 70 seconds, and never takes it back: an execution that was
 * woken since, and waits again, would be woken by it too early. So this process ends the wait, and n8n does so later, if this
 * process is gone by then.
 */

/** Milliseconds after the limit at which n8n ends the wait: so many that n8n has set no timer while this process tries to. */
const GRACE_MS = 90_000;
/** Milliseconds for which this process tries to end a wait. */
const MAX_TRY_MS = 10_000;
/** The longest timer of Node.js, 24 days. A longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The timers of this process, by the ID of the execution. */
const timers = new BoundedMap<string, AbortController>(10_000);
/** The execution whose means all timers use: each one would keep the data of its own in memory. */
let caller: IExecuteFunctions | undefined;

/** The time at which n8n ends a wait. @param until the limit; undefined for none */
export const timeForN8n = (until: Date = WAIT_INDEFINITELY): Date =>
	// A limit may be over before the wait begins.
	new Date(Math.min(Math.max(until.getTime(), Date.now()) + GRACE_MS, WAIT_INDEFINITELY.getTime()));

/**
 * Ends the wait that this execution begins at its limit, instead of the timer of its wait before. Returns at once.
 *
 * @param until the limit; undefined for none
 */
export function endAtLimit(functions: IExecuteFunctions, until: Date | undefined): void {
	caller = functions;
	const id = functions.getExecutionId();
	stopTimer(id);
	if (!until) return;
	const timer = new AbortController();
	timers.set(id, timer);
	const url = resumeUrlOf(functions, RESUME_PATH);
	void wakeAt(url, until, timer.signal)
		.catch(() => undefined)
		.finally(() => timers.get(id) === timer && timers.delete(id));
}

/** Notes that an execution goes on: its wait has no limit any more. @param path of the call that wakes it */
export function forgetLimit(path: string): void {
	stopTimer(path.split('/').at(-2) ?? '');
}

function stopTimer(id: string): void {
	timers.get(id)?.abort();
	timers.delete(id);
}

/** @throws an error if it was aborted */
async function wakeAt(url: string, until: Date, signal: AbortSignal): Promise<void> {
	const timeLeft = () => until.getTime() - Date.now();
	while (timeLeft() > 0) await sleep(Math.min(timeLeft(), MAX_TIMER_MS), signal);
	const triesUntil = Date.now() + MAX_TRY_MS;
	while (caller && Date.now() < triesUntil) {
		const result = await callResumeUrl(caller, url, { limit: until.toISOString() });
		// It goes on, waits for something else, or is over.
		if (typeof result === 'object' || result === 'gone' || result === 'elsewhere') return;
		await sleep(RETRY_MS, signal);
	}
}
