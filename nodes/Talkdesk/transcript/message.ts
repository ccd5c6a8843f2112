import {
	describeFileMessage,
	describeFiles,
	isHidden,
	readContent,
	readStructured,
	type Content,
} from './content';
import { fieldsOf, isEntry, normalize, parseNested, type Entry, type Fields } from './entry';
import { htmlToPlain } from '../text/html';
import { slackToText } from './markup';
import { addUnknown, reading, type ReadMessage, type Reading, type Walk } from './reading';
import { speakerOf, type Spoken } from './speaker';
import { spokenPart } from './spoken';
import { toMilliseconds } from './time';
import {
	BODY_KEYS,
	CALL_KEYS,
	CLOSED_KEYS,
	COLUMN_KEYS,
	CONTENT_KEYS,
	GROUP_KEYS,
	NOT_SPEECH,
	NOT_SPEECH_KEYS,
	SEQUENCE_KEYS,
	SPEAKER_KEYS,
	TIME_KEYS,
	TURNS,
	type Speaker,
	type Turn,
} from './vocabulary';

const MARKUP = { html: (text: string) => htmlToPlain(text) ?? text, slack: slackToText };

/** The time and the number of a row, if it has them. */
export function placeOf(fields: Fields, walk: Walk): Pick<ReadMessage, 'time' | 'sequence'> {
	let time: number | undefined;
	for (const key of TIME_KEYS) time ??= toMilliseconds(fields.get(key), walk.zone);
	let sequence: number | undefined;
	for (const key of SEQUENCE_KEYS) sequence ??= toNumber(fields.get(key));
	return {
		...(time !== undefined && { time }),
		...(sequence !== undefined && { sequence }),
	};
}

