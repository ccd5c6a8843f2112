import { isEntry, parseNested } from './entry';

const KNOWN_FORMATS =
	'Known formats are lists of { "role", "content" } (OpenAI and others), LangChain messages, { "human", "ai" } (Chat Memory Manager), { "type", "content", "created_at" } (Talkdesk), { "from", "text" }, rows with such columns or with a question and an answer, and text with "User:" and "AI:" at the start of each line; each also as JSON text or inside an object.';

/** Remedies for unrecognized text. The first match counts. */
const REMEDIES: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/\[object \w+\]/,
		'The result of an expression became text. Remove everything before {{ and after }} in the parameter, including spaces and line breaks, or use {{ JSON.stringify($json.messages) }}.',
	],
	[
		/^\s*[[{]/,
		'It is not valid JSON, for example because an embedded expression returns a quotation mark or a line break. Make the whole parameter one expression, such as {{ [{ role: "user", content: $json.text }] }}, or embed {{ JSON.stringify($json.text) }} without quotation marks around it.',
	],
	[
		/\S/,
		'It is plain text. Start each message on its own line with its sender, "User: …" or "AI: …", or pass the text as one message: {{ [{ role: "user", content: $json.text }] }}.',
	],
];

/** What to do about an unrecognized transcript, for the user. */
export function remedyFor(value: unknown): string {
	if (
		typeof value !== 'string' ||
		isEntry(parseNested(value)) ||
		Array.isArray(parseNested(value))
	) {
		return KNOWN_FORMATS;
	}
	return REMEDIES.find(([pattern]) => pattern.test(value))?.[1] ?? KNOWN_FORMATS;
}
