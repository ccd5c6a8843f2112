import { z } from 'zod';

import type { RetryDecision } from './retry';

/** Source: every error of docs.talkdesk.com/reference/start-conversation. Liberal: a proxy may answer anything. */
const errorBodySchema = z
	.object({
		code: z.coerce.string().optional().catch(undefined),
		message: z.string().optional().catch(undefined),
		description: z.string().optional().catch(undefined),
		fields: z
			.array(
				z
					.object({ name: z.string(), description: z.string().optional().catch(undefined) })
					.passthrough(),
			)
			.optional()
			.catch(undefined),
	})
	.passthrough();

/**
 * The conversation has already ended. Seen in public code that talks to Talkdesk; the HTTP status isn't known, so the
 * code alone decides.
 */
const CONVERSATION_ENDED_CODE = '3016011';

export type ProblemKind =
	/** The credential is incomplete, or Talkdesk gives no token for it. */
	| 'credential'
	| 'badRequest'
	| 'unauthorized'
	| 'forbidden'
	| 'notFound'
	| 'conflict'
	| 'conversationEnded'
	| 'rateLimited'
	/** Talkdesk's file storage refuses. */
	| 'storage'
	/** 5xx and 408: Talkdesk is there but can't. */
	| 'unavailable'
	/** No connection, or no answer in time. */
	| 'unreachable'
	/** An answer that the contract doesn't know. */
	| 'unexpectedAnswer';

/** What Talkdesk said when it refused something, or what kept it from answering. */
export interface TalkdeskProblem {
	kind: ProblemKind;
	status?: number;
	/** Talkdesk's own code. */
	code?: string;
	/** Talkdesk's own message, or ours where it said nothing. */
	message: string;
	description?: string;
	fields: Array<{ name: string; description?: string }>;
	/** Milliseconds that Talkdesk asks to wait. */
	retryAfter?: number;
	/** The work may be done all the same: the answer was lost. */
	outcomeUnknown?: boolean;
	/** An earlier try of the same request may have done the work. */
	earlierAttemptMayHaveSucceeded?: boolean;
	/** How often it was tried. */
	attempts?: number;
}

/**
 * Reads a refusal of Talkdesk's API.
 *
 * @param status the HTTP status
 * @param body the parsed body, whatever it is
 * @param retryAfter milliseconds, where the answer says so
 */
export function parseProblem(status: number, body: unknown, retryAfter?: number): TalkdeskProblem {
	const parsed = errorBodySchema.safeParse(body);
	const answer = parsed.success ? parsed.data : {};
	return {
		kind: answer.code === CONVERSATION_ENDED_CODE ? 'conversationEnded' : kindOf(status),
		status,
		code: answer.code,
		message: answer.message ?? `HTTP ${status}`,
		description: answer.description,
		fields: answer.fields ?? [],
		...(retryAfter !== undefined && { retryAfter }),
		...(isOutcomeUnknown(status, retryAfter) && { outcomeUnknown: true }),
	};
}

/**
 * Something failed on the way to the work, in the middle of it, or on the way back: nobody knows whether it is done. A 503
 * that says when to come back was given instead of the work (RFC 9110, 15.6.4); gateways say that of any failure, also after
 * they passed the request on.
 */
function isOutcomeUnknown(status: number, retryAfter = 0): boolean {
	return status === 503 ? retryAfter === 0 : status === 408 || status >= 500;
}

/**
 * The statuses of servers and of gateways that may be gone at the next attempt: timeouts, failures, and the gateway's own
 * (520 to 527 are those of a network that stands in front of many APIs).
 */
export function isTransientStatus(status: number | undefined): boolean {
	return (
		status !== undefined &&
		([408, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 527))
	);
}

/** Connections that break, and names that can't be looked up just now; not those that a wrong setting causes. */
const TRANSIENT_NETWORK_ERRORS = new Set([
	'EAI_AGAIN',
	'ECONNABORTED',
	'ECONNREFUSED',
	'ECONNRESET',
	'EHOSTUNREACH',
	'ENETDOWN',
	'ENETUNREACH',
	'EPIPE',
	'ERR_BAD_RESPONSE',
	'ETIMEDOUT',
]);

/** No connection came about: nothing was sent. */
const CONNECT_ERRORS = new Set([
	'EAI_AGAIN',
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETDOWN',
	'ENETUNREACH',
	'ENOTFOUND',
]);

/** @returns whether a network error of this code may be gone at the next try */
export function isTransientNetworkError(code: string): boolean {
	return TRANSIENT_NETWORK_ERRORS.has(code);
}

/** @param code of the network error */
export function networkProblem(code: string): TalkdeskProblem {
	return {
		kind: 'unreachable',
		code,
		message: 'there was no answer',
		// Not in the message: n8n replaces a message with such a code in it by a sentence of its own.
		description: `Network error: ${code}.`,
		fields: [],
		...(!CONNECT_ERRORS.has(code) && { outcomeUnknown: true }),
	};
}

/** @returns what a problem says about trying again; undefined where that can't help */
export function retryDecisionFor({
	kind,
	status,
	code,
	retryAfter,
	outcomeUnknown,
}: TalkdeskProblem): RetryDecision | undefined {
	switch (kind) {
		case 'rateLimited':
			return { retryAfter };
		case 'unavailable':
			return isTransientStatus(status) ? { retryAfter } : undefined;
		case 'unreachable':
			return isTransientNetworkError(code ?? '') ? {} : undefined;
		case 'unexpectedAnswer':
			// Asked again with the same key, it may tell what it has done.
			return outcomeUnknown ? { maxRetries: 1 } : undefined;
		case 'unauthorized':
			// n8n has fetched a new token and it was refused too. Where another process fetched one at the same moment, ours may
			// have been replaced by it, which n8n holds by now; and a token may die early. Each attempt has the newest one.
			return { maxRetries: 3 };
		default:
			return undefined;
	}
}

function kindOf(status: number): ProblemKind {
	if (status === 401) return 'unauthorized';
	if (status === 403) return 'forbidden';
	if (status === 404) return 'notFound';
	if (status === 409) return 'conflict';
	if (status === 429) return 'rateLimited';
	if (status === 408 || status >= 500) return 'unavailable';
	if (status >= 400) return 'badRequest';
	return 'unexpectedAnswer';
}

const networkErrorSchema = z.object({ code: z.string() });
const wrappedErrorSchema = z.object({ cause: networkErrorSchema });

/** The code of a network error (`ECONNREFUSED`, `ENOTFOUND`, …), wherever n8n's or axios' error carries it. */
export function networkErrorCode(error: unknown): string {
	const direct = networkErrorSchema.safeParse(error);
	if (direct.success) return direct.data.code;
	const wrapped = wrappedErrorSchema.safeParse(error);
	return wrapped.success ? wrapped.data.cause.code : 'no answer';
}