function toNumber(value: unknown): number | undefined {
	if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
	return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** A message of this speaker, if there are words. A lone half of a character becomes the replacement character. */
export function messageOf(
	speaker: Speaker,
	text: string,
	more: Omit<ReadMessage, 'type' | 'content'>,
): ReadMessage[] {
	const content = text.replace(LONE_SURROGATE, '\uFFFD').trim();
	return speaker === 'ignored' || content === '' ? [] : [{ type: speaker, content, ...more }];
}

/** `toWellFormed`, which n8n's oldest Node.js doesn't have. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * A message with a speaker and a content.
 *
 * @returns undefined if it is none; no message if the customer never saw it, or if it is no speech
 */
export function readMessage(fields: Fields, walk: Walk, depth: number): Reading | undefined {
	const bodies = BODY_KEYS.map((key) => fields.get(key))
		.filter(isEntry)
		.map(fieldsOf);
	const places = [fields, ...bodies];
	// An envelope may be private, or called an event, while its messages are none of this.
	const isEnvelope = ['messages', 'history', 'transcript'].some((key) =>
		Array.isArray(fields.get(key)),
	);
	if (!isEnvelope && isNotSpeech(fields)) return reading();
	const spoken = speakerOf(fields) ?? bodies.map(speakerOf).find(Boolean);
	const hasText = ['content', 'text', 'body', 'message'].some(
		(key) => typeof fields.get(key) === 'string',
	);
	if (!isEnvelope && (spoken || hasText) && places.some(isHidden)) return reading();
	if (!spoken) return undefined;
	if (spoken.speaker === 'ignored') return reading();

	const { content, isEmpty } = findContent(places, spoken, walk, depth);
	const text = content ? (spoken.markup ? MARKUP[spoken.markup] : String)(content.text) : '';
	const files = describeFiles(fields);
	if (text === '' && files.length === 0 && (content || isEmpty)) {
		files.push(describeFileMessage(fields));
	}
	const result = reading(
		messageOf(spoken.speaker, [text, ...files].filter(Boolean).join('\n'), {
			...(bodies[0] && placeOf(bodies[0], walk)),
			...placeOf(fields, walk),
			row: walk.rows++,
			word: spoken.word,
		}),
	);
	addUnknown(result, ...(content?.unknown ?? []).slice(0, 100));
	const isUnderstood =
		content !== undefined ||
		isEmpty ||
		files.length > 0 ||
		places.some((place) => CALL_KEYS.some((key) => Boolean(place.get(key))));
	return isUnderstood ? result : undefined;
}

function isNotSpeech(fields: Fields): boolean {
	return NOT_SPEECH_KEYS.some((key) => {
		const word = fields.get(key);
		if (typeof word !== 'string' || word.length > 50) return false;
		const plain = normalize(word);
		return NOT_SPEECH.some((pattern) => pattern.test(plain));
	});
}

/** The first content with words; `isEmpty` if there is one without. */
function findContent(places: Fields[], { speaker, word }: Spoken, walk: Walk, depth: number) {
	let isEmpty = false;
	for (const place of places) {
		for (const key of CONTENT_KEYS) {
			// { type: 'contact', value: … } is what a CRM knows of somebody, and nothing that was said.
			if (key === 'value' && word.startsWith('type:')) continue;
			const value = place.get(key);
			if (value === undefined) continue;
			const content = readSaid(value, speaker, walk, depth);
			if (content && (content.text !== '' || content.unknown.length > 0)) {
				return { content, isEmpty };
			}
			if (content) isEmpty = true;
		}
	}
	return { content: undefined, isEmpty };
}

/** What a speaker said. Of the bot's words only what the customer read. */
function readSaid(
	value: unknown,
	speaker: Speaker,
	walk: Walk,
	depth: number,
): Content | undefined {
	const content = readContent(value);
	if (speaker !== 'external') return content;
	if (content === undefined) {
		if (!isEntry(value)) return undefined;
		const text = readStructured(value);
		const isPart = text === '' && fieldsOf(value).has('type');
		return isPart ? undefined : { text, unknown: [] };
	}
	const text = spokenPart(content.text);
	const nested = parseNested(text);
	if (isEntry(nested)) return { ...content, text: readStructured(nested) };
	if (Array.isArray(nested)) {
		// Agents of the community keep the whole turn as JSON: the customer's words are in the list already.
		const turn = walk.read(nested, depth + 1);
		const isTurn = turn && (turn.messages.length > 0 || turn.unknownCount === 0);
		if (isTurn && nested.length > 0) {
			const answers = turn.messages.filter(({ type }) => type === 'external');
			return { ...content, text: answers.map((answer) => answer.content).join('\n') };
		}
	}
	return { ...content, text };
}

/** { human, ai }, as the Chat Memory Manager simplifies: in the order of the keys. */
export function readGroup(fields: Fields, walk: Walk, depth: number): Reading | undefined {
	const keys = [...fields.keys()];
	if (keys.length === 0 || !keys.every((key) => Object.hasOwn(GROUP_KEYS, key))) return undefined;
	const sides = new Set(keys.map((key) => GROUP_KEYS[key]));
	// `user` or `bot` alone is as likely a name.
	const isSure = fields.has('human') || fields.has('ai');
	if (!isSure && !(sides.has('user') && sides.has('external'))) return undefined;
	const row = walk.rows++;
	const result = reading();
	for (const [key, value] of fields) {
		const speaker = GROUP_KEYS[key] ?? 'ignored';
		const content = readSaid(value, speaker, walk, depth);
		if (content === undefined) return undefined;
		for (const message of messageOf(speaker, content.text, { row })) result.messages.push(message);
	}
	return result;
}

/** A turn in one entry: the customer's words and the answer. */
export interface ReadTurn {
	reading: Reading;
	/** The keys it was read from. */
	keys: string[];
	half: Turn['half'];
	/** Whether it is a turn by itself, or only beside a list of messages. */
	isSure: boolean;
}

const HALVES = ['always', 'columns'] as const;

/** { question, answer }, { chatInput, output }, a row with user_message and bot_response, whatever other columns it has. */
export function readTurn(fields: Fields, walk: Walk, depth: number): ReadTurn | undefined {
	const present = TURNS.map((turn) => ({
		user: turn.user.find((key) => hasWords(fields.get(key))),
		external: turn.external.find((key) => hasWords(fields.get(key))),
		half: turn.half,
	}));
	const turn =
		present.find(({ user, external }) => user !== undefined && external !== undefined) ??
		HALVES.map((wanted) =>
			present.find(
				({ user, external, half }) => half === wanted && (user ?? external) !== undefined,
			),
		).find(Boolean);
	if (!turn) return undefined;
	const keys = [turn.user, turn.external].filter((key) => key !== undefined);
	const place = { ...placeOf(fields, walk), row: walk.rows++ };
	const result = reading();
	for (const [speaker, key] of [
		['user', turn.user],
		['external', turn.external],
	] as const) {
		if (key === undefined) continue;
		const value = fields.get(key);
		const list = Array.isArray(value) ? walk.read(value, depth + 1) : undefined;
		if (list && list.messages.length > 0) {
			for (const message of list.messages) result.messages.push(message);
			addUnknown(result, ...list.unknown);
			continue;
		}
		const content = readSaid(value, speaker, walk, depth);
		if (content === undefined) return undefined;
		for (const message of messageOf(speaker, content.text, place)) result.messages.push(message);
	}
	const others = [...fields.keys()].filter((key) => !keys.includes(key));
	return {
		reading: result,
		keys,
		half: turn.half,
		isSure:
			keys.length === 2 || turn.half === 'always' || others.every((key) => KNOWN_COLUMNS.has(key)),
	};
}

const KNOWN_COLUMNS = new Set([
	...COLUMN_KEYS,
	...TIME_KEYS,
	...SEQUENCE_KEYS,
	...CLOSED_KEYS,
	...Object.keys(GROUP_KEYS).filter((key) => GROUP_KEYS[key] === 'ignored'),
]);

function hasWords(value: unknown): boolean {
	return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

const MAX_PREFIXES = 6;

/** Columns with a prefix, as joins and flattened tables have them: { p_message_role, p_message_content }. */
export function readPrefixed(entry: Entry, walk: Walk, depth: number): Reading | undefined {
	const columns = Object.entries(entry).map(([key, value]) => ({ words: wordsOf(key), value }));
	const prefixes = new Set<string>();
	for (const { words } of columns) {
		for (let length = 1; length < Math.min(words.length, 4); length++) {
			const rest = words.slice(length).join('');
			if (SPEAKER_KEYS.includes(rest)) prefixes.add(words.slice(0, length).join(' '));
		}
	}
	for (const prefix of [...prefixes].slice(0, MAX_PREFIXES)) {
		const length = prefix.split(' ').length;
		const fields = new Map(
			columns.map(({ words, value }) => {
				const isPrefixed = words.length > length && words.slice(0, length).join(' ') === prefix;
				return [words.slice(isPrefixed ? length : 0).join(''), value] as const;
			}),
		);
		const read = readMessage(fields, walk, depth);
		if (read) return read;
	}
	return undefined;
}

function wordsOf(key: string): string[] {
	return key
		.slice(0, 100)
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter(Boolean);
}
