import { checkAndRecord, type ProcessedKeys } from '../../../nodes/Talkdesk/deduplication/database';

const SQLITE_UNIQUE = new Error(
	'SQLITE_CONSTRAINT: UNIQUE constraint failed: processed_data.context',
);
const POSTGRES_UNIQUE = new Error('duplicate key value violates unique constraint "PK_ca04b9d8"');
const DISCONNECTED = new Error('Connection terminated');

/**
 * A database as n8n uses it: reads the row, waits, and writes it back with the new keys.
 *
 * @param failures thrown by the next calls
 */
function database({ failures = [], stored = [] }: { failures?: Error[]; stored?: string[] } = {}) {
	const state = { stored: new Set(stored), calls: [] as string[][], running: 0, mostAtOnce: 0 };
	const record: ProcessedKeys['record'] = async (keys) => {
		state.calls.push(keys);
		state.mostAtOnce = Math.max(state.mostAtOnce, ++state.running);
		const read = new Set(state.stored);
		for (let turn = 0; turn < 5; turn++) await Promise.resolve();
		state.running--;
		const failure = failures.shift();
		if (failure) throw failure;
		state.stored = new Set([...read, ...keys]);
		return { new: keys.filter((key) => !read.has(key)) };
	};
	return { state, record };
}

let scopes = 0;
const processed = (
	record: ProcessedKeys['record'],
	{ warnings = [], scope = `scope-${++scopes}` }: { warnings?: string[]; scope?: string } = {},
): ProcessedKeys => ({ scope, record, warn: (message) => warnings.push(message) });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Lets the time pass in which confirmations are made. */
const confirmed = async (milliseconds = 1_000) => await jest.advanceTimersByTimeAsync(milliseconds);

