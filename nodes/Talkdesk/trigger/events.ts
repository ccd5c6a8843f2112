import { z } from 'zod';

/** The three webhook actions of a Talkdesk integration, in the order of the trigger's outputs. */
export const EVENTS = ['conversation_started', 'message_created', 'conversation_ended'] as const;

export type TalkdeskEventName = (typeof EVENTS)[number];

/** What Talkdesk told us, in the words of this package; the output of the trigger. */
export interface TalkdeskEvent {
	event: TalkdeskEventName;
	conversationId: string;
	/** ISO 8601; when the call came in, where Talkdesk gave no time. */
	timestamp: string;
	text?: string;
	author?: { type?: string; name?: string };
	messageId?: string;
	attachments: Array<{ id?: string; name?: string; type?: string; size?: number }>;
	/** Why a conversation ended, where Talkdesk says so. */
	reason?: string;
	/** The whole body as it came. */
	raw: Record<string, unknown>;
}

export type EventResult =
	| { ok: true; event: TalkdeskEvent }
	/** `invalid`: not even a JSON object. `unknown`: one without a conversation, or without an event that we know. */
	| { ok: false; reason: 'invalid' | 'unknown'; problem: string };

const id = z
	// A number that JavaScript can't hold exactly would be another one's id.
	.union([z.string().trim().min(1), z.number().safe()])
	.transform(String)
	.optional()
	.catch(undefined);
const words = z.string().min(1).optional().catch(undefined);
const time = z
	.string()
	.refine((value) => !Number.isNaN(Date.parse(value)))
	.optional()
	.catch(undefined);

/** `z.coerce` would throw at an object that has a `toString` of its own. */
const size = z
	.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
	.pipe(z.number().nonnegative().finite())
	.optional()
	.catch(undefined);

const attachmentSchema = z.object({ id, name: words, type: words, size });

/** What is no attachment is left out; it must not take the others with it. */
const attachmentsSchema = z
	.array(z.unknown())
	.transform((list) =>
		list.flatMap((entry) => {
			const parsed = attachmentSchema.safeParse(entry);
			return parsed.success ? [parsed.data] : [];
		}),
	)
	.optional()
	.catch(undefined);

/**
 * Every place where a field has been seen or may be. Talkdesk's own receiver of these calls documents `event_type`,
 * `conversation_id`, `timestamp` and a `payload` object. Seen in public code that takes real calls: the text at
 * `payload.content`, the author at `payload.author.type`, the id also inside `payload`, and behind relays a flat form
 * with `content` and `author_name`. The names of the message id, of the attachments and of the reason are inferred from
 * the API's own answers (`message_id`, `id`, `attachments`).
 */
const partSchema = z.object({
	conversation_id: id,
	timestamp: time,
	created_at: time,
	content: words,
	author: z.object({ type: words, name: words }).optional().catch(undefined),
	author_type: words,
	author_name: words,
	message_id: id,
	id,
	attachments: attachmentsSchema,
	reason: words,
});

const bodySchema = z.record(z.unknown());

function readEventName(value: unknown): TalkdeskEventName | undefined {
	const name = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
	return EVENTS.find((event) => event === name);
}

/** A body's fields, in the two places where they may be. */
export interface Parts {
	top: z.output<typeof partSchema>;
	payload: z.output<typeof partSchema>;
}

/** Reads the fields of a body. What has a wrong type is left out; never throws. */
export function readParts(raw: Record<string, unknown>): Parts {
	const part = partSchema.catch({ attachments: undefined });
	return { top: part.parse(raw), payload: part.parse(raw.payload) };
}

/** What was said, by whom, with which files, and why it ended: as far as a body says it. */
export function readContent({ top, payload }: Parts) {
	return {
		text: payload.content ?? top.content,
		author: readAuthor(payload) ?? readAuthor(top),
		attachments: payload.attachments ?? top.attachments ?? [],
		reason: payload.reason ?? top.reason,
	};
}

/** When Talkdesk says that it happened, as it says it; undefined where it says nothing. */
export function readSentAt({ top, payload }: Parts): string | undefined {
	return top.timestamp ?? payload.timestamp ?? payload.created_at;
}

/**
 * Reads a webhook call of Talkdesk, in any of its known forms.
 *
 * @param action the last part of the URL that was called: the best witness of the event. Where it isn't one of the three
 * actions, the body's `event_type` decides.
 * @param body the parsed body
 * @param receivedAt milliseconds since 1970
 * @returns the event, or what is wrong; never throws
 */
export function readEvent(action: string, body: unknown, receivedAt: number): EventResult {
	const parsed = bodySchema.safeParse(body);
	if (!parsed.success) {
		return { ok: false, reason: 'invalid', problem: 'The body must be a JSON object.' };
	}
	const raw = parsed.data;
	const parts = readParts(raw);
	const { top, payload } = parts;

	const conversationId = top.conversation_id ?? payload.conversation_id;
	if (!conversationId) {
		return { ok: false, reason: 'unknown', problem: 'The body has no conversation_id.' };
	}
	const event = readEventName(action) ?? readEventName(raw.event_type);
	if (!event) {
		return {
			ok: false,
			reason: 'unknown',
			problem: `Neither the path nor event_type names one of the events ${EVENTS.join(', ')}.`,
		};
	}

	const { text, author, attachments, reason } = readContent(parts);
	const result: TalkdeskEvent = {
		event,
		conversationId,
		timestamp: readSentAt(parts) ?? new Date(receivedAt).toISOString(),
		attachments,
		raw,
	};
	if (text !== undefined) result.text = text;
	if (author) result.author = author;
	// `id` at the top may be the id of anything; inside the payload of a message it can only be the message's.
	const messageId =
		payload.message_id ?? top.message_id ?? (event === 'message_created' ? payload.id : undefined);
	if (messageId !== undefined) result.messageId = messageId;
	if (reason !== undefined) result.reason = reason;
	return { ok: true, event: result };
}

function readAuthor(part: z.output<typeof partSchema>): TalkdeskEvent['author'] {
	const type = part.author?.type ?? part.author_type;
	const name = part.author?.name ?? part.author_name;
	if (type === undefined && name === undefined) return undefined;
	return { ...(type !== undefined && { type }), ...(name !== undefined && { name }) };
}

/**
 * Types of authors that are not an agent. Known of webhooks is the field `payload.author.type` alone, and none of its
 * values: `user` and `external` are Digital Connect's words for the customer and for other systems where a conversation is
 * started (`previous_messages[].type`), `contact` and `contact_person` its words for the customer; `customer` is inferred.
 */
const NO_AGENT = ['user', 'external', 'customer', 'contact', 'contact_person'];

/** Whether a message is known to be by somebody else than an agent. An author who is missing or unknown may be one. */
export function isKnownNotByAgent({ event, author }: TalkdeskEvent): boolean {
	const type = author?.type?.trim().toLowerCase().replace(/[ -]/g, '_');
	return event === 'message_created' && type !== undefined && NO_AGENT.includes(type);
}
