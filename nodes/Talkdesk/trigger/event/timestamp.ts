/** 2001-09-09 in seconds: smaller numbers are no times of an event. */
const MIN_SECONDS = 1e9;

/**
 * A time as Talkdesk, or a relay in between, may give it: a text that says when, as it is; or a number, also as a text, of
 * seconds, milliseconds, microseconds or nanoseconds since 1970, as ISO 8601. How large a number is tells its unit: seconds
 * and milliseconds meet in the year 5138.
 *
 * @returns undefined where there is no time; never throws
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
