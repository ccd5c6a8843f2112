import type { PreviousMessage } from '../api/digitalConnect';
import type { TranscriptMessage } from './recognize';

/** Between two messages without a time. */
const STEP_MS = 1000;

/** The newest messages, and the number of omitted older ones. A limit of 0 keeps all. */
export function takeLast(
	messages: TranscriptMessage[],
	limit: number,
): { messages: TranscriptMessage[]; omitted: number } {
	const omitted = limit > 0 ? Math.max(0, messages.length - limit) : 0;
	return { messages: messages.slice(omitted), omitted };
}

/**
 * Messages in Talkdesk's format, each with a time that keeps their order. Known times are kept unless they go backwards.
 * Missing ones are set between their neighbors, one second apart if possible; that of the last message is `now`.
 *
 * @param now milliseconds since 1970
 */
export function toPreviousMessages(messages: TranscriptMessage[], now: number): PreviousMessage[] {
	const times = dropBackwardTimes(messages);
	for (let start = 0; start < times.length; start++) {
		if (times[start] !== undefined) continue;
		let end = start;
		while (end + 1 < times.length && times[end + 1] === undefined) end++;
		fillGap(times, start, end, now);
		start = end;
	}
	return messages.map(({ type, content }, index) => ({
		type,
		content,
		created_at: new Date(times[index] ?? now).toISOString(),
	}));
}

/** The times of the messages, without those that contradict the order. */
function dropBackwardTimes(messages: TranscriptMessage[]): Array<number | undefined> {
	let latest = -Infinity;
	return messages.map(({ time }) => {
		if (time === undefined || time < latest) return undefined;
		latest = time;
		return time;
	});
}

/** Sets the missing times from `start` to `end`. */
function fillGap(times: Array<number | undefined>, start: number, end: number, now: number): void {
	const before = times[start - 1];
	const after = times[end + 1];
	const count = end - start + 1;
	// The last message of the transcript is now. Any other gap ends before the next known time.
	const last = after === undefined ? Math.max(now, before ?? now) : after;
	const steps = after === undefined ? count : count + 1;
	const step =
		before === undefined ? STEP_MS : Math.min(STEP_MS, Math.max(0, last - before) / steps);
	for (let index = start; index <= end; index++) {
		const stepsToLast = end - index + (after === undefined ? 0 : 1);
		times[index] = Math.round(last - stepsToLast * step);
	}
}

const NAMES = { user: 'Customer', external: 'Bot' } as const;

/**
 * A transcript as readable text, in chunks of limited length. Only messages longer than a chunk are split.
 *
 * @param maxLength characters of a chunk, at least 100
 */
export function toTextChunks(messages: TranscriptMessage[], maxLength: number): string[] {
	const limit = Math.max(100, maxLength);
	const texts: string[] = [];
	let text = '';
	for (const message of messages) {
		for (const piece of splitLine(formatLine(message), limit)) {
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

function formatLine({ type, content, time }: TranscriptMessage): string {
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
		// Not within a surrogate pair.
		if (/[\uD800-\uDBFF]/.test(rest.charAt(end - 1))) end--;
		pieces.push(rest.slice(0, end));
		rest = rest.slice(end).trimStart();
	}
	return rest === '' ? pieces : [...pieces, rest];
}
