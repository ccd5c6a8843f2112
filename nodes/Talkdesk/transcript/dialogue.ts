import { normalize } from './entry';
import type { PlacedMessage } from './order';
import type { Speaker } from './vocabulary';
import { toMilliseconds } from './time';

/**
 * Names at the beginning of lines, as voice agents, summaries and our own text form write them. Fewer than in lists: `Contact:` and
 * `Lead:` are as likely a form with a customer's data.
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

/** If one side alone speaks, only these: `Agent: Zoe` and `Customer: ACME` are then more likely a form. */
const SURE_NAMES = new Set(['user', 'human', 'ai', 'bot', 'assistant', 'chatbot', 'aiassistant']);

/** `[time] **Name** (time): words` */
const LINE =
	/^\s{0,20}(?:[-*>•]\s{1,4})?(?:\[([^\]\n]{1,40})\]\s{0,4})?\*{0,2}([A-Za-z][A-Za-z _-]{0,20})\*{0,2}(?:\s{0,4}\(([^)\n]{1,40})\))?\*{0,2}\s{0,4}:\*{0,2}(.*)$/;

export interface Line {
	speaker: Speaker;
	content: string;
	time?: PlacedMessage['time'];
}

/**
 * Reads plain text in which each message begins with who said it: `AI: Hello` and `User: Hi` on lines of their own. Lines without
 * a name belong to the message above.
 *
 * @returns the messages and what stands ahead of them; undefined for any other text
 */
export function readDialogue(
	text: string,
	zone: string,
): { lines: Line[]; prelude: string } | undefined {
	const found: Array<Omit<Line, 'content'> & { content: string[] }> = [];
	const prelude: string[] = [];
	const names = new Set<string>();
	for (const line of text.split(/\r?\n/)) {
		const [, before, name = '', after, words = ''] = LINE.exec(line) ?? [];
		const speaker = NAMES.get(normalize(name));
		if (speaker) {
			const time = toMilliseconds((after ?? before)?.replace(/ UTC$/, 'Z'), zone);
			names.add(normalize(name));
			found.push({ speaker, content: [words], ...(time !== undefined && { time }) });
		} else {
			(found.at(-1)?.content ?? prelude).push(line);
		}
	}
	const sides = new Set(found.map(({ speaker }) => speaker));
	const isDialogue =
		(sides.has('user') && sides.has('external')) || [...names].some((name) => SURE_NAMES.has(name));
	if (!isDialogue) return undefined;
	return {
		lines: found.map(({ content, ...line }) => ({ ...line, content: content.join('\n').trim() })),
		prelude: prelude.join('\n').trim(),
	};
}
