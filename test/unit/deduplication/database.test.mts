import { checkAndRecord, type ProcessedKeys } from '../../../nodes/Talkdesk/deduplication/database';

const DONE = new Error('SQLITE_CONSTRAINT: UNIQUE constraint failed: processed_data.context');
const TAKEN = new Error('duplicate key value violates unique constraint "PK_ca04b9d8"');
const GONE = new Error('Connection terminated');

/**
 * What n8n keeps in its database, as n8n does it: it reads, waits, and writes back what it read and what is new.
 * `failures` are thrown by the next calls.
 */
function database({ failures = [], stored = [] }: { failures?: Error[]; stored?: string[] } = {}) {
	const state = { stored: new Set(stored), calls: [] as string[][], atOnce: 0, most: 0 };
	const record: ProcessedKeys['record'] = async (identities) => {
		state.calls.push(identities);
		state.most = Math.max(state.most, ++state.atOnce);
		const read = new Set(state.stored);
		for (let turn = 0; turn < 5; turn++) await Promise.resolve();
		state.atOnce--;
		const failure = failures.shift();
		if (failure) throw failure;
		state.stored = new Set([...read, ...identities]);
		return { new: identities.filter((identity) => !read.has(identity)) };
	};
	return { state, record };
}

const place = 'workflow-1/node-1';
/** Until nothing is under way any more. */
const settled = async () => await new Promise((resolve) => setImmediate(resolve));
const remembering = (
	record: ProcessedKeys['record'],
	{
		warnings = [],
		at = place,
		isOnlyProcess = false,
	}: { warnings?: string[]; at?: string; isOnlyProcess?: boolean } = {},
): ProcessedKeys => ({
	scope: at,
	record,
	warn: (message) => warnings.push(message),
	isOnlyProcess,
});

it('is the first the first time, and never again', async () => {
	const { record } = database();
	expect(await checkAndRecord('a', remembering(record))).toBe(true);
	expect(await checkAndRecord('a', remembering(record))).toBe(false);
	expect(await checkAndRecord('b', remembering(record))).toBe(true);
});

it('side by side, nothing is forgotten and one of the same is the first', async () => {
	const { state, record } = database();
	const all = Array.from({ length: 300 }, (_, index) => `event ${index % 100}`);
	const first = await Promise.all(all.map((one) => checkAndRecord(one, remembering(record))));
	expect(first.filter(Boolean)).toHaveLength(100);
	expect(first.slice(0, 100).every(Boolean)).toBe(true);
	expect(state.stored.size).toBe(100);
});

it('goes to the database one call at a time, and with everything that waits', async () => {
	const { state, record } = database();
	await Promise.all(
		['a', 'b', 'c', 'b', 'a'].map((one) => checkAndRecord(one, remembering(record))),
	);
	// Then, when nobody waits any longer, what the last call has recorded.
	await settled();
	expect(state.calls).toEqual([['a'], ['b', 'c', 'a'], ['b', 'c']]);
	expect(state.most).toBe(1);
	await checkAndRecord('d', remembering(record));
	await settled();
	expect(state.calls.slice(3)).toEqual([['d'], ['d']]);
});

it('answers before it records a second time', async () => {
	const { record } = database();
	let calls = 0;
	const slow: ProcessedKeys['record'] = async (identities) =>
		++calls === 1 ? await record(identities) : await new Promise(() => undefined);
	expect(await checkAndRecord('a', remembering(slow, { at: 'workflow-1/slow' }))).toBe(true);
});

it('records once more with the next call, which does not take that for a duplicate or for new', async () => {
	const { state, record } = database();
	let calls = 0;
	const disturbed: ProcessedKeys['record'] = async (identities) => {
		const answer = await record(identities);
		if (++calls === 1) state.stored = new Set(['of another process']);
		return answer;
	};
	const all = ['a', 'b', 'a', 'c'].map((one) => checkAndRecord(one, remembering(disturbed)));
	expect(await Promise.all(all)).toEqual([true, true, false, true]);
	expect(state.calls[1]).toEqual(['b', 'a', 'c']);
	await settled();
	expect([...state.stored]).toEqual(['of another process', 'b', 'a', 'c']);
});

