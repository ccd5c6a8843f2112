/**
 * Recognizes a transcript in any of the forms that users of n8n have at hand, by its shape. What the forms are made of stands in
 * `vocabulary.ts` and `contentVocabulary.ts`; here is the walk through lists, envelopes and rows to the messages.
 */
import { describeShape } from '../text/shape';
import { readDialogue } from './dialogue';
import {
	fieldsOf,
	isEntry,
	parseJson,
	parseJsonLines,
	parseNested,
	type Entry,
	type Fields,
} from './entry';
import { messageOf, placeOf, readGroup, readMessage, readPrefixed, readTurn } from './message';
import { joinRuns, oldestFirst, type TranscriptOrder } from './order';
import { addUnknown, addUnknownOf, reading, type Reading, type Walk } from './reading';
import { spokenPart } from './spoken';
import { CLOSED_KEYS, ENVELOPE_KEYS, SUSPICIOUS_WORDS } from './vocabulary';

/** A message as it was said: `user` is the customer, `external` is our side, the bot. */
export interface TranscriptMessage {
	type: 'user' | 'external';
	content: string;
	/** Milliseconds since 1970, if the source has a time. */
	time?: number;
}

/** What wasn't understood: how many entries, the shapes of the first without their words, and what to do about it. */
export interface Unrecognized {
	count: number;
	shapes: string[];
	remedy?: string;
}

export interface RecognizedTranscript {
	/** Oldest first. */
	messages: TranscriptMessage[];
	unrecognized: Unrecognized;
}

export interface RecognizeOptions {
	order?: TranscriptOrder;
	/** The IANA name of the time zone of times that come without one. */
	zone?: string;
}

/** Deeper than any known form nests, JSON text inside JSON text included. */
const MAX_DEPTH = 12;
/** More than any chat has; ends the walk through objects that share their parts over and over. */
const MAX_VALUES = 1_000_000;

/**
 * Recognizes a transcript. Empty messages are left out, and what the customer never read: instructions, tool calls, thoughts,
 * private notes. What isn't understood is counted, and costs nothing else.
 *
 * @param value a list, an object with lists, one message, a turn, JSON text of any of these, or text with a name on each line
 * @returns the messages, oldest first; never throws
 */
export function recognizeTranscript(
	value: unknown,
	{ order = 'auto', zone = 'utc' }: RecognizeOptions = {},
): RecognizedTranscript {
	const walk: Walk = {
		zone,
		values: 0,
		rows: 0,
		read: (inner, depth) => readValue(inner, walk, depth),
	};
	const read = walk.read(value, 0) ?? nothingOf(value);
	const trusted = withoutSuspicious(read);
	return {
		messages: oldestFirst(trusted.messages, order).map(({ type, content, time }) => ({
			type,
			content,
			...(time !== undefined && { time }),
		})),
		unrecognized: {
			count: trusted.unknownCount,
			shapes: trusted.unknown.map(shapeOf),
			...(trusted.unknownCount > 0 && { remedy: remedyFor(value) }),
		},
	};
}

function nothingOf(value: unknown): Reading {
	const result = reading();
	addUnknown(result, value);
	return result;
}

/** Leaves out messages whose speaker is doubtful in this company. */
function withoutSuspicious(read: Reading): Reading {
	const words = new Set(read.messages.map(({ word }) => word));
	const doubtful = SUSPICIOUS_WORDS.filter(
		({ word, beside }) => words.has(word) && words.has(beside),
	);
	if (doubtful.length === 0) return read;
	const isDoubtful = (word = '') => doubtful.some((rule) => rule.word === word);
	const left = read.messages.filter(({ word }) => isDoubtful(word));
	const result = reading(read.messages.filter(({ word }) => !isDoubtful(word)));
	addUnknownOf(result, read);
	addUnknownOf(result, { ...reading(), unknownCount: left.length });
	addUnknownOf(result, {
		...reading(),
		unknown: left.slice(0, 1).map(() => ({ message: { type: 'user' } })),
	});
	return result;
}

function readValue(value: unknown, walk: Walk, depth: number): Reading | undefined {
	if (value === undefined || value === null) return reading();
	if (depth > MAX_DEPTH || ++walk.values > MAX_VALUES) return undefined;
	try {
		if (typeof value === 'string') return readText(value, walk, depth);
		if (Array.isArray(value)) return readList(value, walk, depth);
		return isEntry(value) ? readEntry(value, walk, depth) : undefined;
	} catch {
		// A getter that throws, a revoked proxy: an object of code, not of data.
		return undefined;
	}
}

function readText(text: string, walk: Walk, depth: number): Reading | undefined {
	const trimmed = text.trim();
	if (trimmed === '') return reading();
	const nested = trimmed.startsWith('"')
		? parseJson(trimmed)
		: (parseNested(trimmed) ?? parseJsonLines(trimmed));
	if (nested !== undefined) return readValue(nested, walk, depth + 1);
	const dialogue = readDialogue(trimmed, walk.zone);
	if (!dialogue) return undefined;
	const result = reading();
	for (const { speaker, content, time } of dialogue.lines) {
		const place = { row: walk.rows++, ...(time !== undefined && { time }) };
		const words = speaker === 'external' ? spokenPart(content) : content;
		for (const message of messageOf(speaker, words, place)) result.messages.push(message);
	}
	if (dialogue.prelude !== '') addUnknown(result, dialogue.prelude);
	return result;
}

