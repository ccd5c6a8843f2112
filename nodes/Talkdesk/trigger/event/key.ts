import { sha256Json } from '../../text/hash';
import { findContent, findMessageId, findSentAt } from './content';
import type { Attachment, EventFields } from './fields';

/**
 * The deduplication key of an event: the same for the same event on another path or in another envelope.
 *
 * Talkdesk documents no event ID, so an event counts as new if in doubt: a missed duplicate repeats a line in the chat,
 * a false duplicate loses a message.
 *
 * - `message_id`, the name that Talkdesk's API gives to the ID of a message, identifies it, together with event,
 *   conversation and content.
 * - Without it the time that Talkdesk gave must be there (the one official schema has it in every call), together with
 *   event, conversation, content and author. An `id` may belong to anything, also to the conversation or the account: it
 *   can tell two events apart, but it never makes two of them the same.
 * - If a message has no content, or a file without an ID, its content may be in an unknown field: then the whole body has to
 *   be the same.
 *
 * @param fields of `raw`: time and message ID of the event may be guesses
 * @returns SHA-256 in hexadecimal; undefined if nothing distinguishes the event from others: an agent may write "yes"
 * twice
 */
export function eventKey(
	{ event, conversationId, raw }: { event: string; conversationId: string; raw: unknown },
	fields: EventFields,
): string | undefined {
	const { envelope, payload } = fields;
	const { text, author, attachments, reason } = findContent(fields);
	// A file without an ID may be any file.
	const isContentKnown =
		event !== 'message_created' ||
		(attachments.every(({ id }) => id !== undefined) && (text || attachments.length > 0));
	const what = [event, conversationId, text, attachments.map(fileParts), reason];

	const messageId = findMessageId(fields);
	if (messageId !== undefined && isContentKnown) return sha256Json(['message', messageId, ...what]);
	const sentAt = findSentAt(fields);
	if (sentAt === undefined) return undefined;
	const who = [author?.type?.toLowerCase(), author?.name];
	const ids = [envelope.id, payload.id, messageId];
	return sha256Json([
		'time',
		sentAt,
		...what,
		...who,
		...ids,
		isContentKnown ? undefined : sortKeys(raw),
	]);
}

const fileParts = ({ id, name, type, size }: Attachment) => [id, name, type, size];

/** Canonical JSON: the same value with its keys in order at all levels, as a sender may write them in any. */
function sortKeys(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sortKeys);
	if (typeof value !== 'object' || value === null) return value;
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return entries.map(([key, entry]) => [key, sortKeys(entry)]);
}
