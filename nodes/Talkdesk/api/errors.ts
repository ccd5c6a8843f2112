import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { z } from 'zod';

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
	/** 5xx: Talkdesk is there but can't. */
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
}

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
		'Start a new conversation, and let the Talkdesk Trigger (event conversation_ended) tell your workflow when a conversation ends.',
	rateLimited: 'Talkdesk limits how often it may be called. Try again later, or send less at once.',
	storage:
		'Run the node again: links to the storage live only some minutes, and each can be used once.',
	unavailable: "Talkdesk couldn't do it just now. Try again later.",
	unreachable: 'Check the network of n8n and the region in the credential, or try again later.',
	unexpectedAnswer: 'Report this with the answer of Talkdesk; the contract may have changed.',
};

/**
 * Reads a refusal of Talkdesk's API.
 *
 * @param status the HTTP status
 * @param body the parsed body, whatever it is
 */
export function readProblem(status: number, body: unknown): TalkdeskProblem {
	const parsed = errorBodySchema.safeParse(body);
	const said = parsed.success ? parsed.data : {};
	return {
		kind: said.code === CONVERSATION_ENDED_CODE ? 'conversationEnded' : kindOf(status),
		status,
		code: said.code,
		message: said.message ?? `HTTP ${status}`,
		description: said.description,
		fields: said.fields ?? [],
	};
}

function kindOf(status: number): ProblemKind {
	if (status === 401) return 'unauthorized';
	if (status === 403) return 'forbidden';
	if (status === 404) return 'notFound';
	if (status === 409) return 'conflict';
	if (status === 429) return 'rateLimited';
	if (status >= 500) return 'unavailable';
	if (status >= 400) return 'badRequest';
	return 'unexpectedAnswer';
}

/**
 * An error of Talkdesk as n8n shows it: what was tried and what Talkdesk said as the message; code, fields and the
 * remedy as the description. It carries no request and no cause, because those hold the bearer token.
 */
export class TalkdeskApiError extends NodeApiError {
	constructor(
		node: INode,
		/** What was tried: 'start the conversation'. */
		tried: string,
		readonly problem: TalkdeskProblem,
	) {
		super(
			node,
			{},
			{
				message: `Talkdesk could not ${tried}: ${problem.message}`,
				description: describe(problem),
				httpCode: problem.status === undefined ? undefined : String(problem.status),
			},
		);
	}
}

function describe({ kind, code, description, fields }: TalkdeskProblem): string {
	return [
		description,
		...fields.map((field) => `${field.name}: ${field.description ?? 'refused'}.`),
		REMEDIES[kind],
		code && `Talkdesk's code: ${code}.`,
	]
		.filter(Boolean)
		.join(' ');
}
