import {
	describeFileMessage,
	describeFiles,
	isHidden,
	parseContent,
	structuredText,
	type Content,
} from './content';
import { fieldsOf, isEntry, normalize, parseNested, type Fields } from './entry';
import { htmlToPlain } from '../text/html';
import { withoutLoneSurrogates } from '../text/wellFormed';
import { slackToText } from './markup';
import {
	addUnknown,
	parseResult,
	type ParsedMessage,
	type ParseResult,
	type ParseContext,
} from './parseResult';
import { findSpeaker, type SpeakerMatch } from './speaker';
import { spokenText } from './spokenText';
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
	TIME_KEYS,
	TURNS,
	type Speaker,
	type Turn,
} from './vocabulary';

const MARKUP = { html: (text: string) => htmlToPlain(text) ?? text, slack: slackToText };

/** The time and the number of a row, if there are any. */
export function positionOf(
	fields: Fields,
	context: ParseContext,
): Pick<ParsedMessage, 'time' | 'sequence'> {
	let time: number | undefined;
	for (const key of TIME_KEYS) time ??= toMilliseconds(fields.get(key), context.zone);
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

/** The message as a list; empty if there is no text, or the speaker is ignored. */
export function toMessages(
	speaker: Speaker,
	text: string,
	more: Omit<ParsedMessage, 'type' | 'content'>,
): ParsedMessage[] {
	const content = withoutLoneSurrogates(text).trim();
	return speaker === 'ignored' || content === '' ? [] : [{ type: speaker, content, ...more }];
}

/**
 * The message of an entry with a speaker and content.
 *
 * @returns undefined if it is none. The result is empty if the customer has not seen it, or if it is no speech.
 */
export function parseMessage(
	fields: Fields,
	context: ParseContext,
	depth: number,
): ParseResult | undefined {
	const bodies = BODY_KEYS.map((key) => fields.get(key))
		.filter(isEntry)
		.map(fieldsOf);
	const places = [fields, ...bodies];
	// An envelope may be private or an event without its messages being so.
	const isEnvelope = ['messages', 'history', 'transcript'].some((key) =>
		Array.isArray(fields.get(key)),
	);
	if (!isEnvelope && isNotSpeech(fields)) return parseResult();
	const match = findSpeaker(fields) ?? bodies.map(findSpeaker).find(Boolean);
	const hasText = ['content', 'text', 'body', 'message'].some(
		(key) => typeof fields.get(key) === 'string',
	);
	if (!isEnvelope && (match || hasText) && places.some(isHidden)) return parseResult();
	if (!match) return undefined;
	if (match.speaker === 'ignored') return parseResult();

	const { content, isEmpty } = findContent(places, match, context, depth);
	const text = content ? (match.markup ? MARKUP[match.markup] : String)(content.text) : '';
	const files = describeFiles(fields);
	if (text === '' && files.length === 0 && (content || isEmpty)) {
		files.push(describeFileMessage(fields));
	}
	const result = parseResult(
		toMessages(match.speaker, [text, ...files].filter(Boolean).join('\n'), {
			...(bodies[0] && positionOf(bodies[0], context)),
			...positionOf(fields, context),
			row: context.rows++,
			word: match.word,
		}),
	);
	addUnknown(result, ...(content?.unknown ?? []).slice(0, 100));
	const isRecognized =
		content !== undefined ||
		isEmpty ||
		files.length > 0 ||
		places.some((place) => CALL_KEYS.some((key) => Boolean(place.get(key))));
	return isRecognized ? result : undefined;
}

function isNotSpeech(fields: Fields): boolean {
	return NOT_SPEECH_KEYS.some((key) => {
		const word = fields.get(key);
		if (typeof word !== 'string' || word.length > 50) return false;
		const normalized = normalize(word);
		return NOT_SPEECH.some((pattern) => pattern.test(normalized));
	});
}

/** The first content that isn't empty. `isEmpty` tells whether there is an empty one. */
function findContent(
	places: Fields[],
	{ speaker, word }: SpeakerMatch,
	context: ParseContext,
	depth: number,
) {
	let isEmpty = false;
	for (const place of places) {
		for (const key of CONTENT_KEYS) {
			// { type: 'contact', value: … } is CRM data, not a message.
			if (key === 'value' && word.startsWith('type:')) continue;
			const value = place.get(key);
			if (value === undefined) continue;
			const content = parseSpeech(value, speaker, context, depth);
			if (content && (content.text !== '' || content.unknown.length > 0)) {
				return { content, isEmpty };
			}
			if (content) isEmpty = true;
		}
	}
	return { content: undefined, isEmpty };
}

/** The content of a speaker. Of the bot's content, only the part that the customer has seen. */
function parseSpeech(
	value: unknown,
	speaker: Speaker,
	context: ParseContext,
	depth: number,
): Content | undefined {
	const content = parseContent(value);
	if (speaker !== 'external') return content;
	if (content === undefined) {
		if (!isEntry(value)) return undefined;
		const text = structuredText(value);
		const isPart = text === '' && fieldsOf(value).has('type');
		return isPart ? undefined : { text, unknown: [] };
	}
	const text = spokenText(content.text);
	const nested = parseNested(text);
	if (isEntry(nested)) return { ...content, text: structuredText(nested) };
	if (Array.isArray(nested)) {
		// Some agents store the whole turn as JSON. The customer's message is already in the list.
		const turn = context.parse(nested, depth + 1);
		const isTurn = turn && (turn.messages.length > 0 || turn.unknownCount === 0);
		if (isTurn && nested.length > 0) {
			const answers = turn.messages.filter(({ type }) => type === 'external');
			return { ...content, text: answers.map((answer) => answer.content).join('\n') };
		}
	}
	return { ...content, text };
}

/** The messages of { human, ai }, the simplified output of the Chat Memory Manager, in the order of the keys. */
export function parseGroup(
	fields: Fields,
	context: ParseContext,
	depth: number,
): ParseResult | undefined {
	const keys = [...fields.keys()];
	if (keys.length === 0 || !keys.every((key) => Object.hasOwn(GROUP_KEYS, key))) return undefined;
	const sides = new Set(keys.map((key) => GROUP_KEYS[key]));
	// `user` or `bot` alone may be a name.
	const isSure = fields.has('human') || fields.has('ai');
	if (!isSure && !(sides.has('user') && sides.has('external'))) return undefined;
	const row = context.rows++;
	const result = parseResult();
	for (const [key, value] of fields) {
		const speaker = GROUP_KEYS[key] ?? 'ignored';
		const content = parseSpeech(value, speaker, context, depth);
		if (content === undefined) return undefined;
		for (const message of toMessages(speaker, content.text, { row })) result.messages.push(message);
	}
	return result;
}

/** A turn in one entry: the customer's message and the answer. */
export interface ParsedTurn {
	result: ParseResult;
	/** The keys of the turn. */
	keys: string[];
	half: Turn['half'];
	/** Whether it is a turn even without a list of messages beside it. */
	isSure: boolean;
}

const HALVES = ['always', 'columns'] as const;

/** The turn of an entry such as { question, answer }, { chatInput, output }, or a row with user_message and bot_response. */
export function parseTurn(
	fields: Fields,
	context: ParseContext,
	depth: number,
): ParsedTurn | undefined {
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
	const place = { ...positionOf(fields, context), row: context.rows++ };
	const result = parseResult();
	for (const [speaker, key] of [
		['user', turn.user],
		['external', turn.external],
	] as const) {
		if (key === undefined) continue;
		const value = fields.get(key);
		const list = Array.isArray(value) ? context.parse(value, depth + 1) : undefined;
		if (list && list.messages.length > 0) {
			for (const message of list.messages) result.messages.push(message);
			addUnknown(result, ...list.unknown);
			continue;
		}
		const content = parseSpeech(value, speaker, context, depth);
		if (content === undefined) return undefined;
		for (const message of toMessages(speaker, content.text, place)) result.messages.push(message);
	}
	const others = [...fields.keys()].filter((key) => !keys.includes(key));
	return {
		result: result,
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
