import type { Failure, INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { retryDecisionFor, type TalkdeskProblem } from './problem';
import { problemKind, type ProblemKind } from './problemKinds';
import type { RetryDecision } from './retry';

/**
 * An error of Talkdesk as n8n shows it. The message has the action and Talkdesk's words, the description has code, fields
 * and the remedy. It carries no request and no cause, because those hold the bearer token.
 */
export class TalkdeskApiError extends NodeApiError {
	constructor(
		node: INode,
		/** Completes "Talkdesk could not …": 'start the conversation'. */
		action: string,
		readonly problem: TalkdeskProblem,
	) {
		super(
			node,
			{},
			{
				message: `Talkdesk could not ${action}: ${problem.message}`,
				description: describe(problem),
				httpCode: problem.status === undefined ? undefined : String(problem.status),
				failure: failureOf(problem),
			},
		);
	}
}

/** Whether an error is Talkdesk's, and of this kind. */
export function isProblem(error: unknown, kind: ProblemKind): error is TalkdeskApiError {
	return error instanceof TalkdeskApiError && error.problem.kind === kind;
}

/** Whether and when to do the whole work again after an error; undefined if that can't help. */
export function retryDecisionForError(error: unknown): RetryDecision | undefined {
	return error instanceof TalkdeskApiError ? retryDecisionFor(error.problem) : undefined;
}

function describe(problem: TalkdeskProblem): string {
	const {
		kind,
		status,
		code,
		description,
		fields,
		outcomeUnknown,
		earlierAttemptMayHaveSucceeded,
		attempts = 1,
	} = problem;
	return [
		description,
		...fields.map((field) => `${field.name}: ${field.description ?? 'refused'}.`),
		attempts > 1 && `It was tried ${attempts} times.`,
		(outcomeUnknown || earlierAttemptMayHaveSucceeded) &&
			'The request may have succeeded: only the answer is missing.',
		problemKind(kind).remedy,
		status !== undefined && code && `Talkdesk's code: ${code}.`,
	]
		.filter(Boolean)
		.join(' ');
}

/** The failure in n8n's words. */
function failureOf({ kind, retryAfter }: TalkdeskProblem): Failure | undefined {
	const { cause } = problemKind(kind);
	if (!cause) return undefined;
	const mayWait = cause === 'rate-limited' || cause === 'temporarily-unavailable';
	return { cause, ...(mayWait && retryAfter !== undefined && { retryAfterMs: retryAfter }) };
}
