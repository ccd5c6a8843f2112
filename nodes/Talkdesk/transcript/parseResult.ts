import type { PositionedMessage } from './sortMessages';

/** A message, with the key and word that named its speaker. */
export interface ParsedMessage extends PositionedMessage {
	word?: string;
}

/** The messages of a value. An unrecognized value has no result. */
export interface ParseResult {
	messages: ParsedMessage[];
	/** Unrecognized parts: their number, and the first few. */
	unknownCount: number;
	unknown: unknown[];
}

/** The state that all parsers of one transcript share. */
export interface ParseContext {
	/** The IANA time zone for times without one. */
	zone: string;
	/** Values that were parsed so far. */
	values: number;
	/** Rows with messages so far. */
	rows: number;
	/** Reads whatever a value is: a list, an entry, JSON text, a dialogue. */
	parse(value: unknown, depth: number): ParseResult | undefined;
}

const MAX_SAMPLES = 3;

export function parseResult(messages: ParsedMessage[] = []): ParseResult {
	return { messages, unknownCount: 0, unknown: [] };
}

/** Adds unrecognized values. */
export function addUnknown(to: ParseResult, ...values: unknown[]): void {
	to.unknownCount += values.length;
	to.unknown = [...to.unknown, ...values].slice(0, MAX_SAMPLES);
}

/** Adds the unrecognized values of another result. */
export function mergeUnknown(to: ParseResult, from: ParseResult): void {
	to.unknownCount += from.unknownCount;
	to.unknown = [...to.unknown, ...from.unknown].slice(0, MAX_SAMPLES);
}
