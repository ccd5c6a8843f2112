import { parseJson } from '../text/json';

/** An object of a transcript. */
export type Entry = Record<string, unknown>;

/** The fields of an entry by normalized key. */
export type Fields = ReadonlyMap<string, unknown>;

/** Whether a value is an object, neither a list nor null. */
export function isEntry(value: unknown): value is Entry {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that are cached, since thousands of entries share them. */
const MAX_KNOWN_WORDS = 1000;
const knownWords = new Map<string, string>();

/**
 * A key or word in lower case, without spaces, `_`, `.` and `-`. So `created_at`, `createdAt` and `Created At` are equal.
 *
 * @example normalize('Created_At') // 'createdat'
 */
export function normalize(word: string): string {
	const known = knownWords.get(word);
	if (known !== undefined) return known;
	const normalized = word.toLowerCase().replace(/[\s_.-]/g, '');
	if (word.length < 50 && knownWords.size < MAX_KNOWN_WORDS) knownWords.set(word, normalized);
	return normalized;
}

/** The fields of an entry. If two keys are equal when normalized, the first counts. Throws the error of a getter. */
export function fieldsOf(entry: Entry): Fields {
	const fields = new Map<string, unknown>();
	for (const [key, value] of Object.entries(entry)) {
		const normalized = normalize(key);
		if (!fields.has(normalized)) fields.set(normalized, value);
	}
	return fields;
}

/** The value at a path of normalized keys, such as `from.role`. */
export function valueAt(fields: Fields, path: string): unknown {
	const dot = path.indexOf('.');
	if (dot < 0) return fields.get(path);
	const inner = fields.get(path.slice(0, dot));
	return isEntry(inner) ? valueAt(fieldsOf(inner), path.slice(dot + 1)) : undefined;
}

/** The object or list of JSON text, also in a Markdown code fence; undefined for any other text. */
export function parseNested(text: string): unknown {
	const trimmed = text.trim();
	const fenced = /^```(?:json)?\s([^]*)```$/.exec(trimmed);
	const json = fenced ? (fenced[1] ?? '').trim() : trimmed;
	return json.startsWith('{') || json.startsWith('[') ? parseJson(json) : undefined;
}

/** The objects of text with one JSON object per line; undefined for any other text. */
export function parseJsonLines(text: string): Entry[] | undefined {
	if (!text.startsWith('{')) return undefined;
	const entries: Entry[] = [];
	for (const line of text.split('\n')) {
		if (line.trim() === '') continue;
		const entry = parseJson(line);
		if (!isEntry(entry)) return undefined;
		entries.push(entry);
	}
	return entries;
}
