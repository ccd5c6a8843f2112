import type {
	IDataObject,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../api/client';
import { noteCall } from '../firstTime';
import {
	challenge,
	isAuthentic,
	readWebhookCredential,
	type WebhookCredential,
} from './authenticate';
import { EVENTS, isKnownNotByAgent, readEvent, type TalkdeskEvent } from './events';
import { eventIdentity } from './identity';
import { mustBeTaken } from './inFlight';
import { answerWith } from './keptCredential';
import type { Headers } from './secrets';
import { describeShape, isLargerThan } from './shape';
import { answerTokenRequest } from './tokenEndpoint';

/** A message of a chat has some KB. n8n itself would take 16 MB, and keep them in its database. */
const MAX_BYTES = 1_000_000;

/**
 * Talkdesk's bodies have three levels and some dozen values. n8n stores deeper ones, but its `deepCopy` and `JSON.stringify` go
 * through them by recursion, which fails some thousand levels deep, in a node further on. And to read, store and copy a
 * megabyte of tiny values takes seconds, in which n8n does nothing else.
 */
const LIMITS = { levels: 32, values: 5000 };

/**
 * One static path per action. Talkdesk calls base path + relative path; the first entry is the base path itself, the one
 * URL that a user copies into Talkdesk, so it is the only one that the panel shows. A call of it is taken like one of
 * `/events`: what happened is then read from the body.
 *
 * No expressions such as `={{$webhookId}}/events`: n8n would evaluate all of them with every call.
 *
 * A dynamic path (`:event`) would do with one entry, but n8n's table of webhooks is keyed by path and method: the second
 * trigger on an instance would never be registered.
 */
export const webhooks: IWebhookDescription[] = [
	...['', 'events', ...EVENTS].map((path) => ({
		name: 'default' as const,
		httpMethod: 'POST',
		responseMode: 'onReceived',
		// Empty, and not left out: n8n would answer with the default's name instead of our JSON.
		responseData: '',
		path,
		// A full path that is empty is the webhook's id; any other path n8n puts behind it.
		isFullPath: path === '',
		ndvHideMethod: true,
		ndvHideUrl: path !== '',
	})),
	// The token endpoint of the mode `oAuth2`.
	{
		name: 'setup',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: 'oauth/token',
		ndvHideMethod: true,
		ndvHideUrl: true,
	},
];

export interface Call {
	/** The decrypted credential of the node. */
	credential: WebhookCredential;
	headers: Headers;
	/** Path of the URL. */
	path: string;
	/** The parsed body. */
	body: unknown;
	/** The length of the body as it came. */
	bytes: number;
	/** The events that the workflow listens to, the node's parameter. */
	events: unknown;
	/** Whether the workflow doesn't want to hear what customers wrote. */
	onlyAgentMessages: boolean;
	/** Which trigger is called. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

export interface CallResult {
	/** What is answered: always JSON, which Talkdesk asks for. */
	status: number;
	body: IDataObject;
	headers?: Record<string, string>;
	/** What the workflow gets to know. Without it no execution starts. */
	event?: TalkdeskEvent;
	/** For the log of whoever runs n8n. */
	warning?: string;
}

/**
 * Takes a call: checks who calls, reads the event, says what to answer. Does nothing slow: Talkdesk waits. Never throws:
 * n8n would answer 500 and record a failed execution.
 */
export function takeCall(call: Call): CallResult {
	const { credential, path, body, bytes, events, onlyAgentMessages, now } = call;
	if (!isAuthentic(credential, call)) {
		return {
			status: 401,
			body: { error: 'unauthorized' },
			headers: { 'WWW-Authenticate': challenge(credential) },
		};
	}
	if (bytes > MAX_BYTES) {
		return refusal(413, `The body has more than ${MAX_BYTES} bytes.`, `${bytes} bytes`);
	}
	if (isLargerThan(body, LIMITS)) {
		const problem = 'The body has too many values, or nests them too deeply.';
		return refusal(400, problem, describeShape(body));
	}
	const result = readEvent(path.split('/').pop() ?? '', body, now);
	if (!result.ok) {
		if (result.reason === 'invalid') return refusal(400, result.problem, describeShape(body));
		// Talkdesk would only mark the call as failed; whoever runs n8n is the one who can mend it.
		const warning = `A call was not understood. ${result.problem} It was: ${describeShape(body)}`;
		return { ...ignored(result.problem), warning };
	}
	const { event } = result;
	if (!Array.isArray(events) || !events.includes(event.event)) {
		return ignored(`The workflow does not listen to ${event.event}.`);
	}
	if (onlyAgentMessages && isKnownNotByAgent(event)) {
		return ignored('The workflow does not listen to messages of customers.');
	}
	return { status: 200, body: { received: true }, event };
}

const ignored = (why: string): CallResult => ({
	status: 200,
	body: { received: true, ignored: why },
});

const refusal = (status: number, error: string, what: string): CallResult => ({
	status,
	body: { error },
	warning: `A call was refused. ${error} It was: ${what}`,
});

/** How long the body is. n8n gives the bytes where it has read them, unpacked; for a multipart form it has the header only. */
export function lengthOf(rawBody: unknown, headers: Headers): number {
	const declared = Number(headers['content-length'] ?? 0);
	const read = Buffer.isBuffer(rawBody) ? rawBody.length : 0;
	return Math.max(read, Number.isFinite(declared) ? declared : 0);
}

/**
 * The webhook of the trigger. Refusals and what is ignored are answered here and start no execution: n8n would turn an error
 * into a 500 and a failed execution. A taken event is answered by n8n, and only when it has stored the execution
 * (`shouldDeferOnReceivedResponse` in its webhook-helpers): what Talkdesk was told is taken can't get lost any more.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { name, id, webhookId, credentials } = this.getNode();
	const isTest = this.getMode() === 'manual';
	const isTokenRequest = this.getWebhookName() === 'setup';
	const request = this.getRequestObject();
	const headers: Headers = this.getHeaderData();
	const options = this.getNodeParameter('options', {});
	const call: Omit<Call, 'credential'> = {
		headers,
		path: request.path,
		body: this.getBodyData(),
		bytes: lengthOf(request.rawBody, headers),
		events: this.getNodeParameter('events'),
		onlyAgentMessages: isSwitchedOn(options, 'onlyAgentMessages'),
		audience: webhookId ?? id,
		now: Date.now(),
	};
	const place = `${this.getWorkflow().id}/${id}`;
	const credentialId = credentials?.[CREDENTIAL_TYPE]?.id;
	const canKeep = !isTest && !isTokenRequest && credentialId;
	const result = await answerWith<CallResult>(canKeep ? `${place}/${credentialId}` : undefined, {
		read: async () =>
			await this.getCredentials(CREDENTIAL_TYPE).then(readWebhookCredential, (error: unknown) => {
				this.logger.error(`${name}: the credential can't be read. ${String(error)}`);
				return undefined;
			}),
		// Without a credential nobody is let in.
		answer: (known) => {
			const whole = { ...call, credential: known ?? readWebhookCredential(undefined) };
			return isTokenRequest ? answerTokenRequest(whole) : takeCall(whole);
		},
		now: call.now,
	});
	if (!isTest) noteCall();
	const { status, body, event, warning } = result;
	if (warning) this.logger.warn(`${name}: ${warning}`);
	const response = this.getResponseObject();
	if (event) {
		const taken = { webhookResponse: body, workflowData: [[{ json: { ...event } }]] };
		const identity = eventIdentity(event);
		if (isTest || identity === undefined || isSwitchedOff(options, 'ignoreDuplicates'))
			return taken;
		const key = `${place}/${identity}`;
		if (await mustBeTaken(key, response, call.now)) return taken;
		response.status(status).json(ignored('It came before.').body);
		return { noWebhookResponse: true };
	}
	response
		.status(status)
		.set(result.headers ?? {})
		.json(body);
	return { noWebhookResponse: true };
}

const optionOf = (options: unknown, name: string): unknown =>
	typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined;
const isSwitchedOn = (options: unknown, name: string) => optionOf(options, name) === true;
const isSwitchedOff = (options: unknown, name: string) => optionOf(options, name) === false;
