import {
	FILE_KEYS,
	FILE_NAME_KEYS,
	FILE_OBJECT_KEYS,
	FILE_TYPE_KEYS,
	FILE_URL_KEYS,
	HIDDEN_MARKS,
	HIDDEN_PLACES,
	PART_KINDS,
	PART_TEXT_KEYS,
	STRUCTURED_INTERNAL_KEYS,
	STRUCTURED_TEXT_KEYS,
	type PartKind,
} from './contentVocabulary';
import { fieldsOf, isEntry, normalize, parseNested, type Entry, type Fields } from './entry';

/** The text of a message, and its unrecognized parts. */
export interface Content {
	text: string;
	unknown: unknown[];
}

/** No source nests parts deeper. */
const MAX_DEPTH = 5;

const plain = (text: string): Content => ({ text: text.trim(), unknown: [] });

/** Whether it is marked as not visible to the customer. */
export function isHidden(fields: Fields): boolean {
	const places = HIDDEN_PLACES.map((key) => fields.get(key)).filter(isEntry);
	return [fields, ...places.map(fieldsOf)].some((place) =>
		HIDDEN_MARKS.some(([key, value]) => {
			const mark = place.get(key);
			const isMark = ['boolean', 'string', 'number'].includes(typeof mark);
			return isMark && value.test(String(mark).toLowerCase());
		}),
	);
}

/**
 * The content of a message: text, a part, or a list of parts such as text, images and files.
 *
 * @returns undefined if no part is recognized
 */
export function parseContent(value: unknown, depth = 0): Content | undefined {
	if (value === null) return plain('');
	if (typeof value === 'string') return plain(value);
	if (typeof value === 'number') return plain(String(value));
	if (depth > MAX_DEPTH) return undefined;
	if (isEntry(value)) return parsePart(value, depth);
	if (!Array.isArray(value)) return undefined;
	const texts: string[] = [];
	const unknown: unknown[] = [];
	let isRecognized = value.length === 0;
	for (const part of value) {
		const parsed = parseContent(part, depth + 1);
		if (parsed === undefined) {
			unknown.push(part);
			continue;
		}
		isRecognized = true;
		if (parsed.text !== '') texts.push(parsed.text);
		for (const inner of parsed.unknown) unknown.push(inner);
	}
	return isRecognized ? { text: texts.join('\n'), unknown } : undefined;
}

function kindOf(word: unknown): PartKind | undefined {
	if (typeof word !== 'string') return undefined;
	const plainWord = normalize(word);
	return PART_KINDS.find(([pattern]) => pattern.test(plainWord))?.[1];
}

function parsePart(part: Entry, depth: number): Content | undefined {
	const fields = fieldsOf(part);
	if (isHidden(fields)) return plain('');
	const kind = kindOf(fields.get('type'));
	if (kind === 'internal') return plain('');
	if (kind !== undefined && kind !== 'text') return plain(describeFile(fields, kind));
	const text = parsePartText(fields, depth);
	if (text !== undefined || kind === 'text') return text;
	// Gemini and Bedrock use the key as the kind: { functionCall }, { inlineData }, { toolUse }, { image }.
	for (const [key, value] of fields) {
		const keyKind = isEntry(value) ? kindOf(key) : undefined;
		if (keyKind === 'internal') return plain('');
		if (keyKind !== undefined && keyKind !== 'text') return plain(describeFile(fields, keyKind));
	}
	return undefined;
}

function parsePartText(fields: Fields, depth: number): Content | undefined {
	for (const key of PART_TEXT_KEYS) {
		const value = fields.get(key);
		if (value === undefined || value === null || typeof value === 'number') continue;
		const parsed = parseContent(value, depth + 1);
		if (parsed !== undefined) return parsed;
	}
	return undefined;
}

/** A placeholder for each file beside the content of a message. */
export function describeFiles(fields: Fields): string[] {
	const files: string[] = [];
	for (const key of FILE_KEYS) {
		const value = fields.get(key);
		const list: unknown[] = Array.isArray(value) ? value : [value];
		for (const file of list) {
			if (typeof file === 'string' && file.trim() !== '') {
				files.push(placeholder(/^data:image/.test(file) ? 'image' : 'file', nameOf(file)));
			} else if (isEntry(file)) {
				const own = fieldsOf(file);
				if (own.size > 0) files.push(describeFile(own, 'file'));
			}
		}
	}
	return files;
}

