/**
 * A bot's text without tool calls, their results and reasoning; empty if there is nothing else.
 *
 * n8n's AI Agent writes tool calls into its memory as text: `[Used tools: Tool: X, Input: {…}, Result: …] answer`
 * (`saveSteps`), or `Calling X with input: {…}`. Reasoning models write their thoughts between tags.
 */
export function spokenText(text: string): string {
	let spoken = text;
	if (spoken.includes(USED_TOOLS)) spoken = dropUsedTools(spoken);
	if (spoken.includes(' with input: ')) spoken = dropCalls(spoken);
	if (spoken.includes('<|channel|>')) spoken = finalChannel(spoken);
	return dropThoughts(spoken).trim();
}

/** The last channel of the harmony format of OpenAI's open models. The others are internal. */
function finalChannel(text: string): string {
	if (!text.includes('<|channel|>analysis') && !text.includes(FINAL_CHANNEL)) return text;
	const at = text.lastIndexOf(FINAL_CHANNEL);
	return at < 0
		? ''
		: text.slice(at + FINAL_CHANNEL.length).replace(/<\|(?:return|end)\|>\s*$/, '');
}

const FINAL_CHANNEL = '<|channel|>final<|message|>';

/** Tags around the thoughts of a model. Mistral uses brackets. */
const THOUGHT_TAG =
	/<(\/?)(think|thinking|reasoning|thought|thoughts|reflection|scratchpad)>|\[(\/?)THINK\]/gi;

/**
 * The text without thoughts. A closing tag alone ends a thought as well: the template of some models has the opening one, and
 * some models write the tag inside of a thought.
 */
function dropThoughts(text: string): string {
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

function dropUsedTools(text: string): string {
	const kept: string[] = [];
	const scans = { left: MAX_UNTERMINATED };
	let from = 0;
	for (let start = text.indexOf(USED_TOOLS); start >= 0; start = text.indexOf(USED_TOOLS, start)) {
		start += USED_TOOLS.length;
		// A message about tools, not a tool call.
		if (!/^\s{0,20}Tool:/.test(text.slice(start, start + 30))) continue;
		kept.push(text.slice(from, start - USED_TOOLS.length));
		from = endOfUsedTools(text, start, scans);
		start = from;
	}
	return [...kept, text.slice(from)].join('');
}

/** Unterminated values that are scanned per text. After that, no value counts as JSON, so more is dropped. */
const MAX_UNTERMINATED = 20;

const TOOL = /\s*;?\s*Tool: [^\n]{0,300}?, Input: /y;
const RESULT = /\s*,\s*Result: /y;

/** The end of a list of tool calls. Invalid JSON is skipped up to the next tool, or to the last bracket. */
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

/** The text without `Calling X with input: {…}` at the start of lines. If the input is no JSON, the line is dropped. */
function dropCalls(text: string): string {
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

/** The end of the JSON value at this index; undefined if there is none, or it is unterminated. */
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
 * The index after the last bracket that a space or the end follows. A result that is no JSON may contain brackets. None of
 * it may be shown, even if an answer with brackets loses its beginning.
 */
function afterLastBracket(text: string, at: number): number {
	for (let index = text.length - 1; index >= at; index--) {
		if (text.charAt(index) === ']' && /^\s?$/.test(text.charAt(index + 1))) return index + 1;
	}
	return text.length;
}
