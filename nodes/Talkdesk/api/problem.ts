import { z } from 'zod';

import { isConnectError } from './networkErrors';
import { kindOfResponse, problemKind, type ProblemKind } from './problemKinds';
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

/** Why Talkdesk refused a request, or what kept it from answering. */
export interface TalkdeskProblem {
	kind: ProblemKind;
	/** The HTTP status; undefined without a response. */
	status?: number;
	/** Talkdesk's own code, or that of a network error. */
	code?: string;
	/** Talkdesk's own message, or ours if the response has none. */
	message: string;
	description?: string;
	fields: Array<{ name: string; description?: string }>;
	/** Milliseconds that Talkdesk asks to wait. */
	retryAfter?: number;
	/** The request may have succeeded: the response was lost. */
	outcomeUnknown?: boolean;
	/** An earlier attempt of the same request may have done the work. */
	earlierAttemptMayHaveSucceeded?: boolean;
	/** How many attempts there were. */
	attempts?: number;
}

/**
 * The problem that a response of Talkdesk's API describes.
 *
 * @param status the HTTP status
 * @param body the parsed body, whatever it is
 * @param retryAfter milliseconds, if the response says so
 */
export function parseProblem(status: number, body: unknown, retryAfter?: number): TalkdeskProblem {
	const parsed = errorBodySchema.safeParse(body);
	const { code, message, description, fields }: z.output<typeof errorBodySchema> = parsed.success
		? parsed.data
		: {};
	return {
		kind: kindOfResponse(status, code),
		status,
		code,
		message: message ?? `HTTP ${status}`,
		description,
		fields: fields ?? [],
		...(retryAfter !== undefined && { retryAfter }),
		...(isOutcomeUnknown(status, retryAfter) && { outcomeUnknown: true }),
	};
}

/**
 * Whether the work may be done although the response is an error. A 503 with Retry-After was given instead of the work
 * (RFC 9110, 15.6.4); without it gateways send a 503 also after they passed the request on.
 */
function isOutcomeUnknown(status: number, retryAfter = 0): boolean {
	return status === 503 ? retryAfter === 0 : status === 408 || status >= 500;
}

/** The problem that a network error is. @param code the code of the error, as `networkErrorCode` gives it */
export function networkProblem(code: string): TalkdeskProblem {
	return {
		kind: 'unreachable',
		code,
		message: 'there was no answer',
		// Not in the message: n8n replaces a message with such a code in it by a sentence of its own.
		description: `Network error: ${code}.`,
		fields: [],
		...(!isConnectError(code) && { outcomeUnknown: true }),
	};
}

/** Whether and when to try again after a problem; undefined if that can't help. */
export const retryDecisionFor = (problem: TalkdeskProblem): RetryDecision | undefined =>
	problemKind(problem.kind).retry?.(problem);
