import type { IDataObject } from 'n8n-workflow';

import { verifyRequest, challenge, type WebhookCredential } from './authentication/verify';
import { splitBatch, parseBody, type RawRequest } from './event/requestBody';
import { isByNonAgent, lastSegment, parseEvent, type TalkdeskEvent } from './event/parse';
import type { Headers } from './authentication/compareSecrets';
import { describeShape, isLargerThan } from '../text/bodyShape';

/** A chat message has some KB. n8n itself accepts 16 MB, and stores them in its database. */
const MAX_BYTES = 1_000_000;

/**
 * Talkdesk's bodies have three levels and some dozen values. n8n stores larger ones, but its `deepCopy` and `JSON.stringify`
 * are recursive and fail some thousand levels deep, in a later node. A megabyte of tiny values blocks n8n for seconds.
 */
const BODY_LIMITS = { levels: 32, values: 5000 };

/** Lines in the log for one call, which may bring many events. */
const MAX_WARNINGS = 3;

export interface WebhookRequest extends RawRequest {
	/** The decrypted credential of the node. */
	credential: WebhookCredential;
	/** Path of the URL. */
	path: string;
	/** The length of the body. */
	bytes: number;
	/** The parameter Trigger On. */
	events: unknown;
	/** The option Only Agent Messages. */
	onlyAgentMessages: boolean;
	/** The called trigger, for which access tokens are issued. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

export interface WebhookResponse {
	status: number;
	body: IDataObject;
	headers?: Record<string, string>;
	/** The events for the workflow. Without any, no execution starts. */
	events?: TalkdeskEvent[];
	/** For n8n's log. */
	warning?: string;
	/** Why the call was rejected with 401, for n8n's log. */
	rejection?: string;
}

/**
 * Authenticates a webhook request, parses its events and returns the response. Never throws: n8n would answer 500 and record
 * a failed execution. Does nothing slow, as Talkdesk waits.
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
	/** Whether the body was a JSON object. */
	isObject: boolean;
}

/** Parses one of the events of a call, and applies Trigger On and Only Agent Messages. */
function handleEvent(
	body: unknown,
	{ path, events, onlyAgentMessages, now }: WebhookRequest,
): EventOutcome {
	const result = parseEvent(lastSegment(path), body, now);
	if (!result.ok) {
		const { problem: why, reason } = result;
		// A 4xx would not help: only the workflow's owner can correct this, so acknowledge and log.
		const warning = `A call was not recognized. ${why} The body was: ${describeShape(body)}`;
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

/** The response to a call that is accepted but starts no execution. */
export const ignore = (why: string): WebhookResponse => ({
	status: 200,
	body: { received: true, ignored: why },
});

const reject = (status: number, error: string, what: string): WebhookResponse => ({
	status,
	body: { error },
	warning: `A call was rejected. ${error} The body was: ${what}`,
});

/** The length of a body in bytes. n8n gives the unpacked bytes; for a multipart form there is the header only. */
export function bodySize(rawBody: unknown, headers: Headers): number {
	const declared = Number(headers['content-length'] ?? 0);
	const read = Buffer.isBuffer(rawBody) ? rawBody.length : 0;
	return Math.max(read, Number.isFinite(declared) ? declared : 0);
}
