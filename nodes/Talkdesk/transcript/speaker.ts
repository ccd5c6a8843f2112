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

/** The speaker, the key and word that name it, and the markup of the source. */
export interface SpeakerMatch {
	speaker: Speaker;
	word: string;
	markup: Dialect['markup'];
}

const SPEAKER_BY_WORD: ReadonlyMap<string, Speaker> = new Map(
	(['user', 'external', 'ignored'] as const).flatMap((speaker) =>
		SPEAKERS[speaker].map((word) => [word, speaker] as const),
	),
);

/** The speaker of an entry: by its dialect, then by the common keys, then by flags. */
export function findSpeaker(fields: Fields): SpeakerMatch | undefined {
	const dialects = DIALECTS.filter(({ has }) =>
		has.every((path) => (valueAt(fields, path) ?? undefined) !== undefined),
	);
	const markup = dialects.find((dialect) => dialect.markup)?.markup;
	for (const dialect of dialects) {
		const speaker = dialect.speaker ?? speakerInDialect(dialect, fields);
		if (speaker) return { speaker, word: dialect.source, markup };
	}
	const className = speakerByClassName(fields);
	if (className) return { ...className, markup };
	let kind: SpeakerMatch | undefined;
	for (const key of SPEAKER_KEYS) {
		const value = fields.get(key);
		const speaker =
			speakerByWord(value) ?? (isEntry(value) ? speakerInObject(fieldsOf(value)) : undefined);
		const word = typeof value === 'string' ? normalize(value) : 'object';
		if (!speaker) continue;
		const named = { speaker, word: `${key}:${word}`, markup };
		if (!KINDS_OF_MESSAGES.keys.includes(key) || !KINDS_OF_MESSAGES.words.includes(word))
			return named;
		kind ??= named;
	}
	const flag = speakerByFlag(fields);
	return flag ? { speaker: flag, word: '', markup } : kind;
}

function speakerInDialect({ key, words = {}, patterns = [] }: Dialect, fields: Fields) {
	const value = key === undefined ? undefined : valueAt(fields, key);
	if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
	const word = normalize(String(value));
	return Object.hasOwn(words, word)
		? words[word]
		: patterns.find(([pattern]) => pattern.test(word))?.[1];
}

/** LangChain's `toJSON`: { lc: 1, type: 'constructor', id: [..., 'HumanMessage'], kwargs: { content } }. */
function speakerByClassName(fields: Fields): Pick<SpeakerMatch, 'speaker' | 'word'> | undefined {
	const [id, kwargs] = [fields.get('id'), fields.get('kwargs')];
	const name: unknown = Array.isArray(id) ? id.at(-1) : undefined;
	if (typeof name !== 'string' || !isEntry(kwargs)) return undefined;
	const speaker = speakerByWord(name) ?? speakerByWord(fieldsOf(kwargs).get('role'));
	return speaker && { speaker, word: `class:${normalize(name)}` };
}

/** The speaker by a word, or by a class name such as `HumanMessage` or `AIMessageChunk`. */
function speakerByWord(value: unknown): Speaker | undefined {
	if (typeof value !== 'string' || value.length > 50) return undefined;
	const word = normalize(value);
	return SPEAKER_BY_WORD.get(word) ?? SPEAKER_BY_WORD.get(word.replace(/message(chunk)?$/, ''));
}

function speakerInObject(fields: Fields): Speaker | undefined {
	for (const key of SPEAKER_OBJECT_KEYS) {
		const speaker = speakerByWord(fields.get(key));
		if (speaker) return speaker;
	}
	return speakerByFlag(fields);
}

function speakerByFlag(fields: Fields): Speaker | undefined {
	for (const [key, yes, no] of SPEAKER_FLAGS) {
		const flag = fields.get(key);
		if (typeof flag === 'object' || flag === undefined) continue;
		if (/^(true|1)$/i.test(String(flag))) return yes;
		if (/^(false|0)$/i.test(String(flag))) return no;
	}
	return undefined;
}
