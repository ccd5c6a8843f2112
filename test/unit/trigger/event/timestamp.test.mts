import { parseTimestamp } from '../../../../nodes/Talkdesk/trigger/event/timestamp';

it.each([
	['the first second that counts', 1e9, '2001-09-09T01:46:40.000Z'],
	['the last second that counts', 1e11 - 1, '5138-11-16T09:46:39.000Z'],
	['the first millisecond', 1e11, '1973-03-03T09:46:40.000Z'],
	['the last millisecond', 1e14 - 1, '5138-11-16T09:46:39.999Z'],
	['the first microsecond', 1e14, '1973-03-03T09:46:40.000Z'],
	['a part of a second, as a text', '1767600000.25', '2026-01-05T08:00:00.250Z'],
	['a nanosecond, as a text', '1767600000123456789', '2026-01-05T08:00:00.123Z'],
])('a number is a time by its size: %s', (_what, given, expected) => {
	expect(parseTimestamp(given)).toBe(expected);
});

it.each([1e9 - 1, 1e20, -1e10, NaN, Infinity])('%d is no time', (given) => {
	expect(parseTimestamp(given)).toBeUndefined();
});

it.each([[[1767600000]], [true], [null], [new Date(1767600000000)], [{}]])(
	'%j is no time',
	(given) => {
		expect(parseTimestamp(given)).toBeUndefined();
	},
);
