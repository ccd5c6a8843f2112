/**
 * Recognises a transcript in any of the forms that users of n8n have at hand, by its shape.
 * The forms are those of OpenAI's API, of LangChain and n8n's own memory nodes, of Talkdesk, and of plain rows with a
 * sender and a text, as chat channels, data tables and databases give them.
 */

/** A message as it was said: `user` is the customer, `external` is the bot. */
export interface SaidMessage {
	type: 'user' | 'external';
	content: string;
	/** Milliseconds since 1970, where the source has a time. */
	time?: number;
}

export type TranscriptResult =
	| { ok: true; messages: SaidMessage[] }
	/** `problem` goes on after the name of what was read. */
	| { ok: false; problem: string; description: string };

type Speaker = SaidMessage['type'] | 'leftOut';

/** Who speaks, in lower case. What the customer hasn't seen (instructions, tools) is left out. */
const SPEAKERS: ReadonlyMap<string, Speaker> = new Map([
	...['user', 'human', 'customer', 'client', 'visitor', 'contact', 'guest', 'lead', 'enduser'].map(
		(name) => [name, 'user'] as const,
	),
	...['external', 'assistant', 'ai', 'bot', 'chatbot', 'agent', 'model', 'virtualagent'].map(
		(name) => [name, 'external'] as const,
	),
	...['system', 'developer', 'tool', 'function', 'remove'].map(
		(name) => [name, 'leftOut'] as const,
	),
]);

const SPEAKER_KEYS = ['role', 'type', 'from', 'sender', 'author', 'speaker', 'who', 'direction'];
const CONTENT_KEYS = ['content', 'text', 'message', 'body', 'value'];
const TIME_KEYS = [
	'created_at',
	'createdAt',
	'timestamp',
	'time',
	'date',
	'sent_at',
	'sentAt',
	'datetime',
	'ts',
];
/** What lists of messages are wrapped in. */
const LIST_KEYS = [
	'messages',
	'history',
	'chatHistory',
	'chat_history',
	'transcript',
	'items',
	'data',
];
/** What a single message is wrapped in: n8n's items, rows of LangChain's tables, LangChain's stored messages. */
const MESSAGE_KEYS = ['json', 'message', 'data'];
/** Deeper than any known form nests. */
const MAX_DEPTH = 6;

const UNDERSTOOD_FORMS =
	'Understood are lists of { "role", "content" } (OpenAI), of LangChain messages, of { "human", "ai" } (Chat Memory Manager), of { "type", "content", "created_at" } (Talkdesk), of { "from", "text" } and of rows with such columns; and each of them as JSON text or inside "messages".';

type Entry = Record<string, unknown>;

