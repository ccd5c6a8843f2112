import { checkAndRecord, type ProcessedKeys } from '../../../nodes/Talkdesk/deduplication/database';
import { flushPromises } from '../../support/flushPromises.mts';

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

const processedKeys = (
	record: ProcessedKeys['record'],
	{
		warnings = [],
		scope = 'workflow-1/node-1',
		isOnlyProcess = false,
	}: { warnings?: string[]; scope?: string; isOnlyProcess?: boolean } = {},
): ProcessedKeys => ({
	scope,
	record,
	warn: (message) => warnings.push(message),
	isOnlyProcess,
});

it('is new the first time, and a duplicate after that', async () => {
	const { record } = database();
	expect(await checkAndRecord('a', processedKeys(record))).toBe(true);
	expect(await checkAndRecord('a', processedKeys(record))).toBe(false);
	expect(await checkAndRecord('b', processedKeys(record))).toBe(true);
});

it('finds exactly one new key among concurrent equal ones, and loses none', async () => {
	const { state, record } = database();
	const all = Array.from({ length: 300 }, (_, index) => `event ${index % 100}`);
	const first = await Promise.all(all.map((one) => checkAndRecord(one, processedKeys(record))));
	expect(first.filter(Boolean)).toHaveLength(100);
	expect(first.slice(0, 100).every(Boolean)).toBe(true);
	expect(state.stored.size).toBe(100);
});

it('queries the database one batch at a time, with all keys that wait', async () => {
	const { state, record } = database();
	await Promise.all(
		['a', 'b', 'c', 'b', 'a'].map((one) => checkAndRecord(one, processedKeys(record))),
	);
	// When no key waits any longer, it records the last batch again.
	await flushPromises();
	expect(state.calls).toEqual([['a'], ['b', 'c', 'a'], ['b', 'c']]);
	expect(state.mostAtOnce).toBe(1);
	await checkAndRecord('d', processedKeys(record));
	await flushPromises();
	expect(state.calls.slice(3)).toEqual([['d'], ['d']]);
});

it('resolves before it records a second time', async () => {
	const { record } = database();
	let calls = 0;
	const slow: ProcessedKeys['record'] = async (keys) =>
		++calls === 1 ? await record(keys) : await new Promise(() => undefined);
	expect(await checkAndRecord('a', processedKeys(slow, { scope: 'workflow-1/slow' }))).toBe(true);
});

it('records a batch again with the next one, without an influence on the result', async () => {
	const { state, record } = database();
	let calls = 0;
	const overwritten: ProcessedKeys['record'] = async (keys) => {
		const result = await record(keys);
		if (++calls === 1) state.stored = new Set(['of another process']);
		return result;
	};
	const all = ['a', 'b', 'a', 'c'].map((one) => checkAndRecord(one, processedKeys(overwritten)));
	expect(await Promise.all(all)).toEqual([true, true, false, true]);
	expect(state.calls[1]).toEqual(['b', 'a', 'c']);
	await flushPromises();
	expect([...state.stored]).toEqual(['of another process', 'b', 'a', 'c']);
});

it('records once if no other process writes', async () => {
	const { state, record } = database({ stored: ['c'] });
	const all = ['a', 'b', 'c'].map((one) =>
		checkAndRecord(one, processedKeys(record, { isOnlyProcess: true })),
	);
	expect(await Promise.all(all)).toEqual([true, true, false]);
	await flushPromises();
	expect(state.calls).toEqual([['a'], ['b', 'c']]);
});

it('records again after failures, even if no other process writes', async () => {
	const { state, record } = database({ failures: [DISCONNECTED, DISCONNECTED, DISCONNECTED] });
	expect(await checkAndRecord('a', processedKeys(record, { isOnlyProcess: true }))).toBe(true);
	await flushPromises();
	expect(state.calls).toHaveLength(4);
	expect(await checkAndRecord('a', processedKeys(record, { isOnlyProcess: true }))).toBe(false);
	await flushPromises();
	expect(state.calls).toHaveLength(5);
});

it('has one queue for each trigger', async () => {
	const { state, record } = database();
	await Promise.all([
		checkAndRecord('a', processedKeys(record)),
		checkAndRecord('b', processedKeys(record, { scope: 'workflow-1/node-2' })),
	]);
	expect(state.mostAtOnce).toBe(2);
});

it.each([SQLITE_UNIQUE, POSTGRES_UNIQUE])(
	'counts the keys of another process that created the row first (%s)',
	async (error) => {
		const warnings: string[] = [];
		const { state, record } = database({ failures: [error], stored: ['a'] });
		const all = ['a', 'b'].map((one) => checkAndRecord(one, processedKeys(record, { warnings })));
		expect(await Promise.all(all)).toEqual([false, true]);
		await flushPromises();
		expect(state.calls).toEqual([['a'], ['a'], ['b'], ['b']]);
		expect(warnings).toEqual([]);
	},
);

it('passes a known key after any other error, as the failed attempt may have recorded it', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [DISCONNECTED], stored: ['a'] });
	expect(await checkAndRecord('a', processedKeys(record, { warnings }))).toBe(true);
	await flushPromises();
	// A retry, and then the second record.
	expect([state.calls.length, warnings]).toEqual([3, []]);
	expect(await checkAndRecord('a', processedKeys(record))).toBe(false);
});

it('writes a key again that another process overwrites at the same moment', async () => {
	const { state, record } = database();
	let isOverwritten = false;
	const overwritten: ProcessedKeys['record'] = async (keys) => {
		const result = await record(keys);
		if (!isOverwritten) state.stored = new Set(['of another process']);
		isOverwritten = true;
		return result;
	};
	expect(await checkAndRecord('a', processedKeys(overwritten))).toBe(true);
	await flushPromises();
	expect([...state.stored]).toEqual(['of another process', 'a']);
	expect(await checkAndRecord('a', processedKeys(overwritten))).toBe(false);
});

it('knows a key that was recorded once, even if the second time fails', async () => {
	const warnings: string[] = [];
	const { record } = database();
	let calls = 0;
	const failing: ProcessedKeys['record'] = async (keys) => {
		if (++calls === 2) throw DISCONNECTED;
		return await record(keys);
	};
	expect(await checkAndRecord('a', processedKeys(failing, { warnings }))).toBe(true);
	await flushPromises();
	expect(calls).toBe(2);
	expect(await checkAndRecord('a', processedKeys(failing, { warnings }))).toBe(false);
	expect(warnings).toEqual([]);
});

it('passes every event and warns while the database fails, and recovers', async () => {
	const warnings: string[] = [];
	const { state, record } = database({
		failures: [DISCONNECTED, POSTGRES_UNIQUE, DISCONNECTED],
		stored: ['a'],
	});
	expect(await checkAndRecord('a', processedKeys(record, { warnings }))).toBe(true);
	await flushPromises();
	// Three attempts, and a record when the database works again.
	expect(state.calls).toHaveLength(4);
	expect(warnings).toEqual(['Duplicates could not be looked for: Connection terminated']);
	expect(await checkAndRecord('a', processedKeys(record))).toBe(false);
});

it('treats an invalid result of n8n as a failure', async () => {
	const warnings: string[] = [];
	const broken = async () => JSON.parse('null');
	expect(await checkAndRecord('a', processedKeys(broken, { warnings }))).toBe(true);
	expect(warnings).toHaveLength(1);
});
