import type { TranscriptMessage } from './recognize';

/** A message with its position in the source. */
export interface PositionedMessage extends TranscriptMessage {
	/** The index of its entry. A row with a whole turn has several messages. */
	row: number;
	/** The number that the source has for the row. */
	sequence?: number;
}

export type TranscriptOrder = 'auto' | 'oldestFirst' | 'newestFirst';

/**
 * The messages, oldest first. With `auto`, times decide; a message without one stays after the message before. Without any
 * times, rows with falling numbers are newest first (`ORDER BY id DESC`), and any other list is oldest first.
 */
export function oldestFirst(
	messages: PositionedMessage[],
	order: TranscriptOrder,
): PositionedMessage[] {
	if (order === 'oldestFirst') return messages;
	if (order === 'newestFirst') return reverseRows(messages);
	const listed = isNewestFirst(messages) ? reverseRows(messages) : messages;
	return sortByTime(listed);
}

function isNewestFirst(messages: PositionedMessage[]): boolean {
	const times = messages.flatMap(({ time }) => time ?? []);
	const [first] = times;
	if (first !== undefined && times.some((time) => time !== first)) {
		return times.every((time, index) => time <= (times[index - 1] ?? time));
	}
	// Each row has a lower number than the row before.
	return (
		new Set(messages.map(({ row }) => row)).size > 1 &&
		messages.every(({ row, sequence }, index) => {
			const before = messages[index - 1];
			if (sequence === undefined) return false;
			return before === undefined || before.row === row || sequence < (before.sequence ?? sequence);
		})
	);
}

/** The rows in reverse order. Messages of one row keep their order. */
function reverseRows(messages: PositionedMessage[]): PositionedMessage[] {
	const rows: PositionedMessage[][] = [];
	for (const message of messages) {
		const current = rows.at(-1);
		if (current?.[0]?.row === message.row) current.push(message);
		else rows.push([message]);
	}
	return rows.reverse().flat();
}

function sortByTime(messages: PositionedMessage[]): PositionedMessage[] {
	// Messages before the first known time stay before it.
	let latestTime = messages.find(({ time }) => time !== undefined)?.time;
	if (latestTime === undefined) return messages;
	const timed = messages.map((message) => {
		latestTime = message.time ?? latestTime;
		return { message, time: latestTime ?? 0 };
	});
	return timed.sort((a, b) => a.time - b.time).map(({ message }) => message);
}

/** Two lists of one conversation, without the messages that end the first and begin the second. */
export function mergeOverlap<Message extends PositionedMessage>(
	first: Message[],
	second: Message[],
): Message[] {
	if (first.length === 0) return second;
	const overlap = overlapLength(first, second);
	const start = first.length - overlap;
	return [
		...first.map((message, index) =>
			index < start ? message : { ...message, time: message.time ?? second[index - start]?.time },
		),
		...second.slice(overlap),
	];
}

/** How many messages at the end of `first` begin `second` (Knuth-Morris-Pratt). */
function overlapLength(first: PositionedMessage[], second: PositionedMessage[]): number {
	const same = (a: PositionedMessage | undefined, b: PositionedMessage | undefined) =>
		a !== undefined && b !== undefined && a.type === b.type && a.content === b.content;
	const borders = [0];
	for (let index = 1, length = 0; index < second.length; index++) {
		while (length > 0 && !same(second[index], second[length])) length = borders[length - 1] ?? 0;
		if (same(second[index], second[length])) length++;
		borders.push(length);
	}
	let length = 0;
	for (const message of first) {
		while (length > 0 && !same(message, second[length])) length = borders[length - 1] ?? 0;
		if (same(message, second[length])) length++;
	}
	const start = first.length - length;
	const isOtherTime = second.slice(0, length).some(({ time }, index) => {
		const earlier = first[start + index]?.time;
		return time !== undefined && earlier !== undefined && time !== earlier;
	});
	return isOtherTime ? 0 : length;
}