it('records once only where no other process writes', async () => {
	const { state, record } = database({ stored: ['c'] });
	const all = ['a', 'b', 'c'].map((one) =>
		checkAndRecord(one, remembering(record, { isOnlyProcess: true })),
	);
	expect(await Promise.all(all)).toEqual([true, true, false]);
	await settled();
	expect(state.calls).toEqual([['a'], ['b', 'c']]);
});

it('records again what could not be recorded, where no other process writes too', async () => {
	const { state, record } = database({ failures: [GONE, GONE, GONE] });
	expect(await checkAndRecord('a', remembering(record, { isOnlyProcess: true }))).toBe(true);
	await settled();
	expect(state.calls).toHaveLength(4);
	expect(await checkAndRecord('a', remembering(record, { isOnlyProcess: true }))).toBe(false);
	await settled();
	expect(state.calls).toHaveLength(5);
});

it('each trigger has a queue of its own', async () => {
	const { state, record } = database();
	await Promise.all([
		checkAndRecord('a', remembering(record)),
		checkAndRecord('b', remembering(record, { at: 'workflow-1/node-2' })),
	]);
	expect(state.most).toBe(2);
});

it.each([DONE, TAKEN])(
	'another process was faster with the first entry of all: what it wrote counts (%s)',
	async (error) => {
		const warnings: string[] = [];
		const { state, record } = database({ failures: [error], stored: ['a'] });
		const all = ['a', 'b'].map((one) => checkAndRecord(one, remembering(record, { warnings })));
		expect(await Promise.all(all)).toEqual([false, true]);
		await settled();
		expect(state.calls).toEqual([['a'], ['a'], ['b'], ['b']]);
		expect(warnings).toEqual([]);
	},
);

it('after any other error a known event may be known because of us: it is let through', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [GONE], stored: ['a'] });
	expect(await checkAndRecord('a', remembering(record, { warnings }))).toBe(true);
	await settled();
	// Tried again, and then recorded once more.
	expect([state.calls.length, warnings]).toEqual([3, []]);
	expect(await checkAndRecord('a', remembering(record))).toBe(false);
});

it('an entry that another process overwrites at the same moment is written again', async () => {
	const { state, record } = database();
	let isDisturbed = false;
	const disturbed: ProcessedKeys['record'] = async (identities) => {
		const answer = await record(identities);
		if (!isDisturbed) state.stored = new Set(['of another process']);
		isDisturbed = true;
		return answer;
	};
	expect(await checkAndRecord('a', remembering(disturbed))).toBe(true);
	await settled();
	expect([...state.stored]).toEqual(['of another process', 'a']);
	expect(await checkAndRecord('a', remembering(disturbed))).toBe(false);
});

it('what is recorded once counts, also when the second time fails', async () => {
	const warnings: string[] = [];
	const { record } = database();
	let calls = 0;
	const failing: ProcessedKeys['record'] = async (identities) => {
		if (++calls === 2) throw GONE;
		return await record(identities);
	};
	expect(await checkAndRecord('a', remembering(failing, { warnings }))).toBe(true);
	await settled();
	expect(calls).toBe(2);
	expect(await checkAndRecord('a', remembering(failing, { warnings }))).toBe(false);
	expect(warnings).toEqual([]);
});

it('lets everything through and warns when the database keeps failing, and then goes on', async () => {
	const warnings: string[] = [];
	const { state, record } = database({ failures: [GONE, TAKEN, GONE], stored: ['a'] });
	expect(await checkAndRecord('a', remembering(record, { warnings }))).toBe(true);
	await settled();
	// Tried three times, and recorded when it was possible again.
	expect(state.calls).toHaveLength(4);
	expect(warnings).toEqual(['Duplicates could not be looked for: Connection terminated']);
	expect(await checkAndRecord('a', remembering(record))).toBe(false);
});

it('an answer that is none is a failure too', async () => {
	const warnings: string[] = [];
	const broken = async () => JSON.parse('null');
	expect(await checkAndRecord('a', remembering(broken, { warnings }))).toBe(true);
	expect(warnings).toHaveLength(1);
});
