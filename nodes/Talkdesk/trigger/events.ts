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
	/** `invalid`: not a call of Talkdesk. `unknown`: a call with a conversation, but no event that we know. */
	| { ok: false; reason: 'invalid' | 'unknown'; problem: string };

const id = z
	.union([z.string().trim().min(1), z.number()])
	.transform(String)
	.optional()
	.catch(undefined);
const words = z.string().min(1).optional().catch(undefined);
const time = z
	.string()
	.refine((value) => !Number.isNaN(Date.parse(value)))
	.optional()
	.catch(undefined);

const attachmentsSchema = z
	.array(
		z.object({
			id,
			name: words,
			type: words,
			size: z.coerce.number().nonnegative().optional().catch(undefined),
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
	const top = partSchema.parse(raw);
	const payload = partSchema.catch({ attachments: undefined }).parse(raw.payload);

	const conversationId = top.conversation_id ?? payload.conversation_id;
	if (!conversationId) {
		return { ok: false, reason: 'invalid', problem: 'The body has no conversation_id.' };
	}
	const event = readEventName(action) ?? readEventName(raw.event_type);
	if (!event) {
		return {
			ok: false,
			reason: 'unknown',
			problem: `Neither the path nor event_type names one of the events ${EVENTS.join(', ')}.`,
		};
	}

	const result: TalkdeskEvent = {
		event,
		conversationId,
		timestamp:
			top.timestamp ??
			payload.timestamp ??
			payload.created_at ??
			new Date(receivedAt).toISOString(),
		attachments: payload.attachments ?? top.attachments ?? [],
		raw,
	};
	const text = payload.content ?? top.content;
	if (text !== undefined) result.text = text;
	const author = readAuthor(payload) ?? readAuthor(top);
	if (author) result.author = author;
	// `id` at the top may be the id of anything; inside the payload of a message it can only be the message's.
	const messageId =
		payload.message_id ?? top.message_id ?? (event === 'message_created' ? payload.id : undefined);
	if (messageId !== undefined) result.messageId = messageId;
	const reason = payload.reason ?? top.reason;
	if (reason !== undefined) result.reason = reason;
	return { ok: true, event: result };
}

function readAuthor(part: z.output<typeof partSchema>): TalkdeskEvent['author'] {
	const type = part.author?.type ?? part.author_type;
	const name = part.author?.name ?? part.author_name;
	if (type === undefined && name === undefined) return undefined;
	return { ...(type !== undefined && { type }), ...(name !== undefined && { name }) };
}
