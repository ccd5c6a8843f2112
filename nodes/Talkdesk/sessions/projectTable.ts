import type { IExecuteFunctions } from 'n8n-workflow';

import { joinInFlight } from '../collections/joinInFlight';
import { createTable, findTable, isDisabled, TableMissingError } from './dataTable';
import { isAloneInN8n } from './processRole';

/**
 * Milliseconds in which a missing table is not looked for again. If the process is alone, only a user can have created it in
 * the meantime.
 */
const missingTtlMs = () => (isAloneInN8n() ? 60_000 : 2_000);

/** What this process knows of the tables, by workflow: n8n gives a workflow the tables of its project. */
const tables = new Map<string, { id: string } | { missingSince: number }>();

/** The looks for a table that are under way, by workflow: many events may come at the same moment. */
const looks = new Map<string, Promise<string | undefined>>();
/** How many tables this process has created: a look that began before one of them says nothing. */
let created = 0;

/** The ID of the Data Table of the project that the workflow belongs to, remembered by the process. */
export function tableOf(functions: IExecuteFunctions) {
	const workflowId = functions.getWorkflow().id ?? '';
	return {
		/** The ID; undefined if there is no table, or n8n runs without them. */
		async existing(): Promise<string | undefined> {
			const table = tables.get(workflowId);
			if (table && 'id' in table) return table.id;
			if (table && Date.now() - table.missingSince < missingTtlMs()) return undefined;
			return await joinInFlight(looks, workflowId, async () => {
				const find = async () =>
					await findTable(functions).catch((error: unknown) => {
						if (isDisabled(error)) return undefined;
						throw error;
					});
				const createdBefore = created;
				let id = await find();
				if (id === undefined && created !== createdBefore) id = await find();
				tables.set(workflowId, id === undefined ? { missingSince: Date.now() } : { id });
				return id;
			});
		},
		/** The ID. Creates the table if it doesn't exist. */
		async forWriting(): Promise<string> {
			const table = tables.get(workflowId);
			if (table && 'id' in table) return table.id;
			const id = await createTable(functions);
			created++;
			// Another workflow, such as that of the trigger, may have found none a moment ago.
			for (const [other, memory] of tables) if (!('id' in memory)) tables.delete(other);
			tables.set(workflowId, { id });
			return id;
		},
		/** Does something with the table; once more if the known one was deleted in the meantime. */
		async withTable<Result, Id extends string | undefined>(
			tableId: () => Promise<Id>,
			work: (tableId: Id) => Promise<Result>,
		): Promise<Result> {
			const attempt = async () => await work(await tableId());
			return await attempt().catch(async (error: unknown) => {
				if (!(error instanceof TableMissingError)) throw error;
				tables.delete(workflowId);
				return await attempt();
			});
		},
	};
}
