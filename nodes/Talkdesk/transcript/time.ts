import { DateTime } from 'luxon';

import { isEntry } from './entry';

/**
 * The point in time of a value: ISO 8601, SQL, RFC 2822, seconds to nanoseconds since 1970, the day number of a spreadsheet, a
 * Date, n8n's DateTime, or an object of MongoDB or Firestore.
 *
 * @param zone the IANA time zone for values without one
 * @returns milliseconds since 1970; undefined if the value is ambiguous, such as `10:32` or `05/06/2026`
 */
export function toMilliseconds(value: unknown, zone: string): number | undefined {
	const time = parse(unwrap(value), zone) ?? NaN;
	return time >= EARLIEST && time < LATEST ? time : undefined;
}

/** 1973 to 5138. Programs write the years 1, 1970 and 9999 for "not set". */
const [EARLIEST, LATEST] = [1e11, 1e14];

/** Keys of time objects: MongoDB's extended JSON, Firestore's timestamps. */
const TIME_OBJECT_KEYS = ['$date', '$numberLong', '_seconds', 'seconds'];

function unwrap(value: unknown, depth = 0): unknown {
	if (!isEntry(value) || depth > 2) return value;
	for (const key of TIME_OBJECT_KEYS) {
		if (Object.hasOwn(value, key)) return unwrap(value[key], depth + 1);
	}
	return typeof value.valueOf === 'function' ? value.valueOf() : value;
}

function parse(value: unknown, zone: string): number | undefined {
	if (typeof value === 'number') return fromNumber(value, zone);
	if (typeof value !== 'string') return undefined;
	const text = value.trim();
	if (text.length > 60) return undefined;
	if (/^\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text), zone);
	return fromIso(text, zone) ?? fromSlashes(text, zone) ?? fromMonthName(text, zone);
}

/** Days since the end of 1899 in spreadsheets, from 1970 to 2119. Whole numbers are ambiguous. */
const SPREADSHEET_DAYS = { first: 25_569, last: 80_000 };
const DAY = 86_400_000;

function fromNumber(value: number, zone: string): number | undefined {
	const { first, last } = SPREADSHEET_DAYS;
	if (value >= first && value <= last && !Number.isInteger(value)) {
		// Rounded to seconds, since fractions of a day are inexact.
		return toUtc(Math.round(((value - first) * DAY) / 1000) * 1000, zone);
	}
	if (!Number.isFinite(value)) return undefined;
	// Seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
	if (value < 1e11) return Math.round(value * 1000);
	if (value < 1e14) return Math.round(value);
	return Math.round(value < 1e17 ? value / 1e3 : value / 1e6);
}

const ISO =
	/^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ,]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

function fromIso(text: string, zone: string): number | undefined {
	const match = ISO.exec(text);
	if (!match) return undefined;
	const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '0', offset] = match;
	return fromParts(
		{ year, month, day, hour, minute, second, millisecond: Number(`0.${fraction}`) * 1000 },
		offset,
		zone,
	);
}

const SLASHES =
	/^(\d\d?)([/.])(\d\d?)\2(\d{4})(?:[T ,]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([ap])?\.?(?:m\.?)?)?$/i;

/** With dots, the day comes first. With slashes, only a number above 12 tells day and month apart. */
function fromSlashes(text: string, zone: string): number | undefined {
	const match = SLASHES.exec(text);
	if (!match) return undefined;
	const [, first, separator, second, year, hours = 0, minute = 0, seconds = 0, half] = match;
	const isDayFirst = separator === '.' || Number(first) > 12;
	if (!isDayFirst && Number(second) <= 12 && first !== second) return undefined;
	const [day, month] = isDayFirst ? [first, second] : [second, first];
	const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hours);
	return fromParts(
		{ year, month, day, hour, minute, second: seconds, millisecond: 0 },
		undefined,
		zone,
	);
}

type Parts = Record<
	'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond',
	string | number | undefined
>;

function fromParts(parts: Parts, offset: string | undefined, zone: string): number | undefined {
	const { year, month, day, hour, minute, second, millisecond } = parts;
	const utc = Date.UTC(
		Number(year),
		Number(month) - 1,
		Number(day),
		Number(hour),
		Number(minute),
		Number(second),
		Math.floor(Number(millisecond)),
	);
	// Dates such as 31 February are invalid, and so is hour 25.
	const date = new Date(utc);
	const isReal =
		date.getUTCMonth() + 1 === Number(month) &&
		date.getUTCDate() === Number(day) &&
		Number(minute) < 60;
	if (!isReal) return undefined;
	if (offset === undefined) return toUtc(utc, zone);
	const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
	const shift = hours === undefined ? 0 : Number(hours) * 60 + Number(minutes);
	return utc - (sign === '-' ? -shift : shift) * 60_000;
}

/** Times such as `Mon, 05 Jan 2026 10:00:00 +0000` or `Jan 5, 2026 10:00`. */
function fromMonthName(text: string, zone: string): number | undefined {
	if (!/\d{4}/.test(text) || !/\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i.test(text)) {
		return undefined;
	}
	const hasZone = /(gmt|utc|z|[+-]\d\d:?\d\d)(\s*\([^)]*\))?$/i.test(text);
	const parsed = Date.parse(hasZone ? text : `${text} UTC`);
	if (Number.isNaN(parsed)) return undefined;
	return hasZone ? parsed : toUtc(parsed, zone);
}

/** The point in time with the same local time in `zone` as `utc` has in UTC. */
function toUtc(utc: number, zone: string): number | undefined {
	const local = DateTime.fromMillis(utc, { zone: 'utc' }).setZone(zone, { keepLocalTime: true });
	return local.isValid ? local.toMillis() : utc;
}
