import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { z } from 'zod';

import { isConnectError, networkErrorCode } from '../api/networkErrors';
import { waitsOf, WAIT_EXPECTED } from '../sessions/waits';
import { PROCESS_ID, RETRY_MS } from './arrivals';
import { handOverAnswerSchema, type HandOverAnswer } from './protocol';

/** Milliseconds for which an event is offered to an execution that is busy. */
const MAX_BUSY_MS = 120_000;
/** Milliseconds for which an event is offered to an n8n that can't be reached. */
const MAX_UNREACHABLE_MS = 15_000;
/** Milliseconds for one attempt. */
const TIMEOUT_MS = 60_000;
/** Milliseconds between looks while another node of the execution waits, or n8n can't be reached. */
const SLOW_RETRY_MS = 1_000;
/** Milliseconds after the start in which a workflow that will wait may come to do so. */
const MAX_EXPECTED_MS = 30_000;

/**
 * What has become of an event:
 * - `taken`: an execution that waits for it goes on with it
 * - `unwanted`: none waits for such an event
 * - `undelivered`: one waits, or was to wait, but the event can't reach it
 */
export type HandOver = 'taken' | 'unwanted' | 'undelivered';

/**
 * Hands an event to the execution that waits for it, if there is one.
 *
 * @param json the event, as the trigger puts it out
 * @throws NodeOperationError if the Data Table can't be used
 */
export async function handOver(functions: IExecuteFunctions, json: IDataObject): Promise<HandOver> {
	const { conversationId } = json;
	if (typeof conversationId !== 'string' || !isForExecutions(functions, json)) return 'unwanted';
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
	const { resumeUrl } = wait;
	const order = Number(functions.getExecutionId()) || 0;
	const outcome = await offer(functions, resumeUrl, { event: json, order, sender: PROCESS_ID });
	if (outcome === 'undelivered' || (outcome === 'taken' && json.event === 'conversation_ended')) {
		await waits.clear(conversationId, resumeUrl);
	}
	return outcome;
}

/**
 * Whether an event may be for an execution that waits. The customer's own message isn't, if Talkdesk sends it back, nor is
 * anything in a test of the trigger, whose output its user wants to see.
 */
function isForExecutions(functions: IExecuteFunctions, { event, author }: IDataObject): boolean {
	if (functions.getMode() === 'manual' || event === 'conversation_started') return false;
	return !customerSchema.safeParse(author).success;
}
const customerSchema = z.object({ kind: z.literal('customer') });

/** Ends an execution in whose place another one waits now. It may be busy, and then goes on without being told. */
export async function endReplaced(functions: IExecuteFunctions, resumeUrl: string): Promise<void> {
	for (let tries = 0; tries < 4; tries++) {
		if ((await post(functions, resumeUrl, { replaced: true })) !== 'busy') return;
		await sleep(RETRY_MS);
	}
}

async function offer(
	functions: IExecuteFunctions,
	resumeUrl: string,
	call: IDataObject,
): Promise<HandOver> {
	const startedAt = Date.now();
	let mayBeTaken = false;
	for (;;) {
		const result = await post(functions, resumeUrl, call);
		const elapsed = Date.now() - startedAt;
		if (typeof result === 'object') {
			if (result.accepted) return 'taken';
			if (result.retryAfter === undefined) return 'unwanted';
			if (elapsed > MAX_BUSY_MS) return 'undelivered';
			await sleep(Math.min(Math.max(result.retryAfter, 1), TIMEOUT_MS));
			continue;
		}
		// The execution went on, or is over, after an attempt whose answer was lost: that attempt has woken it.
		if (result === 'gone') return mayBeTaken ? 'taken' : 'undelivered';
		if (result === 'unknown') mayBeTaken = true;
		const isUnreachable = result === 'unreachable' || result === 'unknown';
		if (elapsed > (isUnreachable ? MAX_UNREACHABLE_MS : MAX_BUSY_MS)) {
			functions.logger.warn(
				`${functions.getNode().name}: an event could not be handed to the execution that waits for it. ${
					isUnreachable
						? "n8n can't reach its own webhook URL: check WEBHOOK_URL, and the proxy."
						: 'The execution is busy with something else.'
				}`,
			);
			return mayBeTaken ? 'taken' : 'undelivered';
		}
		await sleep(result === 'busy' ? RETRY_MS : SLOW_RETRY_MS);
	}
}

const responseSchema = z.object({ statusCode: z.number(), body: z.unknown() });
const messageSchema = z.object({ message: z.string() });

/**
 * Calls the URL that wakes an execution.
 *
 * @returns the answer of the node that waits. `busy`: the execution runs; `elsewhere`: another node of it waits; `gone`: it is
 * over; `unreachable`: the call did not arrive; `unknown`: it may have
 */
async function post(
	functions: IExecuteFunctions,
	url: string,
	body: IDataObject,
): Promise<HandOverAnswer | 'busy' | 'elsewhere' | 'gone' | 'unreachable' | 'unknown'> {
	const response = await functions.helpers
		.httpRequest({
			method: 'POST',
			url,
			body,
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: TIMEOUT_MS,
		})
		.then(
			(answer: unknown) => responseSchema.parse(answer),
			(error: unknown) => networkErrorCode(error) ?? '',
		)
		.catch(() => '');
	if (typeof response === 'string') return isConnectError(response) ? 'unreachable' : 'unknown';
	const answer = handOverAnswerSchema.safeParse(response.body);
	if (answer.success) return answer.data;
	const message = messageSchema.safeParse(response.body).data?.message ?? '';
	const { statusCode } = response;
	if (statusCode === 409) return /running/i.test(message) ? 'busy' : 'gone';
	if (statusCode === 404) return /waiting webhook/i.test(message) ? 'elsewhere' : 'gone';
	if (statusCode === 401) return 'gone';
	return statusCode >= 500 ? 'unknown' : 'unreachable';
}
