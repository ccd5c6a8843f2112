/**
 * The part of a bot's text that the customer read. Sources of the forms: n8n's AI Agent writes tool calls into its memory as
 * text, `[Used tools: Tool: X, Input: {…}, Result: …] answer` (saveSteps of its agents), newer ones as `Calling X with input: {…}`;
 * reasoning models write what they think between tags.
 *
 * @returns the text without tool calls, their results and thoughts; empty if nothing else was there
 */
export function spokenPart(text: string): string {
	let spoken = text;
	if (spoken.includes(USED_TOOLS)) spoken = withoutUsedTools(spoken);
	if (spoken.includes(' with input: ')) spoken = withoutCalls(spoken);
	for (const tag of THOUGHT_TAGS) {
		if (spoken.includes(`</${tag}>`) || spoken.includes(`<${tag}>`)) {
			spoken = withoutTag(spoken, tag);
		}
	}
	return spoken.trim();
}

const THOUGHT_TAGS = ['think', 'thinking', 'reasoning', 'thought'];

/** Some models open the tag in their template, so that only its end is in the text. */
function withoutTag(text: string, tag: string): string {
	const [open, close] = [`<${tag}>`, `</${tag}>`];
	const kept: string[] = [];
	const firstClose = text.indexOf(close);
	const firstOpen = text.indexOf(open);
	const isOpened = firstOpen >= 0 && (firstClose < 0 || firstOpen < firstClose);
	let from = firstClose >= 0 && !isOpened ? firstClose + close.length : 0;
	for (;;) {
		const start = text.indexOf(open, from);
		if (start < 0) break;
		kept.push(text.slice(from, start));
		const end = text.indexOf(close, start);
		if (end < 0) return kept.join('');
		from = end + close.length;
	}
	return [...kept, text.slice(from)].join('');
}

const USED_TOOLS = '[Used tools:';

function withoutUsedTools(text: string): string {
	const kept: string[] = [];
	let from = 0;
	for (;;) {
		const start = text.indexOf(USED_TOOLS, from);
		if (start < 0) break;
		kept.push(text.slice(from, start));
		from = endOfUsedTools(text, start + USED_TOOLS.length);
	}
	return [...kept, text.slice(from)].join('');
}

const TOOL = /\s*;?\s*Tool: [^\n]{0,300}?, Input: /y;
const RESULT = /\s*,\s*Result: /y;

/** Tool after tool. What isn't JSON is skipped up to the next tool, or the last bracket of all. */
function endOfUsedTools(text: string, start: number): number {
	let at = start;
	for (;;) {
		at = endOfMatch(TOOL, text, at) ?? at;
		const input = endOfJson(text, at);
		const result = input === undefined ? undefined : endOfMatch(RESULT, text, input);
		const end = result === undefined ? undefined : endOfJson(text, result);
		const next = end ?? at;
		if (end !== undefined && /^\s*\]/.test(text.slice(end, end + 20))) {
			return text.indexOf(']', end) + 1;
		}
		if (end !== undefined && endOfMatch(TOOL, text, end) !== undefined) {
			at = end;
			continue;
		}
		const following = text.indexOf('; Tool: ', next);
		if (following < 0 || endOfMatch(TOOL, text, following) === undefined) {
			return afterLastBracket(text, result ?? at);
		}
		at = following;
	}
}

/** `Calling X with input: {…}` at the beginning of a line. */
function withoutCalls(text: string): string {
	const call = /^[ \t]*Calling [^\n]{1,300}? with input: /gm;
	const kept: string[] = [];
	let from = 0;
	for (let match = call.exec(text); match; match = call.exec(text)) {
		kept.push(text.slice(from, match.index));
		from = endOfJson(text, call.lastIndex) ?? text.length;
		call.lastIndex = from;
	}
	return [...kept, text.slice(from)].join('');
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | undefined {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : undefined;
}

const PRIMITIVE = /-?\d[\d.eE+-]*|true|false|null|undefined/y;

/** Where a JSON value that begins here ends; undefined if none begins here, or it doesn't end. */
function endOfJson(text: string, at: number): number | undefined {
	const first = text.charAt(at);
	if (first !== '{' && first !== '[' && first !== '"') return endOfMatch(PRIMITIVE, text, at);
	let depth = 0;
	let isInString = false;
	for (let index = at; index < text.length; index++) {
		const character = text.charAt(index);
		if (isInString) {
			if (character === '\\') index++;
			else if (character === '"') isInString = false;
		} else if (character === '"') isInString = true;
		else if (character === '{' || character === '[') depth++;
		else if (character === '}' || character === ']') depth--;
		if (depth === 0 && !isInString) return index + 1;
	}
	return undefined;
}

/**
 * After the last bracket that may be the list's own, which a blank or the end follows. A result that is no JSON may have any
 * brackets; nothing of it may be shown, even if an answer with brackets of its own loses its beginning.
 */
function afterLastBracket(text: string, at: number): number {
	for (let index = text.length - 1; index >= at; index--) {
		if (text.charAt(index) === ']' && /^\s?$/.test(text.charAt(index + 1))) return index + 1;
	}
	return text.length;
}
