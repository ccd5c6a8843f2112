import type { Failure, INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

import { retryDecisionFor, type ProblemKind, type TalkdeskProblem } from './problem';
import type { RetryDecision } from './retry';

const REMEDIES: Record<ProblemKind, string> = {
	credential: 'Open the credential and test it.',
	badRequest: 'Correct what Talkdesk names and run the node again.',
	unauthorized:
		'Talkdesk refused the token, also a new one. Open the credential and test it: the OAuth client may have been changed or deleted.',
	forbidden:
		"Check that the OAuth client has the scope for this, that Digital Connect is enabled for your account, and that Talkdesk's IP allow-list, if there is one, has the address of n8n.",
	notFound: 'Check the ID: it must come from this Talkdesk account and region.',
	conflict: 'Talkdesk has something of that name, or in that state, already.',
	conversationEnded:
		'Start a new conversation, by hand or with the option If Conversation Has Ended, and let the Talkdesk Trigger (event conversation_ended) tell your workflow when a conversation ends.',
	rateLimited: 'Talkdesk limits how often it may be called. Try again later, or send less at once.',
	storage:
		'Run the node again: links to the storage live only some minutes, and each can be used once.',
	unavailable: "Talkdesk couldn't do it just now. Try again later.",
	unreachable: 'Check the network of n8n and the region in the credential, or try again later.',
	unexpectedAnswer: 'Report this with the answer of Talkdesk; the contract may have changed.',
};

/**
 * An error of Talkdesk as n8n shows it: what was tried and what Talkdesk said as the message; code, fields and the
 * remedy as the description. It carries no request and no cause, because those hold the bearer token.
 */
export class TalkdeskApiError extends NodeApiError {
	constructor(
		node: INode,
		/** What was tried: 'start the conversation'. */
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

/** What an error says about doing the whole work again; undefined where that can't help. */
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
			'It may have been done all the same: only the answer is missing.',
		REMEDIES[kind],
		status !== undefined && code && `Talkdesk's code: ${code}.`,
	]
		.filter(Boolean)
		.join(' ');
}

/** Why it failed, in n8n's words, for what n8n does about failures; n8n versions without them ignore it. */
function failureOf({ kind, retryAfter }: TalkdeskProblem): Failure | undefined {
	const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter };
	switch (kind) {
		case 'credential':
		case 'unauthorized':
			return { cause: 'credential-invalid' };
		case 'forbidden':
			return { cause: 'configuration-invalid' };
		case 'rateLimited':
			return { cause: 'rate-limited', ...wait };
		case 'unavailable':
		case 'unreachable':
			return { cause: 'temporarily-unavailable', ...wait };
		default:
			return undefined;
	}
}
