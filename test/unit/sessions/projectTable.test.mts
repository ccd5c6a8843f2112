import { TableMissingError } from '../../../nodes/Talkdesk/sessions/dataTable';
import { tableOf } from '../../../nodes/Talkdesk/sessions/projectTable';
import { NODE } from '../../support/node.mts';
import { project, stopClock, TABLE_ID, withRows } from './fakeFunctions.mts';

stopClock(0);

it('a table that is known is not looked for again', async () => {
	const { tables, functions } = project();
	withRows(tables);
	expect(await tableOf(functions).existing()).toBe(TABLE_ID);
	jest.setSystemTime(3_600_000);
	expect(await tableOf(functions).existing()).toBe(TABLE_ID);
	expect(await tableOf(functions).forWriting()).toBe(TABLE_ID);
	expect(tables.operations).toEqual(['table: list']);
});

it('a missing table is looked for again two seconds later', async () => {
	const { tables, functions } = project();
	expect(await tableOf(functions).existing()).toBeUndefined();
	withRows(tables);
	jest.setSystemTime(1_999);
	expect(await tableOf(functions).existing()).toBeUndefined();
	jest.setSystemTime(2_000);
	expect(await tableOf(functions).existing()).toBe(TABLE_ID);
});

it('is created for writing, also just after it was missing', async () => {
	const { functions } = project();
	expect(await tableOf(functions).existing()).toBeUndefined();
	expect(await tableOf(functions).forWriting()).toBe(TABLE_ID);
	expect(await tableOf(functions).existing()).toBe(TABLE_ID);
});

it('is found at once by another workflow that has found none a moment ago', async () => {
	const { workflow, functions } = project();
	const other = workflow();
	expect(await tableOf(other).existing()).toBeUndefined();
	await tableOf(functions).forWriting();
	expect(await tableOf(other).existing()).toBe(TABLE_ID);
});

it('another workflow, which may belong to another project, knows nothing of it', async () => {
	const { functions } = project();
	await tableOf(functions).forWriting();
	expect(await tableOf(project().functions).existing()).toBeUndefined();
});

it('without Data Tables there is no table to read, and to write is an error', async () => {
	const { tables, functions } = project();
	const disabled = new Error('Attempted to use Data table node but the module is disabled');
	tables.failures = [disabled, disabled, disabled];
	expect(await tableOf(functions).existing()).toBeUndefined();
	await expect(tableOf(functions).forWriting()).rejects.toMatchObject({
		description: expect.stringContaining('switched off'),
	});
});

it('a look that fails is an error, and says nothing about the table', async () => {
	const { tables, functions } = project();
	withRows(tables);
	tables.failures = [new Error('database is locked')];
	await expect(tableOf(functions).existing()).rejects.toThrow('database is locked');
	expect(await tableOf(functions).existing()).toBe(TABLE_ID);
});

describe('work with the table', () => {
	const missing = () => new TableMissingError(NODE, 'deleted');
	/** Work with the outcomes of its attempts; the IDs that it was given. */
	const work = (...outcomes: Array<Error | undefined>) => {
		const ids: Array<string | undefined> = [];
		return {
			ids,
			run: async (id: string | undefined) => {
				ids.push(id);
				const outcome = outcomes.shift();
				if (outcome) throw outcome;
				return await Promise.resolve('done');
			},
		};
	};

	it('is done again with a new table if the known one was deleted', async () => {
		const { tables, functions } = project();
		const { forWriting, withTable } = tableOf(functions);
		await forWriting();
		tables.drop();
		const { ids, run } = work(missing());
		expect(await withTable(forWriting, run)).toBe('done');
		expect(ids).toEqual(['table-1', 'table-2']);
	});

	it('fails if that one is missing as well', async () => {
		const { functions } = project();
		const { forWriting, withTable } = tableOf(functions);
		const { ids, run } = work(missing(), missing());
		await expect(withTable(forWriting, run)).rejects.toBeInstanceOf(TableMissingError);
		expect(ids).toHaveLength(2);
	});

	it('fails at once for any other reason', async () => {
		const { functions } = project();
		const { existing, withTable } = tableOf(functions);
		const { ids, run } = work(new Error('database is locked'));
		await expect(withTable(existing, run)).rejects.toThrow('database is locked');
		expect(ids).toHaveLength(1);
	});
});
