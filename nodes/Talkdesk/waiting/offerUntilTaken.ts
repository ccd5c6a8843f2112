import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { waitsOf } from '../sessions/waits';
import { callResumeUrl } from './callResumeUrl';
import { RETRY_MS } from './eventOrder';

/** Milliseconds for which an event is offered to an execution that is busy, and to an n8n that can't be reached. */
const MAX_MS = { busy: 120_000, unreachable: 15_000 };
/** The same, if an earlier event has failed for the same reason. Longer than n8n's chat shows a text. */
const MAX_AGAIN_MS = 6_000;
/** Milliseconds for which that is remembered. */
const REMEMBERED_MS = 120_000;
/**
 * Times that n8n may refuse to wake an execution, at most one a second. It does so while another call wakes it, and for good
 * after n8n's chat has canceled it, since its page was silent for a minute: its data still says that it waits.
 */
const MAX_REFUSALS = 8;
/** Tries at short intervals, while an execution is busy as long as a usual step takes. */
const FAST_TRIES = 8;
/** Milliseconds between tries while another node of the execution waits, or n8n can't be reached. */
export const SLOW_RETRY_MS = 1_000;
/** Milliseconds that an execution may ask to wait before the next try. */
export const MAX_RETRY_AFTER_MS = 10_000;

/**
 * What has become of an event:
 * - `taken`: an execution that waits for it goes on with it
 * - `unwanted`: none waits for such an event
 * - `undelivered`: one waits, or was to wait, but the event can't reach it
 * - `unconfirmed`: as `undelivered`, but an answer was lost, so it may have reached it
 */
export type ResumeOutcome = 'taken' | 'unwanted' | 'undelivered' | 'unconfirmed';

/** Lets earlier events of the conversation go first that have come since. @returns whether there was one */
export type GiveWay = () => Promise<boolean>;

/**
 * The outcome, or more: n8n's chat shows the event, or the execution is over, or is so since an attempt whose answer was lost.
 */
export type OfferOutcome = ResumeOutcome | 'takenInChat' | 'over' | 'overSince';

/** Whether an execution has the event. */
export const isTaken = (outcome: OfferOutcome): boolean =>
	outcome === 'taken' || outcome === 'takenInChat' || outcome === 'overSince';

/** Why the last event could not reach an execution that may still wait, by its URL, and when: milliseconds since 1970. */
const unreached = new BoundedMap<string, { why: keyof typeof MAX_MS; at: number }>(10_000);

const isAgain = (resumeUrl: string, why: keyof typeof MAX_MS): boolean => {
	const last = unreached.get(resumeUrl);
	return last?.why === why && Date.now() - last.at < REMEMBERED_MS;
};
const limitOf = (resumeUrl: string, why: keyof typeof MAX_MS): number =>
	isAgain(resumeUrl, why) ? MAX_AGAIN_MS : MAX_MS[why];

/** Whether the last event could not reach an execution that may still wait. */
export const hasFailedBefore = (resumeUrl: string): boolean => unreached.has(resumeUrl);

/** Notes that an execution isn't busy any more. */
export function forgetFailure(resumeUrl: string): void {
	unreached.delete(resumeUrl);
}

/** Offers an event to an execution, and to the one that has replaced it, if it ended with a reload of n8n's chat. */
export async function offerToNewest(
	functions: IExecuteFunctions,
	conversationId: string,
	resumeUrl: string,
	call: IDataObject,
	giveWay?: GiveWay,
): Promise<{ outcome: OfferOutcome; resumeUrl: string }> {
	const outcome = await offer(functions, resumeUrl, call, giveWay);
	if (outcome === 'undelivered' || outcome === 'over') {
		const next = (await waitsOf(functions).find(conversationId))?.resumeUrl;
		if (next !== undefined && next !== resumeUrl) {
			return await offerToNewest(functions, conversationId, next, call, giveWay);
		}
	}
	return { outcome, resumeUrl };
}

/** Offers an event to an execution until it has it, or can't get it. */
export async function offer(
	functions: IExecuteFunctions,
	resumeUrl: string,
	call: IDataObject,
	giveWay: GiveWay = async () => false,
): Promise<OfferOutcome> {
	let startedAt = Date.now();
	let reachedAt = startedAt;
	let refusals = 0;
	let mayBeTaken = false;
	for (let tries = 0; ; tries++) {
		// n8n logs each call that comes while the execution runs.
		const interval = tries < FAST_TRIES ? RETRY_MS : SLOW_RETRY_MS;
		const timeoutMs = isAgain(resumeUrl, 'unreachable') ? MAX_AGAIN_MS : undefined;
		const result = await callResumeUrl(functions, resumeUrl, { ...call, interval }, timeoutMs);
		if (typeof result === 'object' || result === 'gone') unreached.delete(resumeUrl);
		if (typeof result === 'object' && result.accepted) {
			return result.isInChat ? 'takenInChat' : 'taken';
		}
		if (typeof result === 'object' && result.retryAfter === undefined) {
			return mayBeTaken ? 'unconfirmed' : 'unwanted';
		}
		if (result === 'gone') return mayBeTaken ? 'overSince' : 'over';
		mayBeTaken ||= result === 'unknown';
		const now = Date.now();
		// In between the node itself may ask to wait.
		if (result === 'refused') refusals++;
		else if (typeof result === 'string') refusals = 0;
		if (refusals > MAX_REFUSALS) return mayBeTaken ? 'unconfirmed' : 'over';
		const isReached = result !== 'unreachable' && result !== 'unknown';
		if (isReached) reachedAt = now;
		const why = isReached ? 'busy' : 'unreachable';
		if (now - (isReached ? startedAt : reachedAt) > limitOf(resumeUrl, why)) {
			unreached.set(resumeUrl, { why, at: now });
			const reason = isReached
				? 'It is busy with something else, or n8n answers with errors.'
				: "n8n can't reach its own webhook URL: check WEBHOOK_URL, and the proxy.";
			functions.logger.warn(
				`${functions.getNode().name}: an event could not be handed to the execution that waits for it. ${reason}`,
			);
			return mayBeTaken ? 'unconfirmed' : 'undelivered';
		}
		const wait = typeof result === 'object' ? (result.retryAfter ?? 0) : 0;
		await sleep(
			Math.min(wait || (result === 'busy' ? interval : SLOW_RETRY_MS), MAX_RETRY_AFTER_MS),
		);
		if (await giveWay()) startedAt = reachedAt = Date.now();
	}
}