it('is new the first time, and a duplicate after that', async () => {
	const keys = processed(database().record);
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect(await checkAndRecord('a', keys)).toBe(false);
	expect(await checkAndRecord('b', keys)).toBe(true);
	await confirmed(5_000);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('finds exactly one new key among concurrent equal ones, and loses none', async () => {
	const { state, record } = database();
	const keys = processed(record);
	const all = Array.from({ length: 300 }, (_, index) => `event ${index % 100}`);
	const first = await Promise.all(all.map(async (one) => await checkAndRecord(one, keys)));
	expect(first.filter(Boolean)).toHaveLength(100);
	expect(first.slice(0, 100).every(Boolean)).toBe(true);
	expect(state.stored.size).toBe(100);
});

it('calls the database for one batch at a time, with all keys that wait', async () => {
	const { state, record } = database();
	const keys = processed(record);
	const check = (...some: string[]) => some.map((one) => checkAndRecord(one, keys));
	const first = check('a', 'b', 'a');
	await Promise.resolve();
	await Promise.all([...first, ...check('c', 'b', 'd')]);
	expect(state.calls).toEqual([
		['a', 'b'],
		['c', 'd', 'a', 'b'],
	]);
	expect(state.mostAtOnce).toBe(1);
});

it('confirms a key once if it has stayed, and then makes no more calls', async () => {
	const { state, record } = database();
	expect(await checkAndRecord('a', processed(record))).toBe(true);
	expect(state.calls).toEqual([['a']]);
	await confirmed();
	expect(state.calls).toEqual([['a'], ['a']]);
	await confirmed(60_000);
	expect(state.calls).toHaveLength(2);
});

it.each([1, 2, 5])('records a key again that another worker has undone %d times', async (times) => {
	const { state, record } = database();
	let undone = 0;
	const overwritten: ProcessedKeys['record'] = async (keys) => {
		const before = new Set(state.stored);
		const result = await record(keys);
		// The other worker read the row before, and writes it now.
		if (undone++ < times) state.stored = new Set([...before, `of another worker ${undone}`]);
		return result;
	};
	const keys = processed(overwritten);
	expect(await checkAndRecord('a', keys)).toBe(true);
	await confirmed(20_000);
	expect(state.stored).toContain('a');
	expect(state.stored.size).toBe(times + 1);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('records unconfirmed keys with every call, without an influence on the result', async () => {
	const { state, record } = database();
	let calls = 0;
	const overwritten: ProcessedKeys['record'] = async (keys) => {
		const result = await record(keys);
		if (++calls === 1) state.stored = new Set(['of another worker']);
		return result;
	};
	const keys = processed(overwritten);
	const first = checkAndRecord('a', keys);
	await Promise.resolve();
	const others = ['b', 'a', 'c'].map((one) => checkAndRecord(one, keys));
	expect(await Promise.all([first, ...others])).toEqual([true, true, false, true]);
	expect(state.calls[1]).toEqual(['b', 'c', 'a']);
	expect([...state.stored].sort()).toEqual(['a', 'b', 'c', 'of another worker']);
});

it('resolves before it confirms', async () => {
	const { record } = database();
	let calls = 0;
	const slow: ProcessedKeys['record'] = async (keys) =>
		++calls === 1 ? await record(keys) : await new Promise(() => undefined);
	expect(await checkAndRecord('a', processed(slow))).toBe(true);
});

it('makes separate calls for each trigger', async () => {
	const { state, record } = database();
	await Promise.all([
		checkAndRecord('a', processed(record)),
		checkAndRecord('b', processed(record)),
	]);
	expect(state.mostAtOnce).toBe(2);
});

it.each([SQLITE_UNIQUE, POSTGRES_UNIQUE])(
	'counts the keys of another process that created the row first (%s)',
	async (error) => {
		const warnings: string[] = [];
		const { state, record } = database({ failures: [error], stored: ['a'] });
		const keys = processed(record, { warnings });
		const all = ['a', 'b'].map((one) => checkAndRecord(one, keys));
		expect(await Promise.all(all)).toEqual([false, true]);
		expect(state.calls).toEqual([
			['a', 'b'],
			['a', 'b'],
		]);
		expect(warnings).toEqual([]);
	},
);

it('passes a known key after any other error, as the failed attempt may have recorded it', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [DISCONNECTED], stored: ['a'] });
	const keys = processed(record, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect([state.calls.length, warnings]).toEqual([2, []]);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('knows a recorded key, even if the confirmation fails', async () => {
	const warnings: string[] = [];
	const { record } = database();
	let calls = 0;
	const failing: ProcessedKeys['record'] = async (keys) => {
		if (++calls === 2) throw DISCONNECTED;
		return await record(keys);
	};
	const keys = processed(failing, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	await confirmed();
	expect(calls).toBe(3);
	expect(await checkAndRecord('a', keys)).toBe(false);
	expect(warnings).toEqual([]);
});

it('passes every event and warns while the database fails, and records the keys later', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [DISCONNECTED, POSTGRES_UNIQUE, DISCONNECTED] });
	const keys = processed(record, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect(warnings).toEqual(['Duplicates could not be checked: Connection terminated']);
	expect([...state.stored]).toEqual([]);
	await confirmed();
	expect([...state.stored]).toEqual(['a']);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('gives up confirmations if the database never recovers, and warns once', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: Array.from({ length: 200 }, () => DISCONNECTED) });
	await checkAndRecord('a', processed(record, { warnings }));
	await confirmed(600_000);
	// Three attempts at first, and in each of ten confirmations.
	expect([state.calls.length, warnings.length]).toEqual([33, 1]);
});

describe('confirmations', () => {
	const random = (value: number) => jest.spyOn(Math, 'random').mockReturnValue(value);
	afterEach(() => jest.restoreAllMocks());

	it('are counted anew with each check', async () => {
		random(0);
		const { state, record } = database({
			failures: Array.from({ length: 200 }, () => DISCONNECTED),
		});
		const keys = processed(record);
		await checkAndRecord('a', keys);
		await confirmed(2_500);
		expect(state.calls).toHaveLength(3 + 5 * 3);
		await checkAndRecord('b', keys);
		await confirmed(600_000);
		expect(state.calls).toHaveLength(3 + 5 * 3 + 3 + 10 * 3);
	});

	it('come at another moment than those of other workers', async () => {
		random(0.5);
		const { state, record } = database();
		await checkAndRecord('a', processed(record));
		await confirmed(749);
		expect(state.calls).toHaveLength(1);
		await confirmed(1);
		expect(state.calls).toHaveLength(2);
	});

	it('are not the next check, if it comes at once: another worker may still undo the key', async () => {
		const { state, record } = database();
		const keys = processed(record);
		await checkAndRecord('a', keys);
		await checkAndRecord('b', keys);
		await confirmed();
		expect(state.calls).toEqual([['a'], ['b', 'a'], ['a', 'b']]);
	});
});

it('treats an invalid result of n8n as a failure', async () => {
	const warnings: string[] = [];
	const broken = async () => JSON.parse('null');
	expect(await checkAndRecord('a', processed(broken, { warnings }))).toBe(true);
	expect(warnings).toHaveLength(1);
});
