import type { IDataObject, IExecuteFunctions, INodeParameters, IWorkflowBase } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

/**
 * n8n's Data Table, for a community node. n8n lets no community node use Data Tables directly, but an inline sub-workflow may
 * hold n8n's own Data Table node: docs/decisions.
 *
 * Values go into the sub-workflow as its input item, never as parameters: a text that begins with `=` would be an expression.
 */

const TABLE_NAME = 'talkdesk_conversations';

const COLUMNS: ReadonlyArray<{ name: string; type: 'string' | 'date' }> = [
	{ name: 'conversationId', type: 'string' },
	{ name: 'sessionId', type: 'string' },
	{ name: 'sessionData', type: 'string' },
	{ name: 'contactEmail', type: 'string' },
	{ name: 'touchpointId', type: 'string' },
	{ name: 'status', type: 'string' },
	{ name: 'agentName', type: 'string' },
	{ name: 'resumeUrl', type: 'string' },
	{ name: 'startedAt', type: 'date' },
	{ name: 'endedAt', type: 'date' },
	{ name: 'endReason', type: 'string' },
];

/** The names of the columns that a row can be looked up by. */
export type KeyColumn = 'conversationId' | 'sessionId';

const INPUT = 'Input';
const NODE = 'Data Table';

/** A workflow of an input and one Data Table node. It leaves nothing in n8n's list of executions. */
function workflowOf(parameters: INodeParameters): IWorkflowBase {
	const now = new Date();
	return {
		id: '',
		name: 'Talkdesk: conversations',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: now,
		updatedAt: now,
		nodes: [
			{
				id: 'input',
				name: INPUT,
				type: 'n8n-nodes-base.executeWorkflowTrigger',
				typeVersion: 1.1,
				position: [0, 0],
				parameters: { inputSource: 'passthrough' },
			},
			{
				id: 'table',
				name: NODE,
				type: 'n8n-nodes-base.dataTable',
				typeVersion: 1.1,
				position: [200, 0],
				parameters,
				alwaysOutputData: true,
			},
		],
		connections: { [INPUT]: { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
		settings: {
			executionOrder: 'v1',
			saveDataSuccessExecution: 'none',
			saveDataErrorExecution: 'none',
			saveManualExecutions: false,
		},
	};
}

/** The Data Table that a sub-workflow names is not there. */
export class TableMissingError extends NodeOperationError {}

const IS_MISSING =
	/data table\b.*\b(?:not found|could not be found)|could not find the data table/i;
const IS_DISABLED = /module is disabled|unrecognized node type|unknown node type/i;

/** Whether n8n runs without the module of Data Tables. */
export const isDisabled = (error: unknown): boolean => IS_DISABLED.test(messageOf(error));

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Runs one operation of n8n's Data Table node.
 *
 * @param parameters of the node; no value of a user or customer may be in them
 * @param input the values, for expressions in the parameters and as columns
 * @returns the rows that the node puts out
 * @throws TableMissingError; NodeOperationError that says what n8n said
 */
async function run(
	functions: IExecuteFunctions,
	parameters: INodeParameters,
	input: IDataObject = {},
): Promise<IDataObject[]> {
	const outcome = await functions
		.executeWorkflow({ code: workflowOf(parameters) }, [{ json: input }])
		.then(
			({ data }) => ({ rows: (data[0] ?? []).map(({ json }) => json) }),
			(error: unknown) => ({ message: messageOf(error) }),
		);
	// n8n puts out an empty item if there is no row.
	if ('rows' in outcome) return outcome.rows.filter((row) => Object.keys(row).length > 0);
	const { message } = outcome;
	if (IS_MISSING.test(message)) throw new TableMissingError(functions.getNode(), message);
	throw new NodeOperationError(
		functions.getNode(),
		`The Data Table ${TABLE_NAME} could not be used: ${message}`,
		{
			description: IS_DISABLED.test(message)
				? 'Sessions need the Data Tables of n8n, which are switched off here (N8N_DISABLED_MODULES has data-table). Switch them on, or leave Session ID empty and keep the conversation ID yourself.'
				: 'Sessions are stored in this Data Table. Run the node again, or retry the execution in the executions list.',
		},
	);
}

const byId = (tableId: string) => ({ __rl: true, mode: 'id', value: tableId });

/** A condition on the input's field of the same name. */
const equals = (column: string, condition = 'eq') => ({
	keyName: column,
	condition,
	keyValue: `={{ $json.${column} }}`,
});
const where = (...conditions: INodeParameters[]) => ({
	matchType: 'allConditions',
	filters: { conditions },
});

/** The ID of the table; undefined if it doesn't exist. */
export async function findTable(functions: IExecuteFunctions): Promise<string | undefined> {
	const tables = await run(functions, {
		resource: 'table',
		operation: 'list',
		returnAll: true,
		options: { filterName: TABLE_NAME },
	});
	const id = tables.find(({ name }) => name === TABLE_NAME)?.id;
	return typeof id === 'string' ? id : undefined;
}

/** Creates the table if it doesn't exist. @returns its ID */
export async function createTable(functions: IExecuteFunctions): Promise<string> {
	const create = async () =>
		await run(functions, {
			resource: 'table',
			operation: 'create',
			tableName: TABLE_NAME,
			columns: { column: COLUMNS.map((column) => ({ ...column })) },
			options: { createIfNotExists: true },
		});
	// If another execution creates it at the same moment, n8n refuses the second: then it is there.
	const [table] = await create().catch(create);
	if (typeof table?.id === 'string') return table.id;
	throw new NodeOperationError(
		functions.getNode(),
		`The Data Table ${TABLE_NAME} could not be created`,
		{ description: 'Run the node again.' },
	);
}

/** The newest rows with this value in a column, newest first. */
export async function selectRows(
	functions: IExecuteFunctions,
	tableId: string,
	column: KeyColumn,
	value: string,
): Promise<IDataObject[]> {
	const rows = await run(
		functions,
		{
			resource: 'row',
			operation: 'get',
			dataTableId: byId(tableId),
			...where(equals(column)),
			limit: 5,
			orderBy: true,
			orderByColumn: 'id',
			orderByDirection: 'DESC',
		},
		{ [column]: value },
	);
	// Some databases compare texts without regard to case: another customer's row must not be taken for this one's.
	return rows.filter((row) => row[column] === value);
}

/** Whether any row has a text in a column. */
export async function hasRows(
	functions: IExecuteFunctions,
	tableId: string,
	column: 'resumeUrl',
): Promise<boolean> {
	const rows = await run(
		functions,
		{
			resource: 'row',
			operation: 'get',
			dataTableId: byId(tableId),
			...where(equals(column, 'gt')),
			limit: 1,
		},
		// Not an empty text, which n8n would take for no value.
		{ [column]: ' ' },
	);
	return rows.length > 0;
}

const AUTO_MAP = { columns: { mappingMode: 'autoMapInputData', value: null } };

/** Adds the row of a conversation, or changes the one that is there. */
export async function upsertRow(
	functions: IExecuteFunctions,
	tableId: string,
	row: IDataObject & { conversationId: string },
): Promise<void> {
	await run(
		functions,
		{
			resource: 'row',
			operation: 'upsert',
			dataTableId: byId(tableId),
			...where(equals('conversationId')),
			...AUTO_MAP,
			options: {},
		},
		row,
	);
}

/**
 * Changes the rows of a conversation.
 *
 * @param ifStatus only rows with this status
 * @returns the changed rows; none if there is no such row
 */
export async function updateRows(
	functions: IExecuteFunctions,
	tableId: string,
	changes: IDataObject & { conversationId: string },
	ifStatus?: 'open' | 'ended',
): Promise<IDataObject[]> {
	const hasStatus = { keyName: 'status', condition: 'eq', keyValue: ifStatus };
	return await run(
		functions,
		{
			resource: 'row',
			operation: 'update',
			dataTableId: byId(tableId),
			...where(equals('conversationId'), ...(ifStatus ? [hasStatus] : [])),
			...AUTO_MAP,
			options: {},
		},
		changes,
	);
}

/** Empties the column `resumeUrl` of a conversation if it has this value, at once: another execution may note its own. */
export async function clearResumeUrl(
	functions: IExecuteFunctions,
	tableId: string,
	conversationId: string,
	resumeUrl: string,
): Promise<void> {
	await run(
		functions,
		{
			resource: 'row',
			operation: 'update',
			dataTableId: byId(tableId),
			...where(equals('conversationId'), equals('resumeUrl')),
			columns: { mappingMode: 'defineBelow', value: { resumeUrl: '' } },
			options: {},
		},
		{ conversationId, resumeUrl },
	);
}

/** Deletes the rows of conversations that ended before a time. @param endedAt ISO 8601 */
export async function deleteEndedRows(
	functions: IExecuteFunctions,
	tableId: string,
	endedAt: string,
): Promise<void> {
	await run(
		functions,
		{
			resource: 'row',
			operation: 'deleteRows',
			dataTableId: byId(tableId),
			...where(equals('status'), equals('endedAt', 'lt')),
			options: {},
		},
		{ status: 'ended', endedAt },
	);
}
