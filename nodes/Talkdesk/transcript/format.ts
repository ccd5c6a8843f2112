import type { PreviousMessage } from '../api/digitalConnect';
import type { TranscriptMessage } from './recognize';

/** The time between two messages that came without one, in milliseconds. */
const STEP = 1000;

/** The newest messages, and how many older ones were left out. A limit of 0 keeps all. */
export function takeLast(
	messages: TranscriptMessage[],
	limit: number,
): { messages: TranscriptMessage[]; omitted: number } {
	const omitted = limit > 0 ? Math.max(0, messages.length - limit) : 0;
	return { messages: messages.slice(omitted), omitted };
}

/**
 * Messages as Talkdesk takes them: each with a time. Known times are kept, as long as they don't run
 * backwards. Others are put between their neighbors, a second apart if there is room, and the last one is now; so the messages keep
 * their order.
 *
 * @param now milliseconds since 1970
 */
export function toPreviousMessages(messages: TranscriptMessage[], now: number): PreviousMessage[] {
	const times = withoutBackwardTimes(messages);
	for (let start = 0; start < times.length; start++) {
		if (times[start] !== undefined) continue;
		let end = start;
		while (end + 1 < times.length && times[end + 1] === undefined) end++;
		fill(times, start, end, now);
		start = end;
	}
	return messages.map(({ type, content }, index) => ({
		type,
		content,
		created_at: new Date(times[index] ?? now).toISOString(),
	}));
}

/** A time before that of an earlier message contradicts the order, which counts. */
function withoutBackwardTimes(messages: TranscriptMessage[]): Array<number | undefined> {
	let latest = -Infinity;
	return messages.map(({ time }) => {
		if (time === undefined || time < latest) return undefined;
		latest = time;
		return time;
	});
}

/** Fills the gap of unknown times from `start` to `end`. */
function fill(times: Array<number | undefined>, start: number, end: number, now: number): void {
	const before = times[start - 1];
	const after = times[end + 1];
	const count = end - start + 1;
	// At the end of the transcript the last message is now; otherwise the gap ends before the next known time.
	const last = after === undefined ? Math.max(now, before ?? now) : after;
	const steps = after === undefined ? count : count + 1;
	const step = before === undefined ? STEP : Math.min(STEP, Math.max(0, last - before) / steps);
	for (let index = start; index <= end; index++) {
		const stepsToLast = end - index + (after === undefined ? 0 : 1);
		times[index] = Math.round(last - stepsToLast * step);
	}
}

const NAMES = { user: 'Customer', external: 'Bot' } as const;

/**
 * A transcript as readable text, in parts of limited length. Parts end between messages; only a message that is longer
 * than a part is cut, and nothing is left out.
 *
 * @param maxLength characters of a part, at least 100
 */
export function toTextChunks(messages: TranscriptMessage[], maxLength: number): string[] {
	const limit = Math.max(100, maxLength);
	const texts: string[] = [];
	let text = '';
	for (const message of messages) {
		for (const piece of splitLine(line(message), limit)) {
			const joined = text === '' ? piece : `${text}\n${piece}`;
			if (joined.length <= limit) {
				text = joined;
			} else {
				texts.push(text);
				text = piece;
			}
		}
	}
	return text === '' ? texts : [...texts, text];
}

function line({ type, content, time }: TranscriptMessage): string {
	const when =
		time === undefined
			? ''
			: ` (${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC)`;
	return `${NAMES[type]}${when}: ${content}`;
}

function splitLine(text: string, limit: number): string[] {
	const pieces: string[] = [];
	let rest = text;
	while (rest.length > limit) {
		const space = rest.lastIndexOf(' ', limit);
		let end = space > limit / 2 ? space : limit;
		// Never between the two halves of a character.
		if (/[\uD800-\uDBFF]/.test(rest.charAt(end - 1))) end--;
		pieces.push(rest.slice(0, end));
		rest = rest.slice(end).trimStart();
	}
	return rest === '' ? pieces : [...pieces, rest];
}