/** The placeholder for a message that is a file, such as { message_type: 'image', file_name }; empty if it is none. */
export function describeFileMessage(fields: Fields): string {
	const kind = FILE_TYPE_KEYS.map((key) => kindOf(fields.get(key))).find(isFileKind);
	const name = fields.get('filename');
	const isNamed = typeof name === 'string' && name !== '';
	return kind !== undefined || isNamed ? placeholder(kind ?? 'file', isNamed ? name : '') : '';
}

type FileKind = Exclude<PartKind, 'text' | 'internal'>;

function isFileKind(kind: PartKind | undefined): kind is FileKind {
	return kind !== undefined && kind !== 'text' && kind !== 'internal';
}

function describeFile(fields: Fields, kind: FileKind): string {
	const objects = FILE_OBJECT_KEYS.map((key) => fields.get(key)).filter(isEntry);
	const places = [fields, ...objects.map(fieldsOf)];
	const find = (keys: readonly string[]) => {
		const values = places.flatMap((place) => keys.map((key) => place.get(key)));
		return values.filter((value) => typeof value === 'string' && value !== '').map(String);
	};
	const typed = find(FILE_TYPE_KEYS).map(kindOf).filter(isFileKind);
	const specificKind = kind === 'file' ? (typed.find((inner) => inner !== 'file') ?? kind) : kind;
	const name = find(FILE_NAME_KEYS)[0] ?? find(FILE_URL_KEYS).map(nameOf).find(Boolean) ?? '';
	const caption = [fields.get('text'), fields.get('caption')].find(
		(text) => typeof text === 'string' && text.trim() !== '',
	);
	return [placeholder(specificKind, name), ...(typeof caption === 'string' ? [caption] : [])].join(
		'\n',
	);
}

function placeholder(kind: FileKind, name: string): string {
	return name === '' ? `[${kind}]` : `[file: ${name}]`;
}

/** The file name at the end of a path or URL; empty if there is none. */
function nameOf(address: string): string {
	if (address.length > 2000 || address.startsWith('data:')) return '';
	const last = address.split(/[?#]/, 1)[0]?.split('/').at(-1)?.trim() ?? '';
	return /\.[A-Za-z0-9]{1,8}$/.test(last) && last.length <= 200 ? last : '';
}

/**
 * The text of structured output that the customer has seen, by `STRUCTURED_TEXT_KEYS`.
 *
 * @param value the object, or a value inside of it
 */
export function structuredText(value: unknown, depth = 0): string {
	if (typeof value === 'string') {
		const nested = depth < MAX_DEPTH ? parseNested(value) : undefined;
		return nested === undefined ? value.trim() : structuredText(nested, depth + 1);
	}
	if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return '';
	if (Array.isArray(value)) {
		const texts = value.map((inner) => structuredText(inner, depth + 1));
		return texts.filter((text) => text !== '').join('\n');
	}
	const fields = fieldsOf({ ...value });
	if (isHidden(fields) || kindOf(fields.get('type')) === 'internal') return '';
	// LangChain's conversational agent: every action except the last is a tool call.
	const action = fields.get('action');
	if (fields.has('actioninput') && typeof action === 'string') {
		if (normalize(action) !== 'finalanswer') return '';
	}
	for (const key of STRUCTURED_TEXT_KEYS) {
		const text = fields.has(key) ? structuredText(fields.get(key), depth + 1) : '';
		if (text !== '') return text;
	}
	const rest = [...fields].filter(([key]) => !STRUCTURED_INTERNAL_KEYS.includes(key));
	const texts = rest.map(([, inner]) => structuredText(inner, depth + 1)).filter(Boolean);
	const [only = '', ...others] = texts;
	return others.length === 0 ? only : withoutInternal(value);
}

function withoutInternal(value: object): string {
	const kept = Object.entries(value).filter(
		([key]) => !STRUCTURED_INTERNAL_KEYS.includes(normalize(key)),
	);
	try {
		return JSON.stringify(Object.fromEntries(kept));
	} catch {
		return '';
	}
}
