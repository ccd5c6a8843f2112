/*
 * Recognizes transcripts by their structure. This file goes through lists, envelopes and rows to the messages; the keys and
 * words of the sources are in `vocabulary.ts` and `contentVocabulary.ts`.
 */
import { parseJson } from '../text/json';
import { describeShape } from '../text/bodyShape';
import { parseDialogue } from './dialogue';
import { fieldsOf, isEntry, parseJsonLines, parseNested, type Entry, type Fields } from './entry';
import { toMessages, positionOf, parseGroup, parseMessage, parseTurn } from './message';
import { mergeOverlap, oldestFirst, type TranscriptOrder } from './sortMessages';
import {
	addUnknown,
	mergeUnknown,
	parseResult,
	type ParseResult,
	type ParseContext,
} from './parseResult';
import { parsePrefixed } from './prefixed';
import { remedyFor } from './remedy';
import { spokenText } from './spokenText';
import { CLOSED_KEYS, ENVELOPE_KEYS, SUSPICIOUS_WORDS } from './vocabulary';

/** A message of a transcript: `user` is the customer, `external` the bot. */
export interface TranscriptMessage {
	type: 'user' | 'external';
	content: string;
	/** Milliseconds since 1970, if the source has a time. */
	time?: number;
}

/** The unrecognized parts of a transcript. */
export interface Unrecognized {
	count: number;
	/** The structure of the first few, without content; empty if the transcript cannot be read at all. */
	shapes: string[];
	/** A sentence for the user. */
	remedy?: string;
}

export interface RecognizedTranscript {
	/** Oldest first. */
	messages: TranscriptMessage[];
	unrecognized: Unrecognized;
}

export interface RecognizeOptions {
	order?: TranscriptOrder;
	/** The IANA time zone for times without one. */
	zone?: string;
}

/** No known format nests deeper, including JSON text in JSON text. */
const MAX_DEPTH = 12;
/** More than any chat has. Stops at objects that share their parts many times. */
const MAX_VALUES = 1_000_000;

/**
 * Recognizes a transcript. Empty messages are dropped, and so is what the customer has not seen: instructions, tool calls,
 * reasoning, private notes. Never throws.
 *
 * @param value a list, an object with lists, one message, a turn, JSON text of any of these, or text with a name on each line
 * @returns the messages, oldest first, and the unrecognized parts
 */
export function recognizeTranscript(
	value: unknown,
	{ order = 'auto', zone = 'utc' }: RecognizeOptions = {},
): RecognizedTranscript {
	const context: ParseContext = {
		zone,
		values: 0,
		rows: 0,
		parse: (inner, depth) => parseValue(inner, context, depth),
	};
	const parsed = context.parse(value, 0) ?? unrecognizedValue(value);
	const trusted = dropSuspicious(parsed);
	return {
		messages: oldestFirst(trusted.messages, order).map(({ type, content, time }) => ({
			type,
			content,
			...(time !== undefined && { time }),
		})),
		unrecognized: {
			count: trusted.unknownCount,
			shapes: trusted.unknown.map(safeShape),
			...(trusted.unknownCount > 0 && { remedy: remedyFor(value) }),
		},
	};
}

function unrecognizedValue(value: unknown): ParseResult {
	const result = parseResult();
	addUnknown(result, value);
	return result;
}

/** The result without messages whose speaker is doubtful: `SUSPICIOUS_WORDS`. */
function dropSuspicious(parsed: ParseResult): ParseResult {
	const words = new Set(parsed.messages.map(({ word }) => word));
	const doubtful = SUSPICIOUS_WORDS.filter(
		({ word, beside }) => words.has(word) && words.has(beside),
	);
	if (doubtful.length === 0) return parsed;
	const isDoubtful = (word = '') => doubtful.some((rule) => rule.word === word);
	const dropped = parsed.messages.filter(({ word }) => isDoubtful(word));
	const result = parseResult(parsed.messages.filter(({ word }) => !isDoubtful(word)));
	mergeUnknown(result, parsed);
	mergeUnknown(result, { ...parseResult(), unknownCount: dropped.length });
	mergeUnknown(result, {
		...parseResult(),
		unknown: dropped.slice(0, 1).map(() => ({ message: { type: 'user' } })),
	});
	return result;
}

function parseValue(value: unknown, context: ParseContext, depth: number): ParseResult | undefined {
	if (value === undefined || value === null) return parseResult();
	if (depth > MAX_DEPTH || ++context.values > MAX_VALUES) return undefined;
	try {
		if (typeof value === 'string') return parseText(value, context, depth);
		if (Array.isArray(value)) return parseList(value, context, depth);
		return isEntry(value) ? parseEntry(value, context, depth) : undefined;
	} catch {
		// A getter that throws or a revoked proxy is no data.
		return undefined;
	}
}

