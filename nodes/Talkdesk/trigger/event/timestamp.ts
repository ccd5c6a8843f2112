/** 2001-09-09 in seconds. Smaller numbers are no time of an event. */
const MIN_SECONDS = 1e9;

/**
 * Parses a time, which may be a text, or a number of seconds, milliseconds, microseconds or nanoseconds since 1970. The size
 * of a number gives its unit: seconds and milliseconds meet in the year 5138. Never throws.
 *
 * @returns a date text unchanged, a number as ISO 8601; undefined if it is no time
 */
export function parseTimestamp(value: unknown): string | undefined {
	if (typeof value === 'string' && !/^\s*\d+(?:\.\d+)?\s*$/.test(value)) {
		return Number.isNaN(Date.parse(value)) ? undefined : value;
	}
	if (typeof value !== 'string' && typeof value !== 'number') return undefined;
	let number = Number(value);
	if (!(number >= MIN_SECONDS && number < MIN_SECONDS * 1e11)) return undefined;
	if (number < 1e11) number *= 1000;
	while (number >= 1e14) number /= 1000;
	return new Date(Math.round(number)).toISOString();
}