function isEntry(value: unknown): value is Entry {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Recognises a transcript. Messages keep their order; empty ones, and those of systems and tools, are left out.
 *
 * @param value a list, an object with a list, one message, or JSON text of any of these; nothing is an empty transcript
 * @returns the messages, or the first entry that isn't understood; never throws
 */
export function recogniseTranscript(value: unknown): TranscriptResult {
	const read = readList(value, 0);
	if ('messages' in read) return { ok: true, messages: read.messages };
	return {
		ok: false,
		problem: `has something that isn't understood: ${preview(read.unknown)}`,
		description: UNDERSTOOD_FORMS,
	};
}

/** What was read, or what wasn't understood. */
type Read = { messages: SaidMessage[] } | { unknown: unknown };

function readList(value: unknown, depth: number): Read {
	if (value === undefined || value === null) return { messages: [] };
	if (typeof value === 'string') {
		if (value.trim() === '') return { messages: [] };
		const parsed = parseJson(value);
		return parsed === undefined ? { unknown: value } : readList(parsed, depth + 1);
	}
	if (Array.isArray(value)) {
		const messages: SaidMessage[] = [];
		for (const entry of value) {
			const read = Array.isArray(entry) ? { unknown: entry } : readEntry(entry, depth + 1);
			if ('unknown' in read) return read;
			messages.push(...read.messages);
		}
		return { messages };
	}
	return readEntry(value, depth);
}

/** Reads one entry of a list: a message, a group of messages, or a wrapper of either. */
function readEntry(entry: unknown, depth: number): Read {
	if (depth > MAX_DEPTH) return { unknown: entry };
	if (typeof entry === 'string') {
		const parsed = parseJson(entry);
		return isEntry(parsed) ? readEntry(parsed, depth + 1) : { unknown: entry };
	}
	if (!isEntry(entry)) return { unknown: entry };
	return (
		readSerialized(entry) ??
		readGroup(entry) ??
		readMessage(entry) ??
		readWrapped(entry, depth) ?? { unknown: entry }
	);
}

/** LangChain's `toJSON`: `{ lc: 1, type: 'constructor', id: [..., 'HumanMessage'], kwargs: { content } }`. */
function readSerialized({ id, kwargs }: Entry): Read | undefined {
	const name: unknown = Array.isArray(id) ? id.at(-1) : undefined;
	if (typeof name !== 'string' || !isEntry(kwargs)) return undefined;
	const className = name.replace(/Message(Chunk)?$/, '');
	const role = className === 'Chat' ? kwargs.role : className;
	return readMessage({ ...kwargs, role });
}

/** `{ human: '…', ai: '…' }`, as the Chat Memory Manager simplifies: in the order of the keys. */
function readGroup(entry: Entry): Read | undefined {
	const said = Object.entries(entry);
	const isInputOutput =
		said.length > 0 && said.every(([key]) => key === 'input' || key === 'output');
	const messages: SaidMessage[] = [];
	for (const [key, value] of said) {
		const speaker = isInputOutput ? (key === 'input' ? 'user' : 'external') : speakerOf(key);
		const content = readContent(value);
		if (speaker === undefined || content === undefined) return undefined;
		if (speaker !== 'leftOut' && content !== '') messages.push({ type: speaker, content });
	}
	return said.length > 0 ? { messages } : undefined;
}

/** A message with a speaker and a content. */
function readMessage(entry: Entry): Read | undefined {
	const speaker = SPEAKER_KEYS.map((key) => speakerOf(entry[key])).find(
		(name) => name !== undefined,
	);
	if (speaker === undefined) return undefined;
	if (speaker === 'leftOut') return { messages: [] };
	// LangChain's stored form has the content one level deeper: { type: 'human', data: { content } }.
	const candidates = [entry, ...(isEntry(entry.data) ? [entry.data] : [])];
	for (const candidate of candidates) {
		for (const key of CONTENT_KEYS) {
			if (!Object.hasOwn(candidate, key)) continue;
			const content = readContent(candidate[key]);
			if (content === undefined) continue;
			if (content === '') return { messages: [] };
			const time = readTime(entry) ?? readTime(candidate);
			return { messages: [{ type: speaker, content, ...(time !== undefined && { time }) }] };
		}
	}
	// The bot only called a tool: nothing was said.
	return Array.isArray(entry.tool_calls) ? { messages: [] } : undefined;
}

function readWrapped(entry: Entry, depth: number): Read | undefined {
	for (const key of LIST_KEYS) {
		const list = entry[key];
		if (Array.isArray(list) || (key === 'messages' && typeof list === 'string')) {
			return readList(list, depth + 1);
		}
	}
	for (const key of MESSAGE_KEYS) {
		const inner = entry[key];
		if (!isEntry(inner) && typeof inner !== 'string') continue;
		const read = readEntry(inner, depth + 1);
		if ('unknown' in read) continue;
		const time = readTime(entry);
		return {
			messages: read.messages.map((message) => ({
				...(time !== undefined && { time }),
				...message,
			})),
		};
	}
	return undefined;
}

function speakerOf(value: unknown): Speaker | undefined {
	if (isEntry(value)) return speakerOf(value.type) ?? speakerOf(value.role);
	return typeof value === 'string'
		? SPEAKERS.get(
				value
					.trim()
					.toLowerCase()
					.replace(/[\s_-]/g, ''),
			)
		: undefined;
}

/** Readable text of a content: a text, or parts of text, images and files. `undefined` where it is none of these. */
function readContent(content: unknown): string | undefined {
	if (content === null) return '';
	if (typeof content === 'string') return content.trim();
	if (typeof content === 'number') return String(content);
	if (!Array.isArray(content)) return isEntry(content) ? readPart(content) : undefined;
	const parts: string[] = [];
	for (const part of content) {
		const text =
			typeof part === 'string' ? part.trim() : isEntry(part) ? readPart(part) : undefined;
		if (text === undefined) return undefined;
		if (text !== '') parts.push(text);
	}
	return parts.join('\n');
}

function readPart(part: Entry): string | undefined {
	const { type, text, name, file } = part;
	if (typeof text === 'string') return text.trim();
	if (typeof type !== 'string') return undefined;
	if (/image/.test(type)) return '[image]';
	if (/audio/.test(type)) return '[audio]';
	if (/video/.test(type)) return '[video]';
	if (/file|document/.test(type)) {
		const fileName = name ?? (isEntry(file) ? file.filename : undefined);
		return typeof fileName === 'string' ? `[file: ${fileName}]` : '[file]';
	}
	// What a model thinks and which tools it calls was never said to the customer.
	return /tool|function|reasoning|thinking|refusal/.test(type) ? '' : undefined;
}

/** The time of a message, from a text, seconds, milliseconds, a Date or n8n's DateTime. */
function readTime(entry: Entry): number | undefined {
	for (const key of TIME_KEYS) {
		const time = toMilliseconds(entry[key]);
		// Only what a Date can hold can be written as ISO 8601.
		if (time !== undefined && !Number.isNaN(new Date(time).valueOf())) return time;
	}
	return undefined;
}

function toMilliseconds(value: unknown): number | undefined {
	const plain = isEntry(value) && typeof value.valueOf === 'function' ? value.valueOf() : value;
	if (typeof plain === 'string' && !/^\d+(\.\d+)?$/.test(plain.trim())) {
		const parsed = Date.parse(plain);
		return Number.isNaN(parsed) ? undefined : parsed;
	}
	const number = typeof plain === 'string' ? Number(plain) : plain;
	if (typeof number !== 'number' || !Number.isFinite(number) || number < 1e8) return undefined;
	// Seconds until the year 5138; anything larger is milliseconds.
	return Math.round(number < 1e11 ? number * 1000 : number);
}

function parseJson(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return value;
	} catch {
		return undefined;
	}
}

function preview(value: unknown): string {
	const text = typeof value === 'string' ? value : (toJson(value) ?? String(typeof value));
	return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function toJson(value: unknown): string | undefined {
	try {
		return JSON.stringify(value);
	} catch {
		return 'a value that nests too deep, or in a circle';
	}
}
