import type {
	IDataObject,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../api/client';
import { challenge, isAuthentic, type Headers } from './authenticate';
import { EVENTS, readEvent, type TalkdeskEvent } from './events';

/**
 * One static path per action. Talkdesk calls base path + relative path; the first entry is the base path itself, the one
 * URL that a user copies into Talkdesk, so it is the only one that the panel shows. A call of it is taken like one of
 * `/events`: what happened is then read from the body.
 *
 * A dynamic path (`:event`) would do with one entry, but n8n's table of webhooks is keyed by path and method: the second
 * trigger on an instance would never be registered.
 */
export const webhooks: IWebhookDescription[] = [
	'',
	'/events',
	...EVENTS.map((event) => `/${event}`),
].map((path) => ({
	name: 'default',
	httpMethod: 'POST',
	responseMode: 'onReceived',
	path: `={{$webhookId}}${path}`,
	isFullPath: true,
	ndvHideMethod: true,
	ndvHideUrl: path !== '',
}));

export interface Call {
	/** The decrypted credential of the node. */
	credential: unknown;
	headers: Headers;
	/** Path of the URL. */
	path: string;
	/** The parsed body. */
	body: unknown;
	/** The events that the workflow listens to, the node's parameter. */
	events: unknown;
	/** Milliseconds since 1970. */
	receivedAt: number;
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

/** Takes a call: checks who calls, reads the event, says what to answer. Does nothing slow: Talkdesk waits. */
export function takeCall({
	credential,
	headers,
	path,
	body,
	events,
	receivedAt,
}: Call): CallResult {
	if (!isAuthentic(credential, headers)) {
		return {
			status: 401,
			body: { error: 'unauthorized' },
			headers: { 'WWW-Authenticate': challenge(credential) },
		};
	}
	const result = readEvent(path.split('/').pop() ?? '', body, receivedAt);
	if (!result.ok) {
		if (result.reason === 'invalid') return { status: 400, body: { error: result.problem } };
		// Talkdesk would only mark the call as failed; whoever runs n8n is the one who can mend it.
		return {
			status: 200,
			body: { received: true, ignored: result.problem },
			warning: `A call was not understood. ${result.problem}`,
		};
	}
	const { event } = result;
	if (!Array.isArray(events) || !events.includes(event.event)) {
		const ignored = `The workflow does not listen to ${event.event}.`;
		return { status: 200, body: { received: true, ignored } };
	}
	return { status: 200, body: { received: true }, event };
}

/**
 * The webhook of the trigger. Refusals are answered here and start no execution: n8n would turn an error into a 500 and
 * a failed execution.
 */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	// Without a credential nobody is let in.
	const credential: unknown = await this.getCredentials(CREDENTIAL_TYPE).catch((error: unknown) => {
		this.logger.error(`${this.getNode().name}: the credential can't be read. ${String(error)}`);
	});
	const { status, body, headers, event, warning } = takeCall({
		credential,
		headers: this.getHeaderData(),
		path: this.getRequestObject().path,
		body: this.getBodyData(),
		events: this.getNodeParameter('events'),
		receivedAt: Date.now(),
	});
	if (warning) this.logger.warn(`${this.getNode().name}: ${warning}`);
	this.getResponseObject()
		.status(status)
		.set(headers ?? {})
		.json(body);
	return {
		noWebhookResponse: true,
		...(event && { workflowData: [[{ json: { ...event } }]] }),
	};
}
