import { fieldsOf, isEntry, normalize, valueAt, type Fields } from './entry';
import {
	DIALECTS,
	KINDS_OF_MESSAGES,
	SPEAKER_FLAGS,
	SPEAKER_KEYS,
	SPEAKER_OBJECT_KEYS,
	SPEAKERS,
	type Dialect,
	type Speaker,
} from './vocabulary';

/** Who speaks, the word that said so with its key, and how the source writes its texts. */
export interface Spoken {
	speaker: Speaker;
	word: string;
	markup: Dialect['markup'];
}

const WORDS: ReadonlyMap<string, Speaker> = new Map(
	(['user', 'external', 'ignored'] as const).flatMap((speaker) =>
		SPEAKERS[speaker].map((word) => [word, speaker] as const),
	),
);

/** Looks for the speaker: first as the dialects say, then under the common keys, then in flags. */
export function speakerOf(fields: Fields): Spoken | undefined {
	const spoken = DIALECTS.filter(({ has }) =>
		has.every((path) => (valueAt(fields, path) ?? undefined) !== undefined),
	);
	const markup = spoken.find((dialect) => dialect.markup)?.markup;
	for (const dialect of spoken) {
		const speaker = dialect.speaker ?? inDialect(dialect, fields);
		if (speaker) return { speaker, word: dialect.source, markup };
	}
	const className = classNameOf(fields);
	if (className) return { ...className, markup };
	let kind: Spoken | undefined;
	for (const key of SPEAKER_KEYS) {
		const value = fields.get(key);
		const speaker = wordOf(value) ?? (isEntry(value) ? inObject(fieldsOf(value)) : undefined);
		const word = typeof value === 'string' ? normalize(value) : 'object';
		if (!speaker) continue;
		const named = { speaker, word: `${key}:${word}`, markup };
		if (!KINDS_OF_MESSAGES.keys.includes(key) || !KINDS_OF_MESSAGES.words.includes(word))
			return named;
		kind ??= named;
	}
	const flag = flagOf(fields);
	return flag ? { speaker: flag, word: '', markup } : kind;
}

function inDialect({ key, words = {}, patterns = [] }: Dialect, fields: Fields) {
	const value = key === undefined ? undefined : valueAt(fields, key);
	if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
	const word = normalize(String(value));
	return Object.hasOwn(words, word)
		? words[word]
		: patterns.find(([pattern]) => pattern.test(word))?.[1];
}

/** LangChain's `toJSON`: { lc: 1, type: 'constructor', id: [..., 'HumanMessage'], kwargs: { content } }. */
function classNameOf(fields: Fields): Pick<Spoken, 'speaker' | 'word'> | undefined {
	const [id, kwargs] = [fields.get('id'), fields.get('kwargs')];
	const name: unknown = Array.isArray(id) ? id.at(-1) : undefined;
	if (typeof name !== 'string' || !isEntry(kwargs)) return undefined;
	const speaker = wordOf(name) ?? wordOf(fieldsOf(kwargs).get('role'));
	return speaker && { speaker, word: `class:${normalize(name)}` };
}

/** Class names, `HumanMessage`, `AIMessageChunk`, are words too. */
function wordOf(value: unknown): Speaker | undefined {
	if (typeof value !== 'string' || value.length > 50) return undefined;
	const word = normalize(value);
	return WORDS.get(word) ?? WORDS.get(word.replace(/message(chunk)?$/, ''));
}

function inObject(fields: Fields): Speaker | undefined {
	for (const key of SPEAKER_OBJECT_KEYS) {
		const speaker = wordOf(fields.get(key));
		if (speaker) return speaker;
	}
	return flagOf(fields);
}

function flagOf(fields: Fields): Speaker | undefined {
	for (const [key, yes, no] of SPEAKER_FLAGS) {
		const flag = fields.get(key);
		if (typeof flag === 'object' || flag === undefined) continue;
		if (/^(true|1)$/i.test(String(flag))) return yes;
		if (/^(false|0)$/i.test(String(flag))) return no;
	}
	return undefined;
}
