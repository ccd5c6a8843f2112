import { asObject, fieldsOf } from './objectKeys';
import type { Headers } from '../authentication/compareSecrets';

/** The parts of n8n's request that hold a body. */
export interface RawRequest {
	headers: Headers;
	/** As n8n parsed it, by its content type. */
	body: unknown;
	/** The bytes, unpacked. */
	rawBody?: unknown;
}

/**
 * Parses the body of a call as JSON, whatever its content type. Never throws.
 *
 * n8n parses `application/json` only, in the encoding that the call names (its `body-parser.js`). It leaves an empty object, a
 * text or a form with strange names of anything else. JSON is always UTF-8 (RFC 8259), so the bytes count.
 *
 * @returns undefined if there is nothing to parse
 */
export function parseBody({ headers, body, rawBody }: RawRequest): unknown {
	if (isParsedAsJson(headers) || !Buffer.isBuffer(rawBody) || rawBody.length === 0) return body;
	const text = textOf(rawBody).trim();
	if (text.startsWith('{') || text.startsWith('[')) {
		try {
			return JSON.parse(text);
		} catch {
			// Broken JSON, or a text that begins like JSON.
		}
	}
	const object = asObject(body);
	return object && Object.keys(object).length === 0 ? undefined : body;
}

/** A form is some hundred bytes long, and is parsed before the caller is authenticated. */
const MAX_FORM = 10_000;

/** Parses a form, or JSON in its place, whatever its content type. Never throws. */
export function parseForm(received: RawRequest): unknown {
	const { rawBody } = received;
	if (Buffer.isBuffer(rawBody) && rawBody.length > MAX_FORM) return undefined;
	const body = parseBody(received);
	if (asObject(body) || !Buffer.isBuffer(rawBody)) return body;
	const fields = new URLSearchParams(textOf(rawBody).trim());
	const names = [...new Set(fields.keys())];
	const valueOf = (name: string) => {
		const all = fields.getAll(name);
		return all.length === 1 ? all[0] : all;
	};
	return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

function isParsedAsJson({ 'content-type': given }: Headers): boolean {
	if (typeof given !== 'string') return false;
	const [type = '', ...parameters] = given.toLowerCase().split(';');
	const charset = parameters.find((parameter) => parameter.trim().startsWith('charset'));
	return type === 'application/json' && (charset === undefined || /utf-?8/.test(charset));
}

/** Decodes bytes as UTF-8, also with a byte order mark, or as Latin-1 if they are no UTF-8. */
function textOf(bytes: Buffer): string {
	const text = bytes.toString('utf8');
	const isUtf8 = !text.includes('\ufffd') || Buffer.from(text).equals(bytes);
	return isUtf8 ? text.replace(/^\ufeff/, '') : bytes.toString('latin1');
}

/** Names of fields in which relays put one or more calls. */
const WRAPPERS = ['events', 'data', 'body', 'event', 'items', 'records', 'messages'];
const MAX_WRAPPERS = 3;

/**
 * Splits a body into those of single calls, which a relay may have put into a list or an envelope of its own.
 *
 * @returns the body itself if it is a single call; nothing for an empty list
 */
export function splitBatch(body: unknown, depth = 0): unknown[] {
	if (depth > MAX_WRAPPERS) return [body];
	if (Array.isArray(body)) return body.flatMap((entry) => splitBatch(entry, depth + 1));
	const object = asObject(body);
	// The documented form needs no search.
	if (!object || 'conversation_id' in object) return [body];
	const fields = fieldsOf(object);
	if (hasConversation(fields) || hasConversation(fieldsOf(asObject(fields.get('payload')) ?? {}))) {
		return [body];
	}
	for (const name of WRAPPERS) {
		const inner = fields.get(name);
		// An object with the event's name is the event; what is inside is its content.
		const isNamed = fields.has('eventtype');
		const isWrapper = Array.isArray(inner)
			? inner.length > 0 || !isNamed
			: !isNamed && isEvent(inner, name);
		if (isWrapper) return splitBatch(inner, depth + 1);
	}
	return [body];
}

/** Whether an object names a conversation: then it is the event, and lists in it belong to it. */
function hasConversation(fields: ReadonlyMap<string, unknown>): boolean {
	return fields.has('conversationid') || asObject(fields.get('conversation'))?.id !== undefined;
}

/** Whether an object is an event, and not the payload of one. */
function isEvent(value: unknown, name: string): boolean {
	const object = asObject(value);
	if (!object) return false;
	const fields = fieldsOf(object);
	const isWhole = fields.has('eventtype') || fields.has('payload');
	return isWhole || (name !== 'data' && fields.has('conversationid'));
}
