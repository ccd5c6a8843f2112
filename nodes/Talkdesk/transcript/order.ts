import type { TranscriptMessage } from './recognize';

/** A message with what tells its place. */
export interface PlacedMessage extends TranscriptMessage {
	/** The entry it came from, counted as listed. A turn in one row has several messages. */
	row: number;
	/** The number of its row in the source. */
	sequence?: number;
}

export type TranscriptOrder = 'auto' | 'oldestFirst' | 'newestFirst';

/**
 * Messages, oldest first. With `auto` times decide; a message without one stays with the message before it. Without any time a list
 * whose rows have falling numbers is newest first, as `ORDER BY id DESC` gives it; any other one is taken as it is.
 */
export function oldestFirst(messages: PlacedMessage[], order: TranscriptOrder): PlacedMessage[] {
	if (order === 'oldestFirst') return messages;
	if (order === 'newestFirst') return byRowsFromLast(messages);
	const listed = isNewestFirst(messages) ? byRowsFromLast(messages) : messages;
	return byTime(listed);
}

function isNewestFirst(messages: PlacedMessage[]): boolean {
	const times = messages.flatMap(({ time }) => time ?? []);
	const [first] = times;
	if (first !== undefined && times.some((time) => time !== first)) {
		return times.every((time, index) => time <= (times[index - 1] ?? time));
	}
	// Each row has a number, below that of the row before.
	return (
		new Set(messages.map(({ row }) => row)).size > 1 &&
		messages.every(({ row, sequence }, index) => {
			const before = messages[index - 1];
			if (sequence === undefined) return false;
			return before === undefined || before.row === row || sequence < (before.sequence ?? sequence);
		})
	);
}

/** The last row first; what one row said stays in its order. */
function byRowsFromLast(messages: PlacedMessage[]): PlacedMessage[] {
	const rows: PlacedMessage[][] = [];
	for (const message of messages) {
		const current = rows.at(-1);
		if (current?.[0]?.row === message.row) current.push(message);
		else rows.push([message]);
	}
	return rows.reverse().flat();
}

function byTime(messages: PlacedMessage[]): PlacedMessage[] {
	// What comes ahead of the first known time stays ahead of it.
	let known = messages.find(({ time }) => time !== undefined)?.time;
	if (known === undefined) return messages;
	const timed = messages.map((message) => {
		known = message.time ?? known;
		return { message, time: known ?? 0 };
	});
	return timed.sort((a, b) => a.time - b.time).map(({ message }) => message);
}

/** Two runs of one conversation as one: what the second repeats of the first's end appears once. */
export function joinRuns<Message extends PlacedMessage>(
	first: Message[],
	second: Message[],
): Message[] {
	if (first.length === 0) return second;
	const repeated = repeatedLength(first, second);
	const start = first.length - repeated;
	return [
		...first.map((message, index) =>
			index < start ? message : { ...message, time: message.time ?? second[index - start]?.time },
		),
		...second.slice(repeated),
	];
}

/** How many messages at the end of `first` are those at the beginning of `second`: Knuth, Morris and Pratt's way, in one pass. */
function repeatedLength(first: PlacedMessage[], second: PlacedMessage[]): number {
	const same = (a: PlacedMessage | undefined, b: PlacedMessage | undefined) =>
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
