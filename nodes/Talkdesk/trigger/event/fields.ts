import { words } from '../../text/words';
import { isAuthorType } from './author';
import { asObject, fieldsOf } from './objectKeys';
import { findText } from './findText';
import { parseTimestamp } from './timestamp';

export interface Attachment {
	id?: string;
	name?: string;
	type?: string;
	size?: number;
}

export interface Author {
	type?: string;
	name?: string;
}

/** The fields of a body, or of an object inside it. */
export interface PartFields {
	eventNames: unknown[];
	conversationId?: string;
	timestamp?: string;
	createdAt?: string;
	text?: string;
	author?: Author;
	messageId?: string;
	id?: string;
	attachments: Attachment[];
	reason?: string;
}

/** The fields of a body, by the places that may hold them. */
export interface EventFields {
	envelope: PartFields;
	payload: PartFields;
	message: PartFields;
}

type Fields = Map<string, unknown>;

/** The first field with one of these normalized names that can be parsed. */
function first<T>(
	fields: Fields,
	names: readonly string[],
	read: (value: unknown) => T | undefined,
) {
	for (const name of names) {
		const value = fields.get(name);
		const found = value === undefined ? undefined : read(value);
		if (found !== undefined) return found;
	}
	return undefined;
}

const nonEmptyString = (value: unknown) =>
	typeof value === 'string' && value !== '' ? value : undefined;

function parseId(value: unknown): string | undefined {
	if (typeof value === 'string') return value.trim() || undefined;
	// A number that JavaScript can't hold exactly would be another ID.
	return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER
		? String(value)
		: undefined;
}

function parseSize(value: unknown): number | undefined {
	const size = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
	return typeof size === 'number' && size >= 0 && Number.isFinite(size) ? size : undefined;
}

/**
 * Parses the fields of a body. Leaves out what can't be parsed; never throws.
 *
 * Names count in any spelling (see `normalizeKey`). Talkdesk's own receiver of these calls documents `event_type`,
 * `conversation_id`, `timestamp` and a `payload` object. Seen in public code that takes real calls: the text at
 * `payload.content`, the author at `payload.author.type`, the id also inside `payload`, and behind relays a flat form with
 * `content` and `author_name`. All other names are inferred from the API's own answers (`message_id`, `id`, `attachments`)
 * and from what other chats call the same things.
 */
export function parseFields(raw: Record<string, unknown>): EventFields {
	const envelope = fieldsOf(raw);
	const payload = fieldsOf(payloadOf(envelope.get('payload') ?? envelope.get('data')));
	const message = asObject(payload.get('message')) ?? asObject(envelope.get('message')) ?? {};
	return {
		envelope: parsePart(envelope),
		payload: parsePart(payload),
		message: parsePart(fieldsOf(message)),
	};
}

/** The object inside a payload: itself, its JSON, or the only one of a list. Any other text or list is the message. */
function payloadOf(given: unknown): Record<string, unknown> {
	const list: unknown[] = Array.isArray(given) ? given : [given];
	const inner = list.length > 1 ? list : list[0];
	return asObject(inner) ?? parseObject(inner) ?? { text: inner };
}

/** A payload as JSON text has some KB; the size of the body is checked before what is inside a text. */
const MAX_JSON = 50_000;

