import type { PlacedMessage } from './order';

/** A message, with the word that named its speaker. */
export interface ReadMessage extends PlacedMessage {
	word?: string;
}

/** What a value holds. A value of which nothing is understood has no reading. */
export interface Reading {
	messages: ReadMessage[];
	/** What wasn't understood inside of it: how many things, and the first few. */
	unknownCount: number;
	unknown: unknown[];
}

/** What all readers of one transcript share. */
export interface Walk {
	/** The time zone of times that come without one. */
	zone: string;
	/** Values that were read so far. */
	values: number;
	/** Rows that gave messages so far. */
	rows: number;
	/** Reads whatever a value is: a list, an entry, JSON text, a dialogue. */
	read(value: unknown, depth: number): Reading | undefined;
}

const MAX_SAMPLES = 3;

export function reading(messages: ReadMessage[] = []): Reading {
	return { messages, unknownCount: 0, unknown: [] };
}

/** Counts something that isn't understood. */
export function addUnknown(to: Reading, ...values: unknown[]): void {
	to.unknownCount += values.length;
	to.unknown = [...to.unknown, ...values].slice(0, MAX_SAMPLES);
}

/** Takes over what wasn't understood elsewhere. */
export function addUnknownOf(to: Reading, from: Reading): void {
	to.unknownCount += from.unknownCount;
	to.unknown = [...to.unknown, ...from.unknown].slice(0, MAX_SAMPLES);
}
