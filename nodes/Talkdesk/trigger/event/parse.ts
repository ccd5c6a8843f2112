import { authorKind, type AuthorKind } from './author';
import { findContent, findMessageId, findSentAt } from './content';
import { parseFields, type Attachment, type Author, type EventFields } from './fields';
import { eventKey } from './key';
import { asObject, normalizeKey } from './objectKeys';
import { toPlainText } from '../../text/plainText';

/** The three webhook actions of a Talkdesk integration, in the order of the trigger's outputs. */
export const EVENTS = ['conversation_started', 'message_created', 'conversation_ended'] as const;

type TalkdeskEventName = (typeof EVENTS)[number];

/** An event of Talkdesk, as the trigger puts it out. */
export interface TalkdeskEvent {
	event: TalkdeskEventName;
	/** The same for each delivery of the event; undefined if nothing distinguishes it from others. */
	eventId?: string;
	conversationId: string;
	/** ISO 8601; the time of the call if Talkdesk gave none. */
	timestamp: string;
	/** Plain text; `raw` has it with its formatting. */
	text?: string;
	author?: Author & { kind: AuthorKind };
	messageId?: string;
	attachments: Attachment[];
	/** Why a conversation ended, if Talkdesk says so. */
	reason?: string;
	/** The whole body. */
	raw: Record<string, unknown>;
}

export type EventResult =
	/** `warning` is for n8n's log; the event counts all the same. */
	| { ok: true; event: TalkdeskEvent; warning?: string }
	/** `invalid`: no JSON object. `unknown`: no conversation, or no known event. */
	| { ok: false; reason: 'invalid' | 'unknown'; problem: string };

/** The last segment of a path that isn't empty, so that a trailing slash does no harm. */
export function lastSegment(path: string): string {
	const [before = ''] = path.split(/[?#]/, 1);
	return before.split('/').filter(Boolean).pop() ?? '';
}

/**
 * Parses the body of a webhook call, in any of its known forms.
 *
 * @param action the last part of the URL that was called
 * @param body the parsed body
 * @param receivedAt milliseconds since 1970
 * @returns the event, or what is wrong; never throws
 */
export function parseEvent(action: string, body: unknown, receivedAt: number): EventResult {
	const raw = asObject(body);
	if (!raw) return { ok: false, reason: 'invalid', problem: 'The body must be a JSON object.' };
	const fields = parseFields(raw);
	const { envelope, payload, message } = fields;

	const conversationId =
		envelope.conversationId ?? payload.conversationId ?? message.conversationId;
	if (!conversationId) {
		return { ok: false, reason: 'unknown', problem: 'The body has no conversation_id.' };
	}
	const content = findContent(fields);
	const text = content.text === undefined ? '' : toPlainText(content.text);
	const hasContent = text !== '' || content.attachments.length > 0;
	const byPath = EVENTS.find((event) => normalizeKey(event) === normalizeKey(action));
	const byBody = eventNameOf(fields);
	const event = chooseEvent(byPath, byBody, hasContent);
	if (!event) {
		return {
			ok: false,
			reason: 'unknown',
			problem: `Neither the path nor event_type names one of the events ${EVENTS.join(', ')}.`,
		};
	}

	const { author, attachments, reason } = content;
	const eventId = eventKey({ event, conversationId, raw }, fields);
	const result: TalkdeskEvent = {
		event,
		...(eventId !== undefined && { eventId }),
		conversationId,
		timestamp: findSentAt(fields) ?? new Date(receivedAt).toISOString(),
		attachments,
		raw,
	};
	if (text !== '') result.text = text;
	if (author) result.author = { ...author, kind: authorKind(author.type) };
	// `id` in the envelope may be the ID of anything; in the payload of a message it can only be the message's.
	const messageId = findMessageId(fields) ?? (event === 'message_created' ? payload.id : undefined);
	if (messageId !== undefined) result.messageId = messageId;
	if (reason !== undefined) result.reason = reason;

	if (byPath && byBody && byPath !== byBody) {
		return {
			ok: true,
			event: result,
			warning: `The path says ${byPath} and the body ${byBody}: it was taken as ${event}. Check the relative paths of the actions in Talkdesk.`,
		};
	}
	if (event === 'message_created' && !hasContent) {
		return { ok: true, event: result, warning: 'No text and no file was found in a message.' };
	}
	return { ok: true, event: result };
}

/**
 * Chooses the event if path and body name different ones. The body counts, as a person has entered the path in
 * Talkdesk. If either names a message and there is text or a file, it is a message: an end must not swallow them.
 */
function chooseEvent(
	byPath: TalkdeskEventName | undefined,
	byBody: TalkdeskEventName | undefined,
	hasContent: boolean,
): TalkdeskEventName | undefined {
	const isMessage = hasContent && [byPath, byBody].includes('message_created');
	return isMessage ? 'message_created' : (byBody ?? byPath);
}

/** The event that a body names, in any spelling, also behind a prefix such as `com.talkdesk.`. */
function eventNameOf({ envelope, payload }: EventFields): TalkdeskEventName | undefined {
	for (const given of [...envelope.eventNames, ...payload.eventNames]) {
		if (typeof given !== 'string') continue;
		// The last word behind a prefix, or the last two with a dot between them.
		const words = given.slice(-100).split(/[.:/]/);
		const names = [given, words.slice(-1).join(''), words.slice(-2).join('')].map(normalizeKey);
		const event = EVENTS.find((known) => names.includes(normalizeKey(known)));
		if (event) return event;
	}
	return undefined;
}

/** Whether the author of a message is known to be no human agent. A missing or unknown author may be one. */
export function isByNonAgent({ event, author }: TalkdeskEvent): boolean {
	return (
		event === 'message_created' && (author?.kind === 'customer' || author?.kind === 'automated')
	);
}
