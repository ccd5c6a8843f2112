import type {
	IBinaryKeyData,
	IDataObject,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { z } from 'zod';

import { millisecondsToWait, noteHanded, noteWoken, RETRY_MS } from './eventOrder';
import { restartWebhook } from './callResumeUrl';
import { forgetLimit } from './endAtLimit';
import { resumeCallSchema, withoutFields, type ResumeFiles, type ResumeAnswer } from './protocol';
import { noteWebhook } from '../sessions/processRole';
import { parseWait, RESUME_PATH, sentMessageOf, timeoutAt } from './wait';

const automatedSchema = z.object({ author: z.object({ kind: z.literal('automated') }) });

/** Wakes the execution that waits. */
export const resumeWebhooks = [restartWebhook(RESUME_PATH)];

/**
 * Wakes the execution with an event of its conversation. n8n passes it on through the first output.
 *
 * An event that comes too early is refused, and its sender tries again: the execution goes on waiting.
 */
export async function resumeWebhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const answer = (status: number, body: ResumeAnswer): IWebhookResponseData => {
		this.getResponseObject().status(status).json(body);
		return { noWebhookResponse: true };
	};
	noteWebhook();
	const { data: call } = resumeCallSchema.safeParse(this.getBodyData());
	const input: unknown = this.evaluateExpression('{{ $json }}');
	const wait = parseWait(input);
	if (!call) return answer(400, { accepted: false });
	if ('replaced' in call) {
		const unshownText = wait && Date.now() < wait.opensAt ? wait.agentText : undefined;
		const webhookResponse: ResumeAnswer = { accepted: true, ...(unshownText && { unshownText }) };
		forgetLimit(this.getRequestObject().path);
		// Without an item n8n runs no further node.
		return { webhookResponse, workflowData: [[]] };
	}
	if ('limit' in call) {
		const timeout = timeoutAt(input, call.limit);
		if (!timeout) return answer(409, { accepted: false });
		const webhookResponse: ResumeAnswer = { accepted: true };
		return { webhookResponse, workflowData: [[{ json: timeout }]] };
	}
	// Another call woke the execution while n8n read it: it got the old status and the new data.
	if (!wait) return answer(409, { accepted: false, retryAfter: RETRY_MS });
	const { event, files, ...arrival } = call;
	if (event.conversationId !== wait.conversationId) return answer(200, { accepted: false });
	const execution = `${this.getWorkflow().id}/${wait.conversationId}`;
	const eventId = typeof event.eventId === 'string' ? event.eventId : undefined;
	if (automatedSchema.safeParse(event).success && !isInChat(this)) {
		// An automated message is no reply: it is for the customer only.
		noteHanded(execution, eventId);
		return answer(200, { accepted: false });
	}
	// This execution has already received it, and the answer was lost.
	if (wait.eventIds.some((id) => id === eventId)) return answer(200, acceptedBy(this));
	const now = Date.now();
	for (const id of wait.eventIds) noteHanded(execution, id);
	const retryAfter = millisecondsToWait(execution, { ...arrival, opensAt: wait.opensAt, now });
	if (retryAfter > 0) return answer(409, { accepted: false, retryAfter });
	forgetLimit(this.getRequestObject().path);
	// An execution that was replaced passes on what it had received.
	const ownEvent = { ...event };
	delete ownEvent.sentMessage;
	noteWoken(execution, { order: arrival.order, eventId, now });
	return {
		webhookResponse: acceptedBy(this),
		workflowData: [[await withFiles(this, { ...ownEvent, ...sentMessageOf(wait) }, files)]],
	};
}

/** Read alone, since the other options have expressions, which n8n would evaluate for each call. */
const isInChat = (functions: IWebhookFunctions): boolean =>
	functions.getNodeParameter('options.showInChat', false) === true;

const acceptedBy = (functions: IWebhookFunctions): ResumeAnswer => ({
	accepted: true,
	...(isInChat(functions) && { isInChat: true }),
});

/**
 * The event with its files, stored with the waiting execution. n8n may delete the trigger's execution and its files at
 * any time.
 *
 * A file that can't be stored is left out, with an error: if this threw, n8n would end the execution.
 */
async function withFiles(
	{ helpers }: IWebhookFunctions,
	event: IDataObject,
	files: ResumeFiles = {},
): Promise<INodeExecutionData> {
	const binary: IBinaryKeyData = {};
	const errors: Record<string, string> = {};
	for (const [field, { name, type, base64 }] of Object.entries(files)) {
		try {
			binary[field] = await helpers.prepareBinaryData(Buffer.from(base64, 'base64'), name, type);
		} catch (error) {
			errors[field] =
				`The file could not be stored: ${error instanceof Error ? error.message : String(error)}`;
		}
	}
	const json = withoutFields(event, errors);
	return { json, ...(Object.keys(binary).length > 0 && { binary }) };
}
