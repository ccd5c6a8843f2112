import { limitWaitTimeOption, waitLimit } from '../../../nodes/Talkdesk/waiting/limitWaitTime';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const limit = (values: unknown, timezone = 'Etc/UTC') =>
	waitLimit(limitWaitTimeOption.schema.parse({ values }), NOW, timezone)?.toISOString();
const after = (resumeAmount: unknown, resumeUnit: unknown) =>
	limit({ limitType: 'afterTimeInterval', resumeAmount, resumeUnit });
const at = (maxDateAndTime: unknown, timezone?: string) =>
	limit({ limitType: 'atSpecifiedTime', maxDateAndTime }, timezone);

it.each([undefined, null, {}, { values: undefined }])('%j sets no limit', (value) => {
	expect(waitLimit(limitWaitTimeOption.schema.parse(value), NOW, 'Etc/UTC')).toBeUndefined();
});

it.each([
	[1, 'minutes', '2026-03-01T12:01:00.000Z'],
	[1.5, 'hours', '2026-03-01T13:30:00.000Z'],
	['2', 'days', '2026-03-03T12:00:00.000Z'],
	[0, 'days', '2026-03-01T12:00:00.000Z'],
	[undefined, undefined, '2026-03-01T12:45:00.000Z'],
	[null, '', '2026-03-01T12:45:00.000Z'],
	// Longer than dates go: n8n's own time for "indefinitely".
	[1e12, 'days', '3000-01-01T00:00:00.000Z'],
])('after %j %s', (amount, unit, expected) => {
	expect(after(amount, unit)).toBe(expected);
});

it.each([
	['2026-03-02T09:00:00.000Z', 'America/New_York', '2026-03-02T09:00:00.000Z'],
	['2026-03-02T09:00:00+05:30', 'America/New_York', '2026-03-02T03:30:00.000Z'],
	// As the editor stores it: in the time zone of the workflow.
	['2026-03-02T09:00:00', 'America/New_York', '2026-03-02T14:00:00.000Z'],
	['2026-03-02 09:00:00', 'Asia/Kolkata', '2026-03-02T03:30:00.000Z'],
	['2026-03-02', 'America/New_York', '2026-03-02T05:00:00.000Z'],
	['2026-02-01T09:00:00', 'Etc/UTC', '2026-02-01T09:00:00.000Z'],
	[new Date('2026-03-02T09:00:00.000Z'), 'America/New_York', '2026-03-02T09:00:00.000Z'],
	['+100000-01-01T00:00:00Z', 'Etc/UTC', '3000-01-01T00:00:00.000Z'],
])('at %s in %s', (text, timezone, expected) => {
	expect(at(text, timezone)).toBe(expected);
});

it.each([
	[{ limitType: 'atSpecifiedTime', maxDateAndTime: '' }, 'must have a date and time'],
	[{ limitType: 'atSpecifiedTime', maxDateAndTime: null }, 'must have a date and time'],
	[{ limitType: 'atSpecifiedTime', maxDateAndTime: 'tomorrow' }, 'must have a date and time'],
	[{ limitType: 'atSpecifiedTime', maxDateAndTime: new Date(NaN) }, 'must have a date and time'],
	[{ limitType: 'never' }, 'must be one of: afterTimeInterval, atSpecifiedTime'],
	[{ limitType: 'afterTimeInterval', resumeAmount: -1 }, 'must be a number of 0 or more'],
	[{ limitType: 'afterTimeInterval', resumeAmount: 'ten' }, 'must be a number of 0 or more'],
	[{ limitType: 'afterTimeInterval', resumeUnit: 'years' }, 'must be one of: minutes, hours, days'],
	['soon', 'is incomplete'],
])('%j is refused: %s', (values, message) => {
	expect(limitWaitTimeOption.schema.safeParse({ values }).error?.issues[0]?.message).toBe(message);
});
