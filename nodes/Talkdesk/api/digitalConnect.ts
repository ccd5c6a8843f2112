import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';
import { isProblem, TalkdeskApiError } from './errors';
import type { TalkdeskProblem } from './problem';

const ROOT = ['digital-connect', 'conversations'];

/** One message of the transcript, as Talkdesk takes it. */
export interface PreviousMessage {
	/** `user` is the customer, `external` the bot or another outside system (inferred from the documentation's example). */
	type: 'user' | 'external';
	content: string;
	/** ISO 8601 */
	created_at: string;
}

export interface NewConversation {
	touchpointId: string;
	contactEmail: string;
	subject?: string;
	/** Shown to the agent and usable in the Studio flow. */
	contextParameters?: IDataObject;
	previousMessages?: PreviousMessage[];
}

/** An ID, also one that is written as a number. */
const id = z
	.union([z.string().min(1), z.number().safe()], { errorMap: () => ({ message: 'is no ID' }) })
	.transform(String);

const startedSchema = z.object({ id }).passthrough();

type Spelling = 'lower' | 'upper';

/**
 * The spelling of `previous_messages[].type` that worked, by API. The OpenAPI description has `user | external`, the
 * documentation's example writes `USER` and `EXTERNAL`; which one the server takes can't be told from here.
 */
const knownSpellings = new Map<string, Spelling>();

function isAboutPreviousMessages({ kind, message, description, fields }: TalkdeskProblem): boolean {
	return (
		kind === 'badRequest' &&
		/previous_?messages/i.test([message, description, ...fields.map(({ name }) => name)].join(' '))
	);
}

/** Whether a refusal says something of a type: with the right spelling, it is something else that Talkdesk refuses. */
function isAboutType({ message, description, fields }: TalkdeskProblem): boolean {
	const said = fields.flatMap((field) => [field.name, field.description]);
	return /\btype\b/i.test([message, description, ...said].join(' '));
}

/**
 * Starts a conversation, or finds the one that was started with the same idempotency key. Where Talkdesk refuses the
 * spelling of the transcript's types, it is sent once more in the other one, and what worked is kept.
 *
 * @returns the id of the conversation
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/start-conversation; the header's name is seen in public code only.
 */
export async function startConversation(
	client: TalkdeskClient,
	{
		touchpointId,
		contactEmail,
		subject,
		contextParameters,
		previousMessages = [],
	}: NewConversation,
	{ idempotencyKey }: { idempotencyKey: string },
): Promise<{ conversationId: string }> {
	const body: IDataObject = {
		touchpoint_id: touchpointId,
		contact_person: { email: contactEmail },
	};
	if (subject) body.subject = subject;
	if (contextParameters && Object.keys(contextParameters).length > 0) {
		body.context_parameters = contextParameters;
	}
	const startWith = async (spelling: Spelling) => {
		if (previousMessages.length > 0) {
			body.previous_messages = previousMessages.map(({ type, ...message }) => ({
				type: spelling === 'upper' ? type.toUpperCase() : type,
				...message,
			}));
		}
		const { answer } = await client.request({
			action: 'start the conversation',
			method: 'POST',
			path: ROOT,
			idempotencyKey,
			body,
			answer: startedSchema,
		});
		return { conversationId: answer.id };
	};

	const { apiBaseUrl } = client.settings;
	const spelling = knownSpellings.get(apiBaseUrl) ?? 'lower';
	return await startWith(spelling).catch(async (error: unknown) => {
		const isSpelling =
			previousMessages.length > 0 &&
			error instanceof TalkdeskApiError &&
			isAboutPreviousMessages(error.problem);
		if (!isSpelling) throw error;
		const other = spelling === 'lower' ? 'upper' : 'lower';
		const started = await startWith(other).catch((second: unknown) => {
			// If the other spelling is refused as such, the first refusal was about something else.
			const isSpellingAgain = second instanceof TalkdeskApiError && isAboutType(second.problem);
			throw isSpellingAgain ? error : second;
		});
		knownSpellings.set(apiBaseUrl, other);
		return started;
	});
}

