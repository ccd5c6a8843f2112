import {
	createTable,
	deleteEndedRows,
	findTable,
	hasRows,
	isDisabled,
	selectRows,
	TableMissingError,
	updateRows,
	upsertRow,
} from '../../../nodes/Talkdesk/sessions/dataTable';
import { ODD_TEXTS, project, TABLE_ID, withRows } from './fakeFunctions.mts';

const DISABLED = new Error('Attempted to use Data table node but the module is disabled');

describe.each(ODD_TEXTS)('the text %j', (text) => {
	it('is stored and found as it is, and is never a parameter, which n8n would evaluate', async () => {
		const { tables, calls, functions } = project();
		withRows(tables);
		const row = { conversationId: text, sessionId: text, sessionData: text };
		await upsertRow(functions, TABLE_ID, row);
		await updateRows(functions, TABLE_ID, { conversationId: text, agentName: text });
		const found = await selectRows(functions, TABLE_ID, 'sessionId', text);
		expect(found).toEqual([{ id: 1, ...row, agentName: text }]);
		expect(calls.map(({ input }) => input)).toEqual([
			row,
			{ conversationId: text, agentName: text },
			{ sessionId: text },
		]);
		const inJson = JSON.stringify(text).slice(1, -1);
		// As a value of its own, not as a part of `$json.sessionId`.
		for (const { parameters } of calls) expect(parameters).not.toContain(`"${inJson}"`);
	});
});

it('there is no table before it is created, and one afterwards', async () => {
	const { functions } = project();
	expect(await findTable(functions)).toBeUndefined();
	expect(await createTable(functions)).toBe(TABLE_ID);
	expect(await findTable(functions)).toBe(TABLE_ID);
});

it('a table of a similar name is another one', async () => {
	const { functions } = project();
	const other = { id: 'other', name: 'my_talkdesk_conversations' };
	Object.assign(functions, { executeWorkflow: async () => ({ data: [[{ json: other }]] }) });
	expect(await findTable(functions)).toBeUndefined();
});

it('a creation that n8n refuses, since another execution creates the table, is done again', async () => {
	const { tables, functions } = project();
	tables.failures = [new Error('duplicate key value violates unique constraint')];
	expect(await createTable(functions)).toBe(TABLE_ID);
	expect(tables.operations).toEqual(['table: create', 'table: create']);
});

it('a table that n8n gives no ID of is a clear error', async () => {
	const { functions } = project();
	Object.assign(functions, { executeWorkflow: async () => ({ data: [[{ json: {} }]] }) });
	await expect(createTable(functions)).rejects.toThrow(
		'The Data Table talkdesk_conversations could not be created',
	);
});

it('the row of another customer, whose ID is equal for the database only, is not taken', async () => {
	const { functions } = project();
	const rows = ['S1', 's1', 's1 '].map((sessionId) => ({ json: { sessionId } }));
	Object.assign(functions, { executeWorkflow: async () => ({ data: [rows] }) });
	expect(await selectRows(functions, TABLE_ID, 'sessionId', 's1')).toEqual([{ sessionId: 's1' }]);
});

it('an update for open rows only leaves an ended row as it is', async () => {
	const { tables, functions } = project();
	const [open, ended] = [
		{ conversationId: 'open', status: 'open' },
		{ conversationId: 'ended', status: 'ended', endedAt: 'first' },
	];
	withRows(tables, open, ended);
	const end = async (conversationId: string) =>
		await updateRows(
			functions,
			TABLE_ID,
			{ conversationId, status: 'ended', endedAt: 'second' },
			'open',
		);
	expect(await end('ended')).toEqual([]);
	expect(await end('open')).toEqual([
		{ conversationId: 'open', status: 'ended', endedAt: 'second' },
	]);
	expect(ended.endedAt).toBe('first');
});

it('two upserts at the same moment make one row', async () => {
	const { tables, functions } = project();
	withRows(tables);
	await Promise.all(
		['a', 'b'].map(async (sessionData) => {
			await upsertRow(functions, TABLE_ID, { conversationId: 'c1', sessionData });
		}),
	);
	expect(tables.rows).toMatchObject([{ conversationId: 'c1', sessionData: 'b' }]);
});

it.each([
	[null, false],
	[undefined, false],
	['', false],
	['expected', true],
	['http://127.0.0.1/', true],
])('a row with %j in a column counts: %s', async (resumeUrl, counts) => {
	const { tables, functions } = project();
	withRows(tables, { conversationId: 'c1', ...(resumeUrl !== undefined && { resumeUrl }) });
	expect(await hasRows(functions, TABLE_ID, 'resumeUrl')).toBe(counts);
});

it('deletes ended rows only, and those alone that are older', async () => {
	const { tables, functions } = project();
	withRows(
		tables,
		{ conversationId: 'old', status: 'ended', endedAt: '2026-01-01T00:00:00.000Z' },
		{ conversationId: 'new', status: 'ended', endedAt: '2026-01-03T00:00:00.000Z' },
		{ conversationId: 'reopened', status: 'open', endedAt: '2026-01-01T00:00:00.000Z' },
		{ conversationId: 'unknown', status: 'ended' },
	);
	await deleteEndedRows(functions, TABLE_ID, '2026-01-02T00:00:00.000Z');
	expect(tables.rows?.map(({ conversationId }) => conversationId)).toEqual([
		'new',
		'reopened',
		'unknown',
	]);
});

describe('an error of n8n', () => {
	const failing = async (message: string): Promise<unknown> => {
		const { tables, functions } = project();
		tables.failures = [new Error(message)];
		return await findTable(functions).catch((error: unknown) => error);
	};

	it.each([
		"Data table with ID 'abc' could not be found in this project",
		'Could not find the data table: abc',
		'Data table not found',
	])('%j says that the table was deleted', async (message) => {
		expect(await failing(message)).toBeInstanceOf(TableMissingError);
	});

	it('of another kind says what n8n said, and what to do', async () => {
		const error = await failing('SQLITE_BUSY: database is locked');
		expect(error).not.toBeInstanceOf(TableMissingError);
		expect(error).toMatchObject({
			message:
				'The Data Table talkdesk_conversations could not be used: SQLITE_BUSY: database is locked',
			description: expect.stringContaining('Run the node again'),
		});
		expect(isDisabled(error)).toBe(false);
	});

	it.each([DISABLED.message, 'Unrecognized node type: n8n-nodes-base.dataTable'])(
		'%j names the switch',
		async (message) => {
			const error = await failing(message);
			expect(error).toMatchObject({ description: expect.stringContaining('N8N_DISABLED_MODULES') });
			expect(isDisabled(error)).toBe(true);
		},
	);
});
