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
	if (spoken.includes('<|channel|>')) spoken = finalChannel(spoken);
	return withoutThoughts(spoken).trim();
}

/** The harmony format of OpenAI's open models: each channel but the last is for the model itself. */
function finalChannel(text: string): string {
	if (!text.includes('<|channel|>analysis') && !text.includes(FINAL_CHANNEL)) return text;
	const at = text.lastIndexOf(FINAL_CHANNEL);
	return at < 0
		? ''
		: text.slice(at + FINAL_CHANNEL.length).replace(/<\|(?:return|end)\|>\s*$/, '');
}

const FINAL_CHANNEL = '<|channel|>final<|message|>';

/** Tags around what a model thinks; Mistral has brackets. */
const THOUGHT_TAG =
	/<(\/?)(think|thinking|reasoning|thought|thoughts|reflection|scratchpad)>|\[(\/?)THINK\]/gi;

/**
 * Takes away what stands between the tags. An end without a beginning ends a thought too: some models open the tag in their
 * template, so that only its end is in the text, and some write the tag inside of a thought.
 */
function withoutThoughts(text: string): string {
	const kept: string[] = [];
	let from = 0;
	let open: string | undefined;
	for (const match of text.matchAll(THOUGHT_TAG)) {
		const name = (match[2] ?? '').toLowerCase();
		const isEnd = (match[1] ?? match[3]) !== '';
		if (open !== undefined && !(isEnd && open === name)) continue;
		if (!isEnd) kept.push(text.slice(from, match.index));
		open = isEnd ? undefined : name;
		from = match.index + match[0].length;
	}
	return open === undefined ? [...kept, text.slice(from)].join('') : kept.join('');
}

const USED_TOOLS = '[Used tools:';

function withoutUsedTools(text: string): string {
	const kept: string[] = [];
	const scans = { left: MAX_UNFINISHED };
	let from = 0;
	for (let start = text.indexOf(USED_TOOLS); start >= 0; start = text.indexOf(USED_TOOLS, start)) {
		start += USED_TOOLS.length;
		// Talk about tools, and no trace of one.
		if (!/^\s{0,20}Tool:/.test(text.slice(start, start + 30))) continue;
		kept.push(text.slice(from, start - USED_TOOLS.length));
		from = endOfUsedTools(text, start, scans);
		start = from;
	}
	return [...kept, text.slice(from)].join('');
}

/** How many values without an end are looked through in one text. Beyond that no value counts as JSON, which hides more. */
const MAX_UNFINISHED = 20;

const TOOL = /\s*;?\s*Tool: [^\n]{0,300}?, Input: /y;
const RESULT = /\s*,\s*Result: /y;

/** Tool after tool. What isn't JSON is skipped up to the next tool, or the last bracket of all. */
function endOfUsedTools(text: string, start: number, scans: { left: number }): number {
	const endOfValue = (from: number) => {
		const end = scans.left > 0 ? endOfJson(text, from) : undefined;
		if (end === undefined) scans.left--;
		return end;
	};
	let at = start;
	for (;;) {
		at = endOfMatch(TOOL, text, at) ?? at;
		const input = endOfValue(at);
		const result = input === undefined ? undefined : endOfMatch(RESULT, text, input);
		const end = result === undefined ? undefined : endOfValue(result);
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

/** `Calling X with input: {…}` at the beginning of a line; of an input that is no JSON goes the line. */
function withoutCalls(text: string): string {
	const call = /^[ \t]*Calling [^\n]{1,300}? with input: /gm;
	const kept: string[] = [];
	let from = 0;
	for (let match = call.exec(text); match; match = call.exec(text)) {
		kept.push(text.slice(from, match.index));
		const isJson = /[[{"]/.test(text.charAt(call.lastIndex));
		const line = text.indexOf('\n', call.lastIndex);
		const rest = isJson || line < 0 ? text.length : line;
		from = endOfJson(text, call.lastIndex) ?? rest;
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
