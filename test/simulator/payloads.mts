import { onTheWire, type Attachment, type EventName } from './contract.mts';
import type { Settings } from './options.mts';

/** Who wrote, as a body names it; null for a body without an author. */
export type Author = { type?: string; name?: string } | null;

/** Something that happened in a conversation, before it has a form for the wire. */
export interface DomainEvent {
	event: EventName;
	conversationId: string;
	/** ISO 8601. */
	timestamp: string;
	/** Of message_created only. */
	message?: { id: string; content: string; attachments: Attachment[]; author: Author };
}

/**
 * Gives the body of a webhook call, in the form of the option `payloadForm`.
 *
 * - `envelope`: the schema of Talkdesk's own receiver (reference/automated_notifications_webhook_for_dce). What is in
 *   `payload`, `content` and `author.type`, is seen in public code; `author.name` comes with it. The id's name is unknown and
 *   `payload.id` is a guess that nothing may depend on. CONVERSATION_STARTED is not in the schema's enum: it is formed like
 *   the other two.
 *   The name `attachments` is a guess as well, and so is all that is in it but `id`. It is left out when there are none.
 * - `flat`: seen in public code, `content` and `author_name` at the top and no payload. It has no place for an author's type.
 * - `relay`: seen in public code behind relays, `event_type` in lower case and `conversation_id` in the payload.
 */
export function writePayload(form: Settings['payloadForm'], domainEvent: DomainEvent): object {
	const { event, timestamp, message } = domainEvent;
	const conversation_id = onTheWire(domainEvent.conversationId);
	const event_type = event.toUpperCase();
	const files = message?.attachments.length ? { attachments: message.attachments } : {};
	if (form === 'flat') {
		const name = message?.author?.name;
		const flat = message && {
			content: message.content,
			...(name !== undefined && { author_name: name }),
			...files,
		};
		return { event_type, conversation_id, timestamp, ...flat };
	}
	const payload = message && {
		id: onTheWire(message.id),
		content: message.content,
		...(message.author && { author: message.author }),
		...files,
	};
	return form === 'relay'
		? { event_type: event, timestamp, payload: { conversation_id, ...payload } }
		: { event_type, conversation_id, timestamp, ...(payload && { payload }) };
}
