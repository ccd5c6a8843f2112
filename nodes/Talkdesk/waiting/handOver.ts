import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { z } from 'zod';

import { isConnectError, networkErrorCode } from '../api/networkErrors';
import { MAX_EXPECTED_MS, waitsOf, WAIT_EXPECTED } from '../sessions/waits';
import { PROCESS_ID, RETRY_MS } from './arrivals';
import { handOverAnswerSchema, withoutFields, type HandOverAnswer } from './protocol';

/** Milliseconds for which an event is offered to an execution that is busy. */
const MAX_BUSY_MS = 120_000;
/** Milliseconds for which an event is offered to an n8n that can't be reached. */
const MAX_UNREACHABLE_MS = 15_000;
/** Milliseconds for one attempt. */
const TIMEOUT_MS = 60_000;
/** Tries at short intervals, while an execution is busy as long as a usual step takes. */
const FAST_TRIES = 8;
/** Milliseconds between tries while another node of the execution waits, or n8n can't be reached. */
const SLOW_RETRY_MS = 1_000;
/** Milliseconds that an execution may ask to wait before the next try. */
const MAX_RETRY_AFTER_MS = 10_000;

/**
 * What has become of an event:
 * - `taken`: an execution that waits for it goes on with it
 * - `unwanted`: none waits for such an event
 * - `undelivered`: one waits, or was to wait, but the event can't reach it
 * - `unconfirmed`: as `undelivered`, but an answer was lost, so it may have reached it
 */
export type HandOver = 'taken' | 'unwanted' | 'undelivered' | 'unconfirmed';

/**
 * Hands an event to the execution that waits for it, if there is one.
 *
 * @param item the event, as the trigger puts it out, with its files
 * @throws NodeOperationError if the Data Table can't be used
 */
export async function handOver(
	functions: IExecuteFunctions,
	{ json, binary }: INodeExecutionData,
): Promise<HandOver> {
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
	const call = { ...(await packFiles(functions, json, binary)), order, sender: PROCESS_ID };
	const outcome = await offer(functions, resumeUrl, call);
	const isOver = outcome === 'taken' && json.event === 'conversation_ended';
	if (isOver || outcome === 'undelivered' || outcome === 'unconfirmed') {
		await waits.clear(conversationId, resumeUrl);
	}
	return outcome;
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
	let reachedAt = startedAt;
	let mayBeTaken = false;
	for (let tries = 0; ; tries++) {
		// n8n logs each call that comes while the execution runs.
		const interval = tries < FAST_TRIES ? RETRY_MS : SLOW_RETRY_MS;
		const result = await post(functions, resumeUrl, { ...call, interval });
		if (typeof result === 'object' && result.accepted) return 'taken';
		if (typeof result === 'object' && result.retryAfter === undefined) {
			return mayBeTaken ? 'unconfirmed' : 'unwanted';
		}
		// If an answer was lost before, that attempt has woken the execution, and it is over since.
		if (result === 'gone') return mayBeTaken ? 'taken' : 'undelivered';
		mayBeTaken ||= result === 'unknown';
		const now = Date.now();
		const isReached = result !== 'unreachable' && result !== 'unknown';
		if (isReached) reachedAt = now;
		if (now - reachedAt > MAX_UNREACHABLE_MS || now - startedAt > MAX_BUSY_MS) {
			const why = isReached
				? 'It is busy with something else.'
				: "n8n can't reach its own webhook URL: check WEBHOOK_URL, and the proxy.";
			functions.logger.warn(
				`${functions.getNode().name}: an event could not be handed to the execution that waits for it. ${why}`,
			);
			return mayBeTaken ? 'unconfirmed' : 'undelivered';
		}
		const wait = typeof result === 'object' ? (result.retryAfter ?? 0) : 0;
		await sleep(
			Math.min(wait || (result === 'busy' ? interval : SLOW_RETRY_MS), MAX_RETRY_AFTER_MS),
		);
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