function parseText(text: string, context: ParseContext, depth: number): ParseResult | undefined {
	const trimmed = text.trim();
	if (trimmed === '') return parseResult();
	const nested = trimmed.startsWith('"')
		? parseJson(trimmed)
		: (parseNested(trimmed) ?? parseJsonLines(trimmed));
	if (nested !== undefined) return parseValue(nested, context, depth + 1);
	const dialogue = parseDialogue(trimmed, context.zone);
	if (!dialogue) return undefined;
	const result = parseResult();
	for (const { speaker, content, time } of dialogue.lines) {
		const place = { row: context.rows++, ...(time !== undefined && { time }) };
		const words = speaker === 'external' ? spokenText(content) : content;
		for (const message of toMessages(speaker, words, place)) result.messages.push(message);
	}
	if (dialogue.prelude !== '') addUnknown(result, dialogue.prelude);
	return result;
}

/** The messages of a list. Only unrecognized entries are lost. */
function parseList(list: unknown[], context: ParseContext, depth: number): ParseResult {
	const result = parseResult();
	for (const entry of list) {
		const parsed = parseValue(entry, context, depth + 1);
		if (parsed === undefined) {
			addUnknown(result, entry);
			continue;
		}
		for (const message of parsed.messages) result.messages.push(message);
		if (parsed.unknownCount > 0) mergeUnknown(result, parsed);
	}
	return result;
}

function parseEntry(entry: Entry, context: ParseContext, depth: number): ParseResult | undefined {
	const fields = fieldsOf(entry);
	if (fields.size === 0) return isPlain(entry) ? parseResult() : undefined;
	return (
		parseMessage(fields, context, depth) ??
		parseGroup(fields, context, depth) ??
		parseTurnAndNested(fields, context, depth) ??
		parsePrefixed(entry, context, depth)
	);
}

/** Whether an object without keys is plain. A Date or a Map may have content. */
function isPlain(entry: Entry): boolean {
	const prototype: unknown = Object.getPrototypeOf(entry);
	return prototype === Object.prototype || prototype === null;
}

/** The messages of nested lists, then the turn after them: { chat_history, input, output }. */
function parseTurnAndNested(
	fields: Fields,
	context: ParseContext,
	depth: number,
): ParseResult | undefined {
	const turn = parseTurn(fields, context, depth);
	const inside = parseNestedMessages(fields, turn?.keys ?? [], context, depth);
	if (!turn) return inside;
	const hasMessages = inside !== undefined && inside.messages.length > 0;
	if (hasMessages ? turn.half === 'never' : !turn.isSure) return inside;
	const result = parseResult(mergeOverlap(inside?.messages ?? [], turn.result.messages));
	if (inside) mergeUnknown(result, inside);
	mergeUnknown(result, turn.result);
	return result;
}

const ENVELOPES = new Set(ENVELOPE_KEYS);
const CLOSED = new Set(CLOSED_KEYS);

/** The messages inside of an entry: in known envelopes, in chronological order, then under any other key. */
function parseNestedMessages(
	fields: Fields,
	excluded: string[],
	context: ParseContext,
	depth: number,
): ParseResult | undefined {
	const open = [
		...ENVELOPE_KEYS.filter((key) => fields.has(key)),
		...[...fields.keys()].filter((key) => !ENVELOPES.has(key) && !CLOSED.has(key)),
	];
	const runs: ParseResult[] = [];
	for (const key of open) {
		const value = fields.get(key);
		const isKnown = ENVELOPES.has(key);
		if (excluded.includes(key) || !mayHoldMessages(value, isKnown)) continue;
		const parsed = parseValue(value, context, depth + 1);
		if (!parsed || (!isKnown && parsed.messages.length === 0)) continue;
		if (!Array.isArray(value)) inheritPosition(parsed, key, fields, context);
		runs.push(parsed);
	}
	return runs.length > 0 ? mergeResults(runs) : undefined;
}

/** More values are not lists of one conversation, but single messages under keys. */
const MAX_OVERLAPPING = 20;

function mergeResults(runs: ParseResult[]): ParseResult {
	const result = parseResult();
	for (const run of runs) {
		if (runs.length <= MAX_OVERLAPPING) {
			result.messages = mergeOverlap(result.messages, run.messages);
		} else {
			for (const message of run.messages) result.messages.push(message);
		}
		if (run.unknownCount > 0) mergeUnknown(result, run);
	}
	return result;
}

function mayHoldMessages(value: unknown, isKnown: boolean): boolean {
	if (typeof value !== 'string') return typeof value === 'object' && value !== null;
	return (isKnown && value.trim() !== '') || /^\s*(?:[[{]|```)/.test(value);
}

/** Gives the time and the number of a row to its only message. */
function inheritPosition(
	{ messages }: ParseResult,
	key: string,
	fields: Fields,
	context: ParseContext,
): void {
	const [first] = messages;
	if (!first || messages.some(({ row }) => row !== first.row)) return;
	const place = positionOf(fields, context);
	for (const message of messages) {
		message.time ??= place.time;
		message.sequence = place.sequence ?? message.sequence;
		message.word = message.word === undefined ? undefined : `${key}.${message.word}`;
	}
}

/** The structure of a value without content, also if a getter throws. */
function safeShape(value: unknown): string {
	try {
		return describeShape(value);
	} catch {
		return typeof value;
	}
}
