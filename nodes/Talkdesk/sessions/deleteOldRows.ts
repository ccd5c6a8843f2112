import type { IExecuteFunctions } from 'n8n-workflow';

import { deleteEndedRows } from './dataTable';

/** Days for which the row of an ended conversation is kept. */
const KEEP_DAYS = 30;
const DAY_MS = 86_400_000;

/** When this process has deleted old rows last, by workflow: milliseconds since 1970. */
const deletedAt = new Map<string, number>();

/** Deletes old rows, once a day in each process. A failure is logged, and the next attempt is a day later. */
export async function deleteOldRows(functions: IExecuteFunctions, tableId: string): Promise<void> {
	const workflowId = functions.getWorkflow().id ?? '';
	const now = Date.now();
	if (now - (deletedAt.get(workflowId) ?? 0) < DAY_MS) return;
	deletedAt.set(workflowId, now);
	const before = new Date(now - KEEP_DAYS * DAY_MS).toISOString();
	await deleteEndedRows(functions, tableId, before).catch((error: unknown) => {
		functions.logger.warn(`Old rows could not be deleted: ${String(error)}`);
	});
}
