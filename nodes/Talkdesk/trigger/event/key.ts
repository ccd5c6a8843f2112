import { createHash } from 'crypto';

import { findContent, findMessageId, findSentAt, type TalkdeskEvent } from './parse';
import { parseFields } from './fields';

/**
 * What tells an event from every other one, whichever way it was sent: the same for the same event on another path or in
 * another envelope.
 *
 * Nobody documents an id of these calls, so the safe side is chosen everywhere: to take a duplicate for a new event costs a
 * repeated line in the chat, to take a new event for a duplicate loses somebody's words.
 *
 * - `message_id`, the name that Talkdesk's API gives to the id of a message, identifies it, together with event,
 *   conversation and content.
 * - Without it the time that Talkdesk gave has to be there (the one official schema has it in every call), together with
 *   event, conversation, content and author. An `id` may belong to anything, also to the conversation or the account: it
 *   can tell two events apart, but it never makes two of them the same.
 * - Where no content is found in a message, or a file without an id, it may be somewhere that we don't know: then the whole body has to be the same.
 *
 * @param event an event as the trigger takes it; its time and its `messageId` are read from `raw`, as they may be our guess
 * @returns SHA-256 in hexadecimal; undefined where nothing tells the event from another one: a customer may be told "yes"
 * twice
 */
export function eventKey({
	event,
	conversationId,
	raw,
}: Pick<TalkdeskEvent, 'event' | 'conversationId' | 'raw'>): string | undefined {
	const parts = parseFields(raw);
	const { envelope, payload } = parts;
	const { text, author, attachments, reason } = findContent(parts);
	// A file without an id may be any file.
	const isContentKnown =
		event !== 'message_created' ||
		(attachments.every(({ id }) => id !== undefined) && (text || attachments.length > 0));
	const what = [event, conversationId, text, attachments.map(fields), reason];

	const messageId = findMessageId(parts);
	if (messageId !== undefined && isContentKnown) return hash(['message', messageId, ...what]);
	const sentAt = findSentAt(parts);
	if (sentAt === undefined) return undefined;
	const who = [author?.type?.toLowerCase(), author?.name];
	const ids = [envelope.id, payload.id, messageId];
	return hash([
		'time',
		sentAt,
		...what,
		...who,
		...ids,
		isContentKnown ? undefined : sortKeys(raw),
	]);
}

const fields = ({ id, name, type, size }: TalkdeskEvent['attachments'][number]) => [
	id,
	name,
	type,
	size,
];

/** As JSON, so that no text can look like two others: undefined is null there, and no text is. */
function hash(parts: unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The same object with its keys in order, at all levels: a sender may write them in another one. */
function sortKeys(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sortKeys);
	if (typeof value !== 'object' || value === null) return value;
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return entries.map(([key, entry]) => [key, sortKeys(entry)]);
}
