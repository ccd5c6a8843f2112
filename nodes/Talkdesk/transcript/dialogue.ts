import { normalize } from './entry';
import type { PositionedMessage } from './sortMessages';
import type { Speaker } from './vocabulary';
import { toMilliseconds } from './time';

/**
 * Names at the start of lines, in the text of voice agents, summaries and this package. Fewer than in lists: `Contact:` and
 * `Lead:` may also be a form with customer data.
 */
const NAMES: ReadonlyMap<string, Speaker> = new Map([
	...['user', 'human', 'customer', 'client', 'visitor', 'caller', 'guest'].map(
		(name) => [name, 'user'] as const,
	),
	...['ai', 'bot', 'assistant', 'chatbot', 'agent', 'virtualagent', 'aiassistant'].map(
		(name) => [name, 'external'] as const,
	),
	...['system', 'tool', 'developer'].map((name) => [name, 'ignored'] as const),
]);

/** The names that suffice if only one side speaks: `Agent: Zoe` or `Customer: ACME` is more likely a form. */
const UNAMBIGUOUS_NAMES = new Set([
	'user',
	'human',
	'ai',
	'bot',
	'assistant',
	'chatbot',
	'aiassistant',
]);

/** `[time] **Name** (time): text` */
const LINE =
	/^\s{0,20}(?:[-*>•]\s{1,4})?(?:\[([^\]\n]{1,40})\]\s{0,4})?\*{0,2}([A-Za-z][A-Za-z _-]{0,20})\*{0,2}(?:\s{0,4}\(([^)\n]{1,40})\))?\*{0,2}\s{0,4}:\*{0,2}(.*)$/;

export interface Line {
	speaker: Speaker;
	content: string;
	time?: PositionedMessage['time'];
}

/**
 * The messages of plain text with a name at the start of each, such as `AI: Hello`. Lines without a name belong to the
 * message before.
 *
 * @param zone the IANA time zone for times without one
 * @returns the messages, and the text before them; undefined for any other text
 */
export function parseDialogue(
	text: string,
	zone: string,
): { lines: Line[]; prelude: string } | undefined {
	const messages: Array<Omit<Line, 'content'> & { content: string[] }> = [];
	const prelude: string[] = [];
	const names = new Set<string>();
	for (const line of text.split(/\r?\n/)) {
		const [, before, name = '', after, words = ''] = LINE.exec(line) ?? [];
		const speaker = NAMES.get(normalize(name));
		if (speaker) {
			const time = toMilliseconds((after ?? before)?.replace(/ UTC$/, 'Z'), zone);
			names.add(normalize(name));
			messages.push({ speaker, content: [words], ...(time !== undefined && { time }) });
		} else {
			(messages.at(-1)?.content ?? prelude).push(line);
		}
	}
	const sides = new Set(messages.map(({ speaker }) => speaker));
	const isDialogue =
		(sides.has('user') && sides.has('external')) ||
		[...names].some((name) => UNAMBIGUOUS_NAMES.has(name));
	if (!isDialogue) return undefined;
	return {
		lines: messages.map(({ content, ...line }) => ({
			...line,
			content: content.join('\n').trim(),
		})),
		prelude: prelude.join('\n').trim(),
	};
}
