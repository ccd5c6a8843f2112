import { asObject, fieldsOf } from './objectKeys';
import type { Headers } from '../authentication/secrets';

/** What n8n hands over of a request. */
export interface RawRequest {
	headers: Headers;
	/** As n8n parsed it: by its content type. */
	body: unknown;
	/** The bytes, unpacked. */
	rawBody?: unknown;
}

/**
 * The body of a call. n8n parses what is called exactly `application/json` (its `body-parser.js`), in the encoding that the
 * call names; of anything else it leaves an empty object, a text, or a form with strange names. JSON is JSON all the same,
 * whatever it is called, and always UTF-8 (RFC 8259), so the bytes count there.
 *
 * @returns undefined where nothing can be read; never throws
 */
export function parseBody({ headers, body, rawBody }: RawRequest): unknown {
	if (isParsedAsJson(headers) || !Buffer.isBuffer(rawBody) || rawBody.length === 0) return body;
	const text = textOf(rawBody).trim();
	if (text.startsWith('{') || text.startsWith('[')) {
		try {
			return JSON.parse(text);
		} catch {
			// Broken JSON, or something else that begins like it.
		}
	}
	const object = asObject(body);
	return object && Object.keys(object).length === 0 ? undefined : body;
}

/** A form is some hundred bytes; this is read before anybody has proved anything. */
const MAX_FORM = 10_000;

/** The fields of a form, or of JSON in its place, whatever it is called. Never throws. */
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

/** UTF-8 where the bytes can be that, also with a byte order mark, and Latin-1 where not. */
function textOf(bytes: Buffer): string {
	const text = bytes.toString('utf8');
	const isUtf8 = !text.includes('\ufffd') || Buffer.from(text).equals(bytes);
	return isUtf8 ? text.replace(/^\ufeff/, '') : bytes.toString('latin1');
}

/** What relays put around one or more calls. */
const WRAPPERS = ['events', 'data', 'body', 'event', 'items', 'records', 'messages'];
const MAX_WRAPPERS = 3;

/**
 * The bodies of single calls in a body: itself, or what a relay has gathered in a list or put into an envelope of its own.
 *
 * @returns the body itself where there is nothing of the kind in it; of an empty list, nothing
 */
export function splitBatch(body: unknown, depth = 0): unknown[] {
	if (depth > MAX_WRAPPERS) return [body];
	if (Array.isArray(body)) return body.flatMap((entry) => splitBatch(entry, depth + 1));
	const object = asObject(body);
	// As documented: nothing to look for.
	if (!object || 'conversation_id' in object) return [body];
	const fields = fieldsOf(object);
	if (hasConversation(fields) || hasConversation(fieldsOf(asObject(fields.get('payload')) ?? {}))) {
		return [body];
	}
	for (const name of WRAPPERS) {
		const inner = fields.get(name);
		// What has the event's name outside is the event, and what is inside its content.
		const isNamed = fields.has('eventtype');
		const isWrapper = Array.isArray(inner)
			? inner.length > 0 || !isNamed
			: !isNamed && isEvent(inner, name);
		if (isWrapper) return splitBatch(inner, depth + 1);
	}
	return [body];
}

/** Whether it says which conversation it is about: then it is the event, and lists in it belong to it. */
function hasConversation(fields: ReadonlyMap<string, unknown>): boolean {
	return fields.has('conversationid') || asObject(fields.get('conversation'))?.id !== undefined;
}

/** Whether an object is a call, and not the payload of one. */
function isEvent(value: unknown, name: string): boolean {
	const object = asObject(value);
	if (!object) return false;
	const fields = fieldsOf(object);
	const isWhole = fields.has('eventtype') || fields.has('payload');
	return isWhole || (name !== 'data' && fields.has('conversationid'));
}
