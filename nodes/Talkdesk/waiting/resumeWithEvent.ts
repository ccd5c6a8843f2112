import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { NodeOperationError, sleep } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { MAX_EXPECTED_MS, waitsOf, WAIT_EXPECTED } from '../sessions/waits';
import { PROCESS_ID, RETRY_MS } from './eventOrder';
import { withoutFields } from './protocol';
import { isAloneInN8n } from '../sessions/processRole';
import { endedEvent, isForExecutions, RESUME_PATH } from './wait';
import { callResumeUrl, resumeUrlOf } from './callResumeUrl';

/** Milliseconds for which an event is offered to an execution that is busy. */
const MAX_BUSY_MS = 120_000;
/** Milliseconds for which an event is offered to an n8n that can't be reached. */
const MAX_UNREACHABLE_MS = 15_000;
/** The same, if an earlier event could not reach the execution. */
const MAX_AGAIN_MS = 3_000;
/**
 * Times that n8n may refuse to wake an execution, about one a second. It does so while another call wakes it, and for good
 * after n8n's chat has canceled it, since its page was silent for a minute: its data still says that it waits.
 */
const MAX_REFUSALS = 8;
/** Tries at short intervals, while an execution is busy as long as a usual step takes. */
const FAST_TRIES = 8;
/** Milliseconds between tries while another node of the execution waits, or n8n can't be reached. */
const SLOW_RETRY_MS = 1_000;
/** How often to try to end this execution while n8n still stores its wait. */
const MAX_END_TRIES = 20;
/** Milliseconds after which n8n's main process has woken an execution with what it had read before. */
const CONFIRM_MS = 2_000;
/** How often an event is offered once more to an execution that is busy. */
const MAX_CONFIRM_TRIES = 20;
/** Milliseconds that an execution may ask to wait before the next try. */
const MAX_RETRY_AFTER_MS = 10_000;

/**
 * What has become of an event:
 * - `taken`: an execution that waits for it goes on with it
 * - `unwanted`: none waits for such an event
 * - `undelivered`: one waits, or was to wait, but the event can't reach it
 * - `unconfirmed`: as `undelivered`, but an answer was lost, so it may have reached it
 */
export type ResumeOutcome = 'taken' | 'unwanted' | 'undelivered' | 'unconfirmed';

/** The URLs of executions that the last event could not reach, though they may still wait. */
const unreached = new BoundedMap<string, true>(10_000);

/** Lets earlier events of the conversation go first that have come since. @returns whether there was one */
type GiveWay = () => Promise<boolean>;

/** The outcome, or more: n8n's chat shows the event, or the execution is over since an attempt whose answer was lost. */
type OfferOutcome = ResumeOutcome | 'takenInChat' | 'overSince';

/**
 * Resumes the execution that waits for an event, if there is one.
 *
 * @param item the event, as the trigger puts it out, with its files
 * @param callOrder its place among those of its conversation, and the ID of the one before
 * @param giveWay called before each further attempt
 * @throws NodeOperationError if the Data Table can't be used
 */
export async function resumeWithEvent(
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
	const files = await packFiles(functions, json, binary);
	const call = { ...files, ...callOrder, sender: PROCESS_ID };
	let offered = await offerToNewest(functions, conversationId, wait.resumeUrl, call, giveWay);
	const isEnd = json.event === 'conversation_ended';
	if (isEnd) await waits.clear(conversationId, offered.resumeUrl);
	if (isEnd && unreached.has(offered.resumeUrl)) {
		// From now on the execution learns of the end when it waits again. It may have begun to just before.
		const again = await offerToNewest(functions, conversationId, offered.resumeUrl, call, giveWay);
		if (again.outcome !== 'undelivered') offered = again;
	}
	const { resumeUrl } = offered;
	let { outcome } = offered;
	if (outcome === 'overSince') {
		// The attempt whose answer was lost has woken it. If another one has replaced it, that may have ended it.
		const last = (await waits.find(conversationId))?.resumeUrl;
		outcome = last === undefined || last === resumeUrl ? 'taken' : 'unconfirmed';
	}
	if (outcome === 'takenInChat') {
		if (!isAloneInN8n()) void confirmInChat(functions, resumeUrl, call);
		outcome = 'taken';
	}
	const isLost = outcome === 'undelivered' || outcome === 'unconfirmed';
	if (isLost && !unreached.has(resumeUrl)) await waits.clear(conversationId, resumeUrl);
	return outcome;
}

/** Offers an event to an execution, and to the one that has replaced it, if it ended with a reload of n8n's chat. */
async function offerToNewest(
	functions: IExecuteFunctions,
	conversationId: string,
	resumeUrl: string,
	call: IDataObject,
	giveWay: GiveWay = async () => false,
): Promise<{ outcome: OfferOutcome; resumeUrl: string }> {
	const outcome = await offer(functions, resumeUrl, call, giveWay);
	if (outcome === 'undelivered') {
		const next = (await waitsOf(functions).find(conversationId))?.resumeUrl;
		if (next !== undefined && next !== resumeUrl) {
			return await offerToNewest(functions, conversationId, next, call, giveWay);
		}
	}
	return { outcome, resumeUrl };
}

