/** An object of a transcript, and its fields by normalized key. */
export type Entry = Record<string, unknown>;
export type Fields = ReadonlyMap<string, unknown>;

/** Whether it is an object with keys: no list, no null. */
export function isEntry(value: unknown): value is Entry {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys come in thousands of entries; new ones beyond this number are normalized each time. */
const MAX_KNOWN_WORDS = 1000;
const knownWords = new Map<string, string>();

/**
 * A key or word in its plainest form, so that `created_at`, `createdAt` and `Created At` are one.
 *
 * @example normalize('Created_At') // 'createdat'
 */
export function normalize(word: string): string {
	const known = knownWords.get(word);
	if (known !== undefined) return known;
	const plain = word.toLowerCase().replace(/[\s_.-]/g, '');
	if (word.length < 50 && knownWords.size < MAX_KNOWN_WORDS) knownWords.set(word, plain);
	return plain;
}

/** An entry's own fields; of keys that are the same when normalized, the first. Throws what a getter throws. */
export function fieldsOf(entry: Entry): Fields {
	const fields = new Map<string, unknown>();
	for (const [key, value] of Object.entries(entry)) {
		const plain = normalize(key);
		if (!fields.has(plain)) fields.set(plain, value);
	}
	return fields;
}

/** The value under a path of normalized keys: `from.role`. */
export function valueAt(fields: Fields, path: string): unknown {
	const dot = path.indexOf('.');
	if (dot < 0) return fields.get(path);
	const inner = fields.get(path.slice(0, dot));
	return isEntry(inner) ? valueAt(fieldsOf(inner), path.slice(dot + 1)) : undefined;
}

/** @returns the value, or undefined if it is no JSON */
export function parseJson(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return value;
	} catch {
		return undefined;
	}
}

/** The value of a text that is a JSON object or list, also inside a Markdown code fence; undefined for any other text. */
export function parseNested(text: string): unknown {
	const trimmed = text.trim();
	const fenced = /^```(?:json)?\s([^]*)```$/.exec(trimmed);
	const json = fenced ? (fenced[1] ?? '').trim() : trimmed;
	return json.startsWith('{') || json.startsWith('[') ? parseJson(json) : undefined;
}

/** The objects of a text with a JSON object on each line; undefined for any other text. */
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