function parseObject(text: unknown): Record<string, unknown> | undefined {
	if (typeof text !== 'string' || text.length > MAX_JSON || !/^\s*\{/.test(text)) return undefined;
	try {
		return asObject(JSON.parse(text));
	} catch {
		return undefined;
	}
}

const EVENT_NAMES = ['eventtype', 'event', 'eventname', 'type', 'action', 'topic'];
const TEXTS = ['content', 'text', 'message', 'body', 'plaintext', 'html', 'richtext', 'markdown'];
const ATTACHMENTS = words(
	'attachments attachment files file media documents document images image',
);
const ATTACHMENT_IDS = ['attachmentids', 'attachmentid', 'fileids', 'fileid'];

const NO_FIELDS: PartFields = { eventNames: [], attachments: [] };

function parsePart(fields: Fields): PartFields {
	if (fields.size === 0) return NO_FIELDS;
	const event = asObject(fields.get('event'));
	const conversation = asObject(fields.get('conversation'));
	return {
		eventNames: [
			...EVENT_NAMES.map((name) => fields.get(name)),
			...(event ? [event.type, event.name] : []),
		],
		conversationId: first(fields, ['conversationid'], parseId) ?? parseId(conversation?.id),
		timestamp: first(
			fields,
			['timestamp', 'eventtimestamp', 'sentat', 'occurredat'],
			parseTimestamp,
		),
		createdAt: first(fields, ['createdat', 'datecreated'], parseTimestamp),
		text: first(fields, TEXTS, findText),
		author: parseAuthor(fields),
		messageId: first(fields, ['messageid'], parseId),
		id: first(fields, ['id'], parseId),
		attachments: parseAttachments(fields),
		reason: first(fields, ['reason', 'endreason', 'endedreason', 'closereason'], nonEmptyString),
	};
}

function parseAuthor(fields: Fields): Author | undefined {
	const given = first(fields, ['author', 'sender', 'from'], (value) =>
		typeof value === 'string' ? nonEmptyString(value) : asObject(value),
	);
	const inside = typeof given === 'object' ? fieldsOf(given) : new Map<string, unknown>();
	// A text is a name, unless all its words are kinds of authors: "Ai Tanaka" is a name.
	const word = typeof given === 'string' ? given : undefined;
	const isType = word !== undefined && isAuthorType(word);
	const type =
		first(inside, ['type', 'role', 'kind'], nonEmptyString) ??
		first(fields, ['authortype', 'sendertype', 'authorrole', 'senderrole'], nonEmptyString) ??
		(isType ? word : undefined);
	const name =
		first(inside, ['name', 'displayname', 'fullname'], nonEmptyString) ??
		first(fields, ['authorname', 'sendername'], nonEmptyString) ??
		(isType ? undefined : word);
	if (type === undefined && name === undefined) return undefined;
	return { ...(type !== undefined && { type }), ...(name !== undefined && { name }) };
}

/** The attachments of a list. An entry that is none is left out, so that the others remain. */
function parseAttachments(fields: Fields): Attachment[] {
	const named = first(fields, ATTACHMENTS, (value) => {
		// A single text may be a word such as "none"; a text in a list is an ID.
		const list: unknown[] = Array.isArray(value) ? value : [asObject(value)];
		const found = list.flatMap((entry) => parseAttachment(entry) ?? []);
		return found.length > 0 ? found : undefined;
	});
	if (named) return named;
	const ids = first(fields, ATTACHMENT_IDS, (value) => {
		const list: unknown[] = Array.isArray(value) ? value : [value];
		const found = list.flatMap((entry) => parseId(entry) ?? []);
		return found.length > 0 ? found : undefined;
	});
	if (!ids) return [];
	// A flat form has the file's other fields beside its ID, among those of the message.
	const alone = ids.length === 1 ? parseFile(fields, FILE) : {};
	return ids.map((one) => ({ ...alone, id: one }));
}

function parseAttachment(value: unknown): Attachment | undefined {
	// An address says no more than that there is a file.
	if (typeof value === 'string' && value.trim() !== '') {
		return value.includes('/') ? {} : { id: value.trim() };
	}
	const object = asObject(value);
	return object && Object.keys(object).length > 0
		? parseFile(fieldsOf(object), OWN_FILE)
		: undefined;
}

/** Names of a file's fields, anywhere. */
const FILE: Record<'id' | 'name' | 'type' | 'size', string[]> = {
	id: [],
	name: ['filename', 'originalname'],
	type: ['contenttype', 'mimetype', 'mediatype'],
	size: ['filesize', 'contentlength', 'sizebytes'],
};
/** Names of a file's fields, inside the file's own object. */
const OWN_FILE: typeof FILE = {
	id: ['id', ...ATTACHMENT_IDS, 'mediaid'],
	name: ['name', ...FILE.name, 'title'],
	type: [...FILE.type, 'type'],
	size: ['size', ...FILE.size],
};

function parseFile(fields: Fields, names: typeof FILE): Attachment {
	const fileId = first(fields, names.id, parseId);
	const name = first(fields, names.name, nonEmptyString);
	const type = first(fields, names.type, nonEmptyString);
	const bytes = first(fields, names.size, parseSize);
	return {
		...(fileId !== undefined && { id: fileId }),
		...(name !== undefined && { name }),
		...(type !== undefined && { type }),
		...(bytes !== undefined && { size: bytes }),
	};
}
