import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { isAloneInN8n } from '../sessions/processRole';
import { MAX_EXPECTED_MS, waitsOf, WAIT_EXPECTED } from '../sessions/waits';
import { callResumeUrl } from './callResumeUrl';
import { PROCESS_ID, RETRY_MS } from './eventOrder';
import {
	hasFailedBefore,
	isTaken,
	MAX_RETRY_AFTER_MS,
	offerToNewest,
	SLOW_RETRY_MS,
	type GiveWay,
	type ResumeOutcome,
} from './offerUntilTaken';
import { packEvent } from './packEvent';
import { isForExecutions } from './wait';

/** Milliseconds after which n8n's main process has woken an execution with what it had read before. */
const CONFIRM_MS = 2_000;
/** How often an event is offered once more to an execution that is busy. */
const MAX_CONFIRM_TRIES = 20;

/**
 * Resumes the execution that waits for an event, if there is one.
 *
 * @param item the event, as the trigger puts it out, with its files
 * @param callOrder its place among those of its conversation, and the ID of the one before
 * @param giveWay called before each further attempt
 * @throws NodeOperationError if the Data Table can't be used
 */
export async function resumeExecution(
	functions: IExecuteFunctions,
	{ json, binary }: INodeExecutionData,
	callOrder: { order: number; after?: string },
	giveWay: GiveWay,
): Promise<ResumeOutcome> {
	const { conversationId } = json;
	// A test of the trigger, whose output its user wants to see.
	if (functions.getMode() === 'manual') return 'unwanted';
	if (typeof conversationId !== 'string' || !isForExecutions(json)) return 'unwanted';
	const waits = waitsOf(functions);
	let wait = await waits.find(conversationId);
	while (wait && wait.resumeUrl === undefined && Date.now() - wait.startedAt < MAX_EXPECTED_MS) {
		await sleep(RETRY_MS * 2);
		wait = await waits.find(conversationId);
	}
	if (!wait) return 'unwanted';
	if (wait.resumeUrl === undefined) {
		await waits.clear(conversationId, WAIT_EXPECTED);
		return 'undelivered';
	}
	// The execution must know it again, also if Talkdesk gave neither an ID nor a time.
	const event = { eventId: `call ${callOrder.order}`, ...json };
	const files = await packEvent(functions, event, binary);
	// The event before may not have reached the execution: it must not be waited for.
	const place = hasFailedBefore(wait.resumeUrl) ? { order: callOrder.order } : callOrder;
	const call = { ...files, ...place, sender: PROCESS_ID };
	const clear = async (url: string) =>
		await waits.clear(conversationId, url).catch((error: unknown) => {
			functions.logger.error(`${functions.getNode().name}: ${String(error)}`);
		});
	let offered = await offerToNewest(functions, conversationId, wait.resumeUrl, call, giveWay);
	const isEnd = json.event === 'conversation_ended';
	if (isEnd && (offered.outcome === 'undelivered' || offered.outcome === 'unconfirmed')) {
		// From now on the execution learns of the end when it waits again. It may have begun to just before.
		await clear(offered.resumeUrl);
		const again = await offerToNewest(functions, conversationId, offered.resumeUrl, call);
		if (isTaken(again.outcome)) offered = again;
	}
	const { outcome, resumeUrl } = offered;
	if (isEnd || outcome === 'over') await clear(resumeUrl);
	if (outcome === 'over') return 'undelivered';
	if (outcome === 'overSince') {
		// The attempt whose answer was lost has woken it. If another one has replaced it, that may have ended it.
		const last = (await waits.find(conversationId))?.resumeUrl;
		return last === undefined || last === resumeUrl ? 'taken' : 'unconfirmed';
	}
	if (outcome !== 'takenInChat') return outcome;
	if (!isAloneInN8n()) void confirmInChat(functions, resumeUrl, call);
	return 'taken';
}

/**
 * Offers an event again that an execution in n8n's chat has taken. It is woken only if it doesn't know the event.
 *
 * In queue mode n8n's main process may read an execution for the customer's message, while another process wakes it with an
 * event. If that is over when n8n wakes it for the customer, n8n stores what it has read, and the event is forgotten.
 */
async function confirmInChat(
	functions: IExecuteFunctions,
	resumeUrl: string,
	call: IDataObject,
): Promise<void> {
	await sleep(CONFIRM_MS);
	for (let tries = 0; tries < MAX_CONFIRM_TRIES; tries++) {
		const result = await callResumeUrl(functions, resumeUrl, { ...call, interval: SLOW_RETRY_MS });
		if (result === 'gone' || result === 'elsewhere') return;
		const { accepted, retryAfter } =
			typeof result === 'object' ? result : { accepted: false, retryAfter: SLOW_RETRY_MS };
		if (accepted || retryAfter === undefined) return;
		await sleep(Math.min(retryAfter, MAX_RETRY_AFTER_MS));
	}
}
