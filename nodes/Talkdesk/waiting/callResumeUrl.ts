import type { IDataObject, IExecuteFunctions, IWebhookDescription } from 'n8n-workflow';
import { z } from 'zod';

import { isConnectError, networkErrorCode } from '../api/networkErrors';
import { resumeAnswerSchema, type ResumeAnswer } from './protocol';

/** Milliseconds for one attempt. */
const TIMEOUT_MS = 60_000;

const responseSchema = z.object({ statusCode: z.number(), body: z.unknown() });
const messageSchema = z.object({ message: z.string().optional(), error: z.unknown() });

let isReachable = true;
/** Whether n8n could be reached under its own webhook URL by the last call of this process that tells. */
export const isN8nReachable = (): boolean => isReachable;

type ResumeResult =
	| ResumeAnswer
	| 'busy'
	| 'refused'
	| 'failed'
	| 'elsewhere'
	| 'gone'
	| 'unreachable'
	| 'unknown';

/**
 * Calls the URL that wakes an execution.
 *
 * @param url a secret: no output, error or log may have it
 * @returns the answer of the node that waits. `busy`: the execution runs; `refused`: n8n doesn't wake it; `failed`: n8n can't
 * read it, from its database for one; `elsewhere`: another node of it waits; `gone`: it is over; `unreachable`: the call did not
 * arrive; `unknown`: it may have
 */
export async function callResumeUrl(
	functions: IExecuteFunctions,
	url: string,
	body: IDataObject,
	timeoutMs = TIMEOUT_MS,
): Promise<ResumeResult> {
	const response = await functions.helpers
		.httpRequest({
			method: 'POST',
			url,
			body,
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: timeoutMs,
		})
		.then(
			(answer: unknown) => responseSchema.parse(answer),
			(error: unknown) => networkErrorCode(error) ?? '',
		)
		.catch(() => '');
	if (typeof response !== 'string') {
		const result = answerOf(response);
		const isInTime = response.statusCode !== 504;
		if (isInTime) isReachable = result !== 'unreachable' && result !== 'unknown';
		return result;
	}
	// A call that was cut off, or got no answer in time, doesn't tell: n8n lets calls wait while all places are taken.
	if (!isConnectError(response)) return 'unknown';
	isReachable = false;
	return 'unreachable';
}

/** What n8n's answer says. What isn't n8n's own words comes from a proxy. */
function answerOf({ statusCode, body }: z.output<typeof responseSchema>) {
	const answer = resumeAnswerSchema.safeParse(body);
	if (answer.success) return answer.data;
	const { message = '', error } = messageSchema.safeParse(body).data ?? {};
	if (statusCode === 409) return /running/i.test(message) ? 'busy' : 'gone';
	if (statusCode === 404 && /waiting webhook/i.test(message)) return 'elsewhere';
	if (statusCode === 404 && /does not exist|could not find node/i.test(message)) return 'gone';
	if (statusCode === 401 && error === 'Invalid token') return 'gone';
	if (statusCode === 500 && message !== '') {
		// Another call wakes the execution at the same moment, or n8n has canceled it.
		return /problem executing/i.test(message) ? 'refused' : 'failed';
	}
	return statusCode >= 500 ? 'unknown' : 'unreachable';
}

/** A webhook of a waiting execution, which wakes that execution. n8n checks the token in the URL. */
export const restartWebhook = (path: string): IWebhookDescription => ({
	name: 'default',
	httpMethod: 'POST',
	responseMode: 'onReceived',
	// Empty, not left out: n8n would answer with the name of the default instead of our JSON.
	responseData: '',
	path,
	restartWebhook: true,
	isFullPath: true,
});

/** The URL that wakes this execution while it waits. @param path of the node's restart webhook */
export function resumeUrlOf(functions: IExecuteFunctions, path: string): string {
	const url = new URL(
		z.string().parse(functions.evaluateExpression('{{ $execution.resumeUrl }}', 0)),
	);
	url.pathname += `/${path}`;
	return url.href;
}
