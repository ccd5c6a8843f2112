import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';
import { isProblem, TalkdeskApiError } from './errors';
import type { TalkdeskProblem } from './problem';

const ROOT = ['digital-connect', 'conversations'];

/** One message of a transcript in Talkdesk's format. */
export interface PreviousMessage {
	/** `user` is the customer, `external` the bot or another system (inferred from the documentation's example). */
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

/** An ID as text; it may be sent as a number. */
const id = z
	.union([z.string().min(1), z.number().safe()], { errorMap: () => ({ message: 'is not an ID' }) })
	.transform(String);

const startedSchema = z.object({ id }).passthrough();

type Spelling = 'lower' | 'upper';

/** The spelling of `previous_messages[].type` that worked, by API host: docs/decisions/0015. */
const knownSpellings = new Map<string, Spelling>();

function isAboutPreviousMessages({ kind, message, description, fields }: TalkdeskProblem): boolean {
	return (
		kind === 'badRequest' &&
		/previous_?messages/i.test([message, description, ...fields.map(({ name }) => name)].join(' '))
	);
}

/** Whether an error is about a type, which is not the case with the right spelling. */
function isAboutType({ message, description, fields }: TalkdeskProblem): boolean {
	const texts = fields.flatMap((field) => [field.name, field.description]);
	return /\btype\b/i.test([message, description, ...texts].join(' '));
}

/**
 * Starts a conversation, or returns the one with the same idempotency key. If Talkdesk rejects the spelling of the
 * transcript's types, the other one is tried.
 *
 * @returns the ID of the conversation
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/start-conversation; the name of the idempotency header is from public code.
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
	const startWithSpelling = async (spelling: Spelling) => {
		if (previousMessages.length > 0) {
			body.previous_messages = previousMessages.map(({ type, ...message }) => ({
				type: spelling === 'upper' ? type.toUpperCase() : type,
				...message,
			}));
		}
		const { data } = await client.request({
			action: 'start the conversation',
			method: 'POST',
			path: ROOT,
			idempotencyKey,
			body,
			responseSchema: startedSchema,
		});
		return { conversationId: data.id };
	};

	const { apiBaseUrl } = client.settings;
	const spelling = knownSpellings.get(apiBaseUrl) ?? 'lower';
	return await startWithSpelling(spelling).catch(async (error: unknown) => {
		const isSpellingRefused =
			previousMessages.length > 0 &&
			error instanceof TalkdeskApiError &&
			isAboutPreviousMessages(error.problem);
		if (!isSpellingRefused) throw error;
		const other = spelling === 'lower' ? 'upper' : 'lower';
		const started = await startWithSpelling(other).catch((secondError: unknown) => {
			// If the other spelling is rejected as well, the first error is about something else.
			const isOtherSpellingRefused =
				secondError instanceof TalkdeskApiError && isAboutType(secondError.problem);
			throw isOtherSpellingRefused ? error : secondError;
		});
		knownSpellings.set(apiBaseUrl, other);
		return started;
	});
}

/** The response for a sent message. All fields are optional: whatever the body is, the message is sent. */
const sentSchema = z
	.object({
		id: id.optional().catch(undefined),
		message_id: id.optional().catch(undefined),
		created_at: z.string().min(1).optional().catch(undefined),
		/** Text in the documentation's example; anything else becomes JSON. */
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
	/** May be empty if there are attachments. */
	content: string;
	/** All fields are required; `size` is in bytes. */
	attachments?: Array<{ id: string; name: string; type: string; size: number }>;
}

export interface SentMessage {
	/** Undefined if the response has none. */
	messageId?: string;
	/** ISO 8601; undefined if the response has none. */
	createdAt?: string;
	/** Set if Talkdesk took the message but not all attachments (HTTP 206). */
	partialFailReason?: string;
}

/**
 * Sends a message of the customer to a conversation.
 *
 * @param options.repeatable whether to retry if the outcome is unknown. Without support for the idempotency key, the
 * message may then arrive twice.
 * @throws TalkdeskApiError, of the kind `conversationEnded` if the conversation has ended; with `outcomeUnknown` if the
 * message may have arrived
 * Source: docs.talkdesk.com/reference/send-a-message; the support for the idempotency key is from public code.
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
	const { status, data } = await client.request({
		action: 'send the message',
		method: 'POST',
		path: [...ROOT, conversationId, 'messages'],
		idempotencyKey,
		repeatable,
		body,
		responseSchema: sentSchema,
	});
	// The key was used in another conversation, so this message was not stored.
	if (data.id !== undefined && data.id !== conversationId) {
		throw client.unexpectedResponse('send the message', {
			status,
			message: `the response belongs to another conversation (${data.id})`,
		});
	}
	return {
		...(data.message_id !== undefined && { messageId: data.message_id }),
		...(data.created_at !== undefined && { createdAt: data.created_at }),
		...(status === 206 && {
			partialFailReason: data.partial_fail_reason ?? 'Talkdesk gave no reason',
		}),
	};
}

/**
 * Ends a conversation.
 *
 * @returns whether it had ended before; false if an earlier attempt of this request may have ended it
 * @throws TalkdeskApiError
 * Source: Talkdesk's OpenAPI description; the empty response (204) is from public code.
 */
export async function endConversation(
	client: TalkdeskClient,
	{ conversationId }: { conversationId: string },
): Promise<{ alreadyEnded: boolean }> {
	const request = client.request({
		action: 'end the conversation',
		method: 'DELETE',
		path: [...ROOT, conversationId],
		responseSchema: z.unknown(),
	});
	return await request.then(
		() => ({ alreadyEnded: false }),
		(error: unknown) => {
			if (!isProblem(error, 'conversationEnded')) throw error;
			return { alreadyEnded: !error.problem.earlierAttemptMayHaveSucceeded };
		},
	);
}
