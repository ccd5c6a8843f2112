import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError, sleep } from 'n8n-workflow';

import { isAloneInN8n } from '../sessions/processRole';
import { sessionsOf } from '../sessions/dataTableSessions';
import { waitsOf } from '../sessions/waits';
import { callResumeUrl, resumeUrlOf } from './callResumeUrl';
import { PROCESS_ID, RETRY_MS } from './eventOrder';
import { forgetFailure, isTaken, offer, offerToNewest } from './offerUntilTaken';
import { packEvent } from './packEvent';
import { endedEvent, RESUME_PATH } from './wait';

/** How often to try to end this execution while n8n still stores its wait. */
const MAX_END_TRIES = 20;

/** Whether an execution may take a call a moment later. */
const mayTakeSoon = (result: Awaited<ReturnType<typeof callResumeUrl>>): boolean =>
	result === 'busy' || result === 'refused' || result === 'failed';

/**
 * Ends the execution that this one has replaced. A busy one ends itself later (`endIfStale`).
 *
 * @returns the agent's text that it had not yet shown in n8n's chat
 */
export async function endReplaced(
	functions: IExecuteFunctions,
	resumeUrl: string,
): Promise<string | undefined> {
	for (let tries = 0; tries < 4; tries++) {
		const result = await callResumeUrl(functions, resumeUrl, { replaced: true });
		if (typeof result === 'object') return result.unshownText;
		if (!mayTakeSoon(result)) return undefined;
		await sleep(RETRY_MS);
	}
	return undefined;
}

/** Notes that this node tells the workflow of an end that was noted before: Talkdesk's event doesn't tell it again. */
export async function noteToldEnd(
	functions: IExecuteFunctions,
	conversationId: string,
): Promise<void> {
	await sessionsOf(functions).end(conversationId, new Date().toISOString());
}

/**
 * Ends this wait if another execution has replaced this one, or the conversation has ended, while it was busy.
 *
 * To be called without `await`: n8n's chat drops what the customer writes while the execution runs.
 *
 * @param unread an event of the agent that was not shown yet; the other execution gets it
 * @throws NodeOperationError if it can't be given to the other one, which may have been canceled
 */
export async function endIfStale(
	functions: IExecuteFunctions,
	conversationId: string,
	unread: INodeExecutionData | undefined,
): Promise<void> {
	const own = resumeUrlOf(functions, RESUME_PATH);
	const waits = waitsOf(functions);
	if (isAloneInN8n() && waits.isLastHere(conversationId, own)) return;
	const wait = await waits.find(conversationId);
	const end = wait ? undefined : await waits.endOf(conversationId);
	if (end) {
		// It is not busy any more.
		forgetFailure(own);
		const event = endedEvent(conversationId, end.sessionId);
		const outcome = await offer(functions, own, { event, order: 0, sender: PROCESS_ID });
		if (isTaken(outcome)) await noteToldEnd(functions, conversationId);
		return;
	}
	const current = wait?.resumeUrl;
	if (current === undefined || current === own) return;
	let outcome = 'busy';
	for (let tries = 0; tries < MAX_END_TRIES; tries++) {
		const result = await callResumeUrl(functions, own, { replaced: true });
		// The other execution has already ended this one, and has the text that was not shown.
		if (result === 'gone' || result === 'elsewhere') return;
		if (typeof result === 'object') {
			if (!unread) return;
			const files = await packEvent(functions, unread.json, unread.binary);
			const call = { ...files, order: 0, sender: PROCESS_ID };
			const offered = await offerToNewest(functions, conversationId, current, call);
			if (isTaken(offered.outcome)) return;
			outcome = offered.outcome;
			break;
		}
		await sleep(RETRY_MS);
	}
	if (!unread) return;
	throw new NodeOperationError(
		functions.getNode(),
		`Event ${String(unread.json.eventId)} of conversation ${conversationId} reached no execution (${outcome})`,
	);
}
