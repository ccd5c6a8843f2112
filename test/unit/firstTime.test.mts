import { checkAndRecord, type ProcessedKeys } from '../../nodes/Talkdesk/deduplication/database';

const DONE = new Error('SQLITE_CONSTRAINT: UNIQUE constraint failed: processed_data.context');
const TAKEN = new Error('duplicate key value violates unique constraint "PK_ca04b9d8"');
const GONE = new Error('Connection terminated');

/**
 * What n8n keeps in its database, as n8n does it: it reads, waits, and writes back what it read and what is new.
 * `failures` are thrown by the next calls.
 */
function database({ failures = [], stored = [] }: { failures?: Error[]; stored?: string[] } = {}) {
	const state = { stored: new Set(stored), calls: [] as string[][], atOnce: 0, most: 0 };
	const record: ProcessedKeys['record'] = async (keys) => {
		state.calls.push(keys);
		state.most = Math.max(state.most, ++state.atOnce);
		const read = new Set(state.stored);
		for (let turn = 0; turn < 5; turn++) await Promise.resolve();
		state.atOnce--;
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

/** Until every confirmation that is due has been made. */
const confirmed = async (milliseconds = 1_000) => await jest.advanceTimersByTimeAsync(milliseconds);

it('is new the first time, and never again', async () => {
	const keys = processed(database().record);
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect(await checkAndRecord('a', keys)).toBe(false);
	expect(await checkAndRecord('b', keys)).toBe(true);
	await confirmed(5_000);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('side by side, nothing is forgotten and one of the same is the first', async () => {
	const { state, record } = database();
	const keys = processed(record);
	const all = Array.from({ length: 300 }, (_, index) => `event ${index % 100}`);
	const first = await Promise.all(all.map(async (one) => await checkAndRecord(one, keys)));
	expect(first.filter(Boolean)).toHaveLength(100);
	expect(first.slice(0, 100).every(Boolean)).toBe(true);
	expect(state.stored.size).toBe(100);
});

it('calls the database once at a time, with everything that waits', async () => {
	const { state, record } = database();
	const keys = processed(record);
	await Promise.all(['a', 'b', 'c', 'b', 'a'].map((one) => checkAndRecord(one, keys)));
	expect(state.calls).toEqual([['a'], ['b', 'c', 'a']]);
	expect(state.most).toBe(1);
});

it('confirms once what nothing has disturbed, and then rests', async () => {
	const { state, record } = database();
	expect(await checkAndRecord('a', processed(record))).toBe(true);
	expect(state.calls).toEqual([['a']]);
	await confirmed();
	expect(state.calls).toEqual([['a'], ['a']]);
	await confirmed(60_000);
	expect(state.calls).toHaveLength(2);
});

it.each([1, 2, 5])('records again what another worker has undone %d times', async (times) => {
	const { state, record } = database();
	let undone = 0;
	const disturbed: ProcessedKeys['record'] = async (keys) => {
		const before = new Set(state.stored);
		const answer = await record(keys);
		// The other worker had read the row before, and writes it now.
		if (undone++ < times) state.stored = new Set([...before, `of another worker ${undone}`]);
		return answer;
	};
	const keys = processed(disturbed);
	expect(await checkAndRecord('a', keys)).toBe(true);
	await confirmed(20_000);
	expect(state.stored).toContain('a');
	expect(state.stored.size).toBe(times + 1);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('records unconfirmed keys with every call, which takes them neither for duplicates nor for new', async () => {
	const { state, record } = database();
	let calls = 0;
	const disturbed: ProcessedKeys['record'] = async (keys) => {
		const answer = await record(keys);
		if (++calls === 1) state.stored = new Set(['of another worker']);
		return answer;
	};
	const keys = processed(disturbed);
	const all = ['a', 'b', 'a', 'c'].map((one) => checkAndRecord(one, keys));
	expect(await Promise.all(all)).toEqual([true, true, false, true]);
	expect(state.calls[1]).toEqual(['b', 'c', 'a']);
	expect([...state.stored].sort()).toEqual(['a', 'b', 'c', 'of another worker']);
});

it('answers before it confirms', async () => {
	const { record } = database();
	let calls = 0;
	const slow: ProcessedKeys['record'] = async (keys) =>
		++calls === 1 ? await record(keys) : await new Promise(() => undefined);
	expect(await checkAndRecord('a', processed(slow))).toBe(true);
});

it('each trigger has calls of its own', async () => {
	const { state, record } = database();
	await Promise.all([
		checkAndRecord('a', processed(record)),
		checkAndRecord('b', processed(record)),
	]);
	expect(state.most).toBe(2);
});

it.each([DONE, TAKEN])(
	'another process was faster with the first entry of all: what it wrote counts (%s)',
	async (error) => {
		const warnings: string[] = [];
		const { state, record } = database({ failures: [error], stored: ['a'] });
		const keys = processed(record, { warnings });
		const all = ['a', 'b'].map((one) => checkAndRecord(one, keys));
		expect(await Promise.all(all)).toEqual([false, true]);
		expect(state.calls).toEqual([['a'], ['a'], ['b']]);
		expect(warnings).toEqual([]);
	},
);

it('after any other error a known event may be known because of us: it is let through', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [GONE], stored: ['a'] });
	const keys = processed(record, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect([state.calls.length, warnings]).toEqual([2, []]);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('what is recorded once counts, also if the confirmation fails', async () => {
	const warnings: string[] = [];
	const { record } = database();
	let calls = 0;
	const failing: ProcessedKeys['record'] = async (keys) => {
		if (++calls === 2) throw GONE;
		return await record(keys);
	};
	const keys = processed(failing, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	await confirmed();
	expect(calls).toBe(3);
	expect(await checkAndRecord('a', keys)).toBe(false);
	expect(warnings).toEqual([]);
});

it('lets everything through and warns if the database keeps failing, and records it later', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [GONE, TAKEN, GONE] });
	const keys = processed(record, { warnings });
	expect(await checkAndRecord('a', keys)).toBe(true);
	expect(warnings).toEqual(['Duplicates could not be looked for: Connection terminated']);
	expect([...state.stored]).toEqual([]);
	await confirmed();
	expect([...state.stored]).toEqual(['a']);
	expect(await checkAndRecord('a', keys)).toBe(false);
});

it('gives up the confirmations of a database that never comes back, and warns once', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: Array.from({ length: 200 }, () => GONE) });
	await checkAndRecord('a', processed(record, { warnings }));
	await confirmed(600_000);
	const { length } = state.calls;
	await confirmed(600_000);
	expect([state.calls.length, warnings.length]).toEqual([length, 1]);
});

it('a response that is none is a failure too', async () => {
	const warnings: string[] = [];
	const broken = async () => JSON.parse('null');
	expect(await checkAndRecord('a', processed(broken, { warnings }))).toBe(true);
	expect(warnings).toHaveLength(1);
});