/** A message that Talkdesk took is sent, however odd the answer is: what can be read of it is used. */
const sentSchema = z
	.object({
		id: id.optional().catch(undefined),
		message_id: id.optional().catch(undefined),
		created_at: z.string().min(1).optional().catch(undefined),
		/** A text in the documentation's example; anything else is kept as its JSON. */
		partial_fail_reason: z
			.unknown()
			.transform((reason) =>
				typeof reason === 'string' || reason === undefined ? reason : JSON.stringify(reason),
			),
	})
	.passthrough()
	.catch({ partial_fail_reason: undefined });

export interface NewMessage {
	conversationId: string;
	/** May be empty where there are attachments. */
	content: string;
	/** All four fields of each are required; `size` is in bytes. */
	attachments?: Array<{ id: string; name: string; type: string; size: number }>;
}

export interface SentMessage {
	/** Missing if Talkdesk's answer has none. */
	messageId?: string;
	/** ISO 8601; missing if Talkdesk's answer has none. */
	createdAt?: string;
	/** Set where Talkdesk took the message but not all of its attachments (HTTP 206). */
	partialFailReason?: string;
}

/**
 * Sends a message of the customer into a conversation.
 *
 * @param options.repeatable whether to send it again where nobody knows if it arrived. With a Talkdesk that honours the
 * key it then arrives once; with one that doesn't, perhaps twice.
 * @throws TalkdeskApiError; its `problem.kind` is `conversationEnded` where the conversation is over; with
 * `problem.outcomeUnknown` the message may have arrived
 * Source: docs.talkdesk.com/reference/send-a-message; that the idempotency key is honored here is seen in public code only.
 */
export async function sendMessage(
	client: TalkdeskClient,
	{ conversationId, content, attachments = [] }: NewMessage,
	{ idempotencyKey, repeatable }: { idempotencyKey: string; repeatable?: boolean },
): Promise<SentMessage> {
	const body: IDataObject = {};
	if (content !== '') body.content = content;
	if (attachments.length > 0) {
		body.attachments = attachments.map(({ id, name, type, size }) => ({ id, name, type, size }));
	}
	const { status, answer } = await client.request({
		action: 'send the message',
		method: 'POST',
		path: [...ROOT, conversationId, 'messages'],
		idempotencyKey,
		repeatable,
		body,
		answer: sentSchema,
	});
	// Talkdesk has taken our key for that of a message in another conversation: ours was not stored.
	if (answer.id !== undefined && answer.id !== conversationId) {
		throw client.unexpectedResponse('send the message', {
			status,
			message: `it answered with a message of another conversation (${answer.id})`,
		});
	}
	return {
		...(answer.message_id !== undefined && { messageId: answer.message_id }),
		...(answer.created_at !== undefined && { createdAt: answer.created_at }),
		...(status === 206 && {
			partialFailReason: answer.partial_fail_reason ?? 'Talkdesk gave no reason',
		}),
	};
}

/**
 * Ends a conversation.
 *
 * @returns whether it was over before; a repetition that finds it ended by an earlier try of ours doesn't count as that
 * @throws TalkdeskApiError
 * Source: Talkdesk's OpenAPI description; the empty answer (204) is seen in public code.
 */
export async function endConversation(
	client: TalkdeskClient,
	{ conversationId }: { conversationId: string },
): Promise<{ alreadyEnded: boolean }> {
	const request = client.request({
		action: 'end the conversation',
		method: 'DELETE',
		path: [...ROOT, conversationId],
		answer: z.unknown(),
	});
	return await request.then(
		() => ({ alreadyEnded: false }),
		(error: unknown) => {
			// Over is over: that somebody else ended it first is an outcome, not a failure.
			if (!isProblem(error, 'conversationEnded')) throw error;
			return { alreadyEnded: !error.problem.earlierAttemptMayHaveSucceeded };
		},
	);
}
