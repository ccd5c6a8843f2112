import fc from 'fast-check';

import { recognizeTranscript } from '../../../nodes/Talkdesk/transcript/recognize';

const contents = (value: unknown, order?: 'auto' | 'oldestFirst' | 'newestFirst') =>
	recognizeTranscript(value, { order }).messages.map(({ content }) => content);
const timeOf = (timestamp: unknown, zone = 'Europe/Berlin') => {
	const [message] = recognizeTranscript([{ role: 'user', content: 'Hi', timestamp }], {
		zone,
	}).messages;
	return message?.time === undefined ? undefined : new Date(message.time).toISOString();
};
const user = (content: string, more: object = {}) => ({ role: 'user', content, ...more });

describe('the order', () => {
	it('is reversed for rows that are newest first by their times', () => {
		const rows = ['newest', 'middle', 'oldest'].map((content, index) =>
			user(content, { created_at: `2026-01-05T10:00:0${3 - index}Z` }),
		);
		expect(contents(rows)).toEqual(['oldest', 'middle', 'newest']);
	});

	it.each(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 0])(
		'ignores a time that means "not set": %s',
		(unset) => {
			const rows = [
				user('a', { created_at: '2026-01-05T10:00:00Z' }),
				user('b', { created_at: unset }),
				user('c', { created_at: '2026-01-05T10:00:02Z' }),
			];
			expect(contents(rows)).toEqual(['a', 'b', 'c']);
		},
	);

	it('keeps a message without a time behind the one before it', () => {
		expect(
			contents([
				user('a'),
				user('b', { ts: 1767600005 }),
				user('c'),
				user('d', { ts: 1767600001 }),
				user('e'),
				user('f', { ts: 1767600003 }),
			]),
		).toEqual(['d', 'e', 'f', 'a', 'b', 'c']);
	});

	it('never reverses question and answer that share a row', () => {
		const rows = [2, 1].map((turn) => ({
			...{ created_at: `2026-01-0${turn}`, question: `q${turn}`, answer: `a${turn}` },
		}));
		expect(contents(rows)).toEqual(['q1', 'a1', 'q2', 'a2']);
	});

	it('is reversed for rows without times only if their numbers fall', () => {
		const row = (id: number) => ({ id, message: { type: 'human', content: `m${id}` } });
		expect(contents([row(3), row(2), row(1)])).toEqual(['m1', 'm2', 'm3']);
		expect(contents([row(1), row(2), row(3)])).toEqual(['m1', 'm2', 'm3']);
		expect(contents([row(3), row(1), row(2)])).toEqual(['m3', 'm1', 'm2']);
	});

	it('of a list without times, as in Redis, is what the option says', () => {
		const list = [
			'{"type":"ai","data":{"content":"We close at 6"}}',
			'{"type":"human","data":{"content":"When do you close?"}}',
		];
		expect(contents(list)).toEqual(['We close at 6', 'When do you close?']);
		expect(contents({ chat: list }, 'newestFirst')).toEqual([
			'When do you close?',
			'We close at 6',
		]);
	});

	it('of the option overrides the times', () => {
		const rows = [user('b', { ts: 1767600005 }), user('a', { ts: 1767600001 })];
		expect(contents(rows, 'oldestFirst')).toEqual(['b', 'a']);
		expect(contents(rows, 'newestFirst')).toEqual(['a', 'b']);
	});

	it('never has decreasing times, and loses no message', () => {
		const entries = fc.array(fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }));
		fc.assert(
			fc.property(entries, (seconds) => {
				const list = seconds.map((second, index) =>
					user(`m${index}`, second === undefined ? {} : { ts: 1767600000 + second }),
				);
				const { messages } = recognizeTranscript(list);
				const times = messages.flatMap(({ time }) => time ?? []);
				expect(times).toEqual([...times].sort((a, b) => a - b));
				expect(messages.map(({ content }) => content).sort()).toEqual(
					list.map(({ content }) => content).sort(),
				);
			}),
		);
	});
});

describe('a time', () => {
	it.each<[unknown, string]>([
		['2026-01-05 10:00:00', '2026-01-05T09:00:00.000Z'],
		['2026-07-05T10:00:00', '2026-07-05T08:00:00.000Z'],
		['2026-01-05 10:00:00.123456', '2026-01-05T09:00:00.123Z'],
		['2026-01-05 10:00:00+00', '2026-01-05T10:00:00.000Z'],
		['2026-01-05T10:00:00-0330', '2026-01-05T13:30:00.000Z'],
		['2026-01-05', '2026-01-04T23:00:00.000Z'],
		['25/12/2026 14:00', '2026-12-25T13:00:00.000Z'],
		['12/25/2026, 2:00:05 PM', '2026-12-25T13:00:05.000Z'],
		['05.06.2026 14:00', '2026-06-05T12:00:00.000Z'],
		['Mon, 05 Jan 2026 10:00:00 +0000', '2026-01-05T10:00:00.000Z'],
		['Jan 5, 2026 10:00', '2026-01-05T09:00:00.000Z'],
		[45931.5, '2025-10-01T10:00:00.000Z'],
		['45931.5', '2025-10-01T10:00:00.000Z'],
		['1767600000.0001', '2026-01-05T08:00:00.000Z'],
		[1767600000000000, '2026-01-05T08:00:00.000Z'],
		[{ $date: '2026-01-05T10:00:00Z' }, '2026-01-05T10:00:00.000Z'],
		[{ $date: { $numberLong: '1767600000000' } }, '2026-01-05T08:00:00.000Z'],
		[{ _seconds: 1767600000, _nanoseconds: 0 }, '2026-01-05T08:00:00.000Z'],
	])('%j in Berlin', (value, time) => {
		expect(timeOf(value)).toBe(time);
	});

	it.each([
		'05/06/2026 14:00',
		'10:32',
		'31.02.2026',
		'2026-13-05',
		45931,
		'May',
		'2026-01-05 25:00',
	])('ignores %j', (value) => {
		expect(timeOf(value)).toBeUndefined();
	});

	it("is read in the workflow's time zone", () => {
		expect(timeOf('2026-01-05 10:00:00', 'America/Sao_Paulo')).toBe('2026-01-05T13:00:00.000Z');
	});
});
