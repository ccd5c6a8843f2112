import type { IDataObject } from 'n8n-workflow';

import { verifyRequest, challenge, type WebhookCredential } from './authentication/verify';
import { splitBatch, parseBody, type RawRequest } from './event/requestBody';
import { isByNonAgent, lastSegment, parseEvent, type TalkdeskEvent } from './event/parse';
import type { Headers } from './authentication/secrets';
import { describeShape, isLargerThan } from '../text/shape';

/** A message of a chat has some KB. n8n itself would take 16 MB, and keep them in its database. */
const MAX_BYTES = 1_000_000;

/**
 * Talkdesk's bodies have three levels and some dozen values. n8n stores deeper ones, but its `deepCopy` and `JSON.stringify` go
 * through them by recursion, which fails some thousand levels deep, in a node further on. And to read, store and copy a
 * megabyte of tiny values takes seconds, in which n8n does nothing else.
 */
const BODY_LIMITS = { levels: 32, values: 5000 };

/** A call may bring many events; the log needs no more than these to show what is wrong. */
const MAX_WARNINGS = 3;

export interface WebhookRequest extends RawRequest {
	/** The decrypted credential of the node. */
	credential: WebhookCredential;
	/** Path of the URL. */
	path: string;
	/** The length of the body as it came. */
	bytes: number;
	/** The events that the workflow listens to, the node's parameter. */
	events: unknown;
	/** Whether the workflow wants to hear human agents only. */
	onlyAgentMessages: boolean;
	/** Which trigger is called. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

export interface WebhookResponse {
	status: number;
	body: IDataObject;
	headers?: Record<string, string>;
	/** What the workflow gets to know. Without any no execution starts. */
	events?: TalkdeskEvent[];
	/** For the log of whoever runs n8n. */
	warning?: string;
	/** Why nobody is let in, for the same log. */
	rejection?: string;
}

/**
 * Takes a call: checks who calls, reads the events, says what to answer. Does nothing slow: Talkdesk waits. Never throws:
 * n8n would answer 500 and record a failed execution.
 */
export function handleRequest(call: WebhookRequest): WebhookResponse {
	const { credential, bytes } = call;
	const authentication = verifyRequest(credential, call);
	if (!authentication.ok) {
		return {
			status: 401,
			body: { error: 'unauthorized' },
			headers: { 'WWW-Authenticate': challenge(credential) },
			rejection: authentication.reason,
		};
	}
	if (bytes > MAX_BYTES) {
		return reject(413, `The body has more than ${MAX_BYTES} bytes.`, `${bytes} bytes`);
	}
	const body = parseBody(call);
	if (isLargerThan(body, BODY_LIMITS)) {
		const problem = 'The body has too many values, or nests them too deeply.';
		return reject(400, problem, describeShape(body));
	}
	const outcomes = splitBatch(body).map((one) => handleEvent(one, call));
	if (!outcomes.some(({ isObject }) => isObject)) {
		return reject(400, outcomes[0]?.why ?? 'The body is an empty list.', describeShape(body));
	}
	const events = outcomes.flatMap(({ event }) => event ?? []);
	const warnings = outcomes.flatMap(({ warning }) => warning ?? []);
	const more = warnings.length - MAX_WARNINGS;
	const warning = [
		...warnings.slice(0, MAX_WARNINGS),
		...(more > 0 ? [`${more} more of the same call.`] : []),
	].join(' ');
	return {
		...(events.length > 0
			? { status: 200, body: { received: true }, events }
			: ignore(outcomes.find(({ why }) => why)?.why ?? '')),
		...(warning && { warning }),
	};
}

interface EventOutcome {
	event?: TalkdeskEvent;
	/** Why there is no event for the workflow. */
	why?: string;
	warning?: string;
	/** Whether it was a JSON object at least. */
	isObject: boolean;
}

/** Takes one of the events that a call brings. */
function handleEvent(
	body: unknown,
	{ path, events, onlyAgentMessages, now }: WebhookRequest,
): EventOutcome {
	const result = parseEvent(lastSegment(path), body, now);
	if (!result.ok) {
		const { problem: why, reason } = result;
		// Talkdesk would only mark the call as failed; whoever runs n8n is the one who can mend it.
		const warning = `A call was not understood. ${why} It was: ${describeShape(body)}`;
		return { why, warning, isObject: reason !== 'invalid' };
	}
	const { event } = result;
	const warning = result.warning && `${result.warning} The body was: ${describeShape(body)}`;
	if (!Array.isArray(events) || !events.includes(event.event)) {
		return { why: `The workflow does not listen to ${event.event}.`, warning, isObject: true };
	}
	if (onlyAgentMessages && isByNonAgent(event)) {
		const why = 'The workflow listens to messages of human agents only.';
		return { why, isObject: true };
	}
	return { event, warning, isObject: true };
}

/** A call that was taken, and starts no execution. */
export const ignore = (why: string): WebhookResponse => ({
	status: 200,
	body: { received: true, ignored: why },
});

const reject = (status: number, error: string, what: string): WebhookResponse => ({
	status,
	body: { error },
	warning: `A call was refused. ${error} It was: ${what}`,
});

/** How long the body is. n8n gives the bytes where it has read them, unpacked; for a multipart form it has the header only. */
export function bodySize(rawBody: unknown, headers: Headers): number {
	const declared = Number(headers['content-length'] ?? 0);
	const read = Buffer.isBuffer(rawBody) ? rawBody.length : 0;
	return Math.max(read, Number.isFinite(declared) ? declared : 0);
}