/** An entry that isn't understood costs that entry. */
function readList(list: unknown[], walk: Walk, depth: number): Reading {
	const result = reading();
	for (const entry of list) {
		const read = readValue(entry, walk, depth + 1);
		if (read === undefined) {
			addUnknown(result, entry);
			continue;
		}
		for (const message of read.messages) result.messages.push(message);
		if (read.unknownCount > 0) addUnknownOf(result, read);
	}
	return result;
}

function readEntry(entry: Entry, walk: Walk, depth: number): Reading | undefined {
	const fields = fieldsOf(entry);
	if (fields.size === 0) return isPlain(entry) ? reading() : undefined;
	return (
		readMessage(fields, walk, depth) ??
		readGroup(fields, walk, depth) ??
		readTurnAndInside(fields, walk, depth) ??
		readPrefixed(entry, walk, depth)
	);
}

/** `{}` holds nothing that could get lost; a Date or a Map may. */
function isPlain(entry: Entry): boolean {
	const prototype: unknown = Object.getPrototypeOf(entry);
	return prototype === Object.prototype || prototype === null;
}

/** Lists first, then the turn that followed them: { chat_history, input, output }. */
function readTurnAndInside(fields: Fields, walk: Walk, depth: number): Reading | undefined {
	const turn = readTurn(fields, walk, depth);
	const inside = readInside(fields, turn?.keys ?? [], walk, depth);
	if (!turn) return inside;
	const hasMessages = inside !== undefined && inside.messages.length > 0;
	if (hasMessages ? turn.half === 'never' : !turn.isSure) return inside;
	const result = reading(joinRuns(inside?.messages ?? [], turn.reading.messages));
	if (inside) addUnknownOf(result, inside);
	addUnknownOf(result, turn.reading);
	return result;
}

const ENVELOPES = new Set(ENVELOPE_KEYS);
const CLOSED = new Set(CLOSED_KEYS);

/** Messages inside of an entry: in known envelopes, in the order in which they were said; then under any other key. */
function readInside(
	fields: Fields,
	without: string[],
	walk: Walk,
	depth: number,
): Reading | undefined {
	const open = [
		...ENVELOPE_KEYS.filter((key) => fields.has(key)),
		...[...fields.keys()].filter((key) => !ENVELOPES.has(key) && !CLOSED.has(key)),
	];
	const runs: Reading[] = [];
	for (const key of open) {
		const value = fields.get(key);
		const isKnown = ENVELOPES.has(key);
		if (without.includes(key) || !mayHoldMessages(value, isKnown)) continue;
		const read = readValue(value, walk, depth + 1);
		if (!read || (!isKnown && read.messages.length === 0)) continue;
		if (!Array.isArray(value)) placeSingle(read, key, fields, walk);
		runs.push(read);
	}
	return runs.length > 0 ? joinReadings(runs) : undefined;
}

/** More is no few lists of one conversation, but a message under each key. */
const MAX_OVERLAPPING = 20;

function joinReadings(runs: Reading[]): Reading {
	const result = reading();
	for (const run of runs) {
		if (runs.length <= MAX_OVERLAPPING) {
			result.messages = joinRuns(result.messages, run.messages);
		} else {
			for (const message of run.messages) result.messages.push(message);
		}
		if (run.unknownCount > 0) addUnknownOf(result, run);
	}
	return result;
}

function mayHoldMessages(value: unknown, isKnown: boolean): boolean {
	if (typeof value !== 'string') return typeof value === 'object' && value !== null;
	return (isKnown && value.trim() !== '') || /^\s*(?:[[{]|```)/.test(value);
}

/** A row around one message has its time and its number. */
function placeSingle({ messages }: Reading, key: string, fields: Fields, walk: Walk): void {
	const [first] = messages;
	if (!first || messages.some(({ row }) => row !== first.row)) return;
	const place = placeOf(fields, walk);
	for (const message of messages) {
		message.time ??= place.time;
		message.sequence = place.sequence ?? message.sequence;
		message.word = message.word === undefined ? undefined : `${key}.${message.word}`;
	}
}

/** The shape without any words; also of what throws when it is looked at. */
function shapeOf(value: unknown): string {
	try {
		return describeShape(value);
	} catch {
		return typeof value;
	}
}

const FORMS =
	'Understood are lists of { "role", "content" } (OpenAI and others), of LangChain messages, of { "human", "ai" } (Chat Memory Manager), of { "type", "content", "created_at" } (Talkdesk), of { "from", "text" }, of rows with such columns or with a question and an answer, text with "User:" and "AI:" on its lines, and each of them as JSON text or inside an object.';

/** What to do, by what is wrong with the whole value. The first line that matches decides. */
const REMEDIES: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/\[object \w+\]/,
		'An expression became text. Remove everything that stands before {{ and after }} in the parameter, blanks and line breaks too, or write {{ JSON.stringify($json.messages) }}.',
	],
	[
		/^\s*[[{]/,
		'It is no valid JSON: a quotation mark or a line break inside of an embedded expression breaks it. Make the whole parameter one expression, such as {{ [{ role: "user", content: $json.text }] }}, or embed {{ JSON.stringify($json.text) }} without quotation marks around it.',
	],
	[
		/\S/,
		'It is plain text. Begin each message on a line of its own with who said it, "User: …" or "AI: …", or pass it on as one message: {{ [{ role: "user", content: $json.text }] }}.',
	],
];

function remedyFor(value: unknown): string {
	if (
		typeof value !== 'string' ||
		isEntry(parseNested(value)) ||
		Array.isArray(parseNested(value))
	) {
		return FORMS;
	}
	return REMEDIES.find(([pattern]) => pattern.test(value))?.[1] ?? FORMS;
}