/** Bytes of the files that are handed over with an event. n8n refuses a call of more than 16 MB, and base64 adds a third. */
const MAX_FILE_BYTES = 8_000_000;
const TOO_LARGE = 'The file is too large to be handed over. Get it with Attachment: Download.';

/** An event with the bytes of its files. What is too large stays out, with an `error` in `attachments` that says so. */
async function packFiles(
	{ helpers }: IExecuteFunctions,
	json: IDataObject,
	binary: IBinaryKeyData = {},
): Promise<IDataObject> {
	const files: IDataObject = {};
	const left: Record<string, string> = {};
	let total = 0;
	for (const [field, { id, data, fileName = field, mimeType }] of Object.entries(binary)) {
		const size = id
			? (await helpers.getBinaryMetadata(id)).fileSize
			: Buffer.byteLength(data, 'base64');
		if (total + size > MAX_FILE_BYTES) {
			left[field] = TOO_LARGE;
			continue;
		}
		total += size;
		const base64 = id
			? (await helpers.binaryToBuffer(await helpers.getBinaryStream(id))).toString('base64')
			: data;
		files[field] = { name: fileName, type: mimeType, base64 };
	}
	return { event: withoutFields(json, left), files };
}

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
		if (!isBusy(result)) return undefined;
		await sleep(RETRY_MS);
	}
	return undefined;
}

/** Whether an execution may take a call a moment later. */
const isBusy = (result: Awaited<ReturnType<typeof callResumeUrl>>): boolean =>
	result === 'busy' || result === 'refused';

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
	if (!wait) {
		const { isEnded, sessionId } = await waits.register(conversationId, own);
		const event = endedEvent(conversationId, sessionId);
		const call = { event, order: 0, sender: PROCESS_ID };
		if (isEnded) await offerToNewest(functions, conversationId, own, call);
		return;
	}
	const current = wait.resumeUrl;
	if (current === undefined || current === own) return;
	for (let tries = 0; tries < MAX_END_TRIES; tries++) {
		const result = await callResumeUrl(functions, own, { replaced: true });
		if (typeof result === 'object') {
			if (!unread) return;
			const files = await packFiles(functions, unread.json, unread.binary);
			const call = { ...files, order: 0, sender: PROCESS_ID };
			const { outcome } = await offerToNewest(functions, conversationId, current, call);
			if (['taken', 'takenInChat', 'overSince'].includes(outcome)) return;
			throw new NodeOperationError(
				functions.getNode(),
				`Event ${String(unread.json.eventId)} of conversation ${conversationId} reached no execution (${outcome})`,
			);
		}
		// The other execution has already ended this one, and has the text that was not shown.
		if (!isBusy(result)) return;
		await sleep(RETRY_MS);
	}
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

async function offer(
	functions: IExecuteFunctions,
	resumeUrl: string,
	call: IDataObject,
	giveWay: GiveWay,
): Promise<OfferOutcome> {
	let startedAt = Date.now();
	let reachedAt = startedAt;
	let refusals = 0;
	let mayBeTaken = false;
	for (let tries = 0; ; tries++) {
		// n8n logs each call that comes while the execution runs.
		const interval = tries < FAST_TRIES ? RETRY_MS : SLOW_RETRY_MS;
		const result = await callResumeUrl(functions, resumeUrl, { ...call, interval });
		if (typeof result === 'object' || result === 'gone') unreached.delete(resumeUrl);
		if (typeof result === 'object' && result.accepted) {
			return result.isInChat ? 'takenInChat' : 'taken';
		}
		if (typeof result === 'object' && result.retryAfter === undefined) {
			return mayBeTaken ? 'unconfirmed' : 'unwanted';
		}
		if (result === 'gone') return mayBeTaken ? 'overSince' : 'undelivered';
		mayBeTaken ||= result === 'unknown';
		const now = Date.now();
		// In the second after a refusal the node itself asks to wait.
		if (result === 'refused') refusals++;
		else if (typeof result === 'string') refusals = 0;
		const isReached = result !== 'unreachable' && result !== 'unknown';
		if (isReached) reachedAt = now;
		const [busyMs, unreachableMs] = unreached.has(resumeUrl)
			? [MAX_AGAIN_MS, MAX_AGAIN_MS]
			: [MAX_BUSY_MS, MAX_UNREACHABLE_MS];
		if (refusals > MAX_REFUSALS || now - reachedAt > unreachableMs || now - startedAt > busyMs) {
			unreached.set(resumeUrl, true);
			const why = isReached
				? 'It is busy with something else.'
				: "n8n can't reach its own webhook URL: check WEBHOOK_URL, and the proxy.";
			functions.logger.warn(
				`${functions.getNode().name}: an event could not be handed to the execution that waits for it. ${why}`,
			);
			return mayBeTaken ? 'unconfirmed' : 'undelivered';
		}
		const wait = typeof result === 'object' ? (result.retryAfter ?? 0) : 0;
		await sleep(Math.min(wait || (isBusy(result) ? interval : SLOW_RETRY_MS), MAX_RETRY_AFTER_MS));
		if (await giveWay()) startedAt = reachedAt = Date.now();
	}
}
