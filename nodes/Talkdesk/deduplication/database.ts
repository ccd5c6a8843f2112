import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';

/**
 * How many keys are kept for each node. n8n keeps them in one row of its database, 27 bytes of JSON for each (24 of a hash,
 * quotes, comma), and reads and writes the whole row with every call.
 */
export const MAX_KEYS = 2000;

/**
 * How many keys are kept for a whole workflow. n8n's own Remove Duplicates node uses the same row if it is set to the
 * workflow's scope: this is the default of that node, so that it loses none of its entries.
 */
const MAX_KEYS_OF_WORKFLOW = 10_000;

const MAX_ATTEMPTS = 3;

/** Milliseconds until a write that another worker began before ours has finished. */
const CONFIRM_AFTER_MS = 500;

/** How many confirmations in a row may find entries lost, or fail. */
const MAX_CONFIRMATIONS = 10;

/** How many keys are recorded again with each call at most. */
const MAX_UNCONFIRMED = 1000;

/** Asks n8n's database which keys are new, and records them there. */
type RecordKeys = (keys: string[]) => Promise<{ new: unknown[] }>;

export interface ProcessedKeys {
	/** What the keys belong to: the node of a workflow, or the workflow. */
	scope: string;
	record: RecordKeys;
	/** Is called with the reason if a key could not be checked. */
	warn: (message: string) => void;
}

interface PendingCheck {
	key: string;
	resolve: (isFirst: boolean) => void;
}

/** What this process does in one scope. */
interface Scope {
	waiting: PendingCheck[];
	/** Whether a call of the database is under way. */
	isBusy: boolean;
	/** Keys that this process has recorded, with the time, until they are known to have stayed. */
	unconfirmed: BoundedMap<string, number>;
	isConfirmationScheduled: boolean;
	/** Confirmations in a row since the last check. */
	confirmations: number;
}

/** A scope without a call, a check or an unconfirmed key has no entry. */
const scopes = new Map<string, Scope>();

/**
 * Records a key as processed, for all workers and over restarts.
 *
 * @param scope whether the key belongs to the node alone or to all nodes of the workflow
 * @returns whether the key is new; true also if n8n's database fails, as a duplicate is better than a loss. Never rejects.
 */
export async function markProcessed(
	functions: IExecuteFunctions,
	key: string,
	scope: 'node' | 'workflow' = 'node',
): Promise<boolean> {
	const { id, name } = functions.getNode();
	return await checkAndRecord(key, {
		scope: `${functions.getWorkflow().id}/${scope === 'node' ? id : ''}`,
		record: async (keys) =>
			await functions.helpers.checkProcessedAndRecord(keys, scope, {
				mode: 'entries',
				maxEntries: scope === 'node' ? MAX_KEYS : MAX_KEYS_OF_WORKFLOW,
			}),
		warn: (message) => functions.logger.warn(`${name}: ${message}`),
	});
}

/**
 * Checks a key and records it, in batches: one call at a time goes to the database for each scope.
 *
 * n8n reads a row, adds to it and writes it back, without a lock. Batches keep executions of one process from losing each
 * other's entries. Another worker's write may still undo ours, so keys are recorded again until they have stayed.
 *
 * @returns whether the key is new; true also if the database fails. Never rejects.
 */
export async function checkAndRecord(key: string, processed: ProcessedKeys): Promise<boolean> {
	const scope: Scope = scopes.get(processed.scope) ?? {
		waiting: [],
		isBusy: false,
		unconfirmed: new BoundedMap(MAX_UNCONFIRMED),
		isConfirmationScheduled: false,
		confirmations: 0,
	};
	scopes.set(processed.scope, scope);
	scope.confirmations = 0;
	return await new Promise<boolean>((resolve) => {
		scope.waiting.push({ key, resolve });
		if (!scope.isBusy) void drain(scope, processed);
	});
}

async function drain(scope: Scope, processed: ProcessedKeys): Promise<void> {
	scope.isBusy = true;
	// Keys that are checked at the same moment are one batch.
	await Promise.resolve();
	do {
		const batch = scope.waiting.splice(0);
		const unknown = await recordBatch([...new Set(batch.map(({ key }) => key))], scope, processed);
		// Of equal keys in a batch, the first is new.
		for (const { key, resolve } of batch) resolve(unknown.delete(key));
	} while (scope.waiting.length > 0);
	scope.isBusy = false;
	const mayConfirm = scope.unconfirmed.size > 0 && scope.confirmations < MAX_CONFIRMATIONS;
	if (mayConfirm) confirmLater(scope, processed);
	else scopes.delete(processed.scope);
}

function confirmLater(scope: Scope, processed: ProcessedKeys): void {
	if (scope.isConfirmationScheduled) return;
	scope.isConfirmationScheduled = true;
	// At a random moment, since the other workers do the same.
	void sleep(CONFIRM_AFTER_MS * (1 + Math.random())).then(() => {
		scope.isConfirmationScheduled = false;
		scope.confirmations++;
		if (!scope.isBusy && scope.unconfirmed.size > 0) void drain(scope, processed);
	});
}

/** The keys that are new, or could not be checked. Never rejects. */
async function recordBatch(
	checked: string[],
	{ unconfirmed }: Scope,
	{ record, warn }: ProcessedKeys,
): Promise<Set<string>> {
	const keys = checked.filter((key) => !unconfirmed.has(key));
	let mayBeOurs = false;
	for (let attempt = 1; ; attempt++) {
		const startedAt = Date.now();
		try {
			const { new: recorded } = await record([...keys, ...unconfirmed.keys()]);
			const isNew = new Set(recorded.map(String));
			for (const [key, recordedAt] of [...unconfirmed]) {
				if (isNew.has(key)) unconfirmed.set(key, Date.now());
				else if (startedAt - recordedAt >= CONFIRM_AFTER_MS) unconfirmed.delete(key);
			}
			const unknown = new Set(keys.filter((key) => mayBeOurs || isNew.has(key)));
			for (const key of unknown) unconfirmed.set(key, Date.now());
			return unknown;
		} catch (error) {
			// If another process was faster with the first entry of all, nothing was written here, and the next response counts.
			// After any other error our own entries may have been written, and would look like those of another process.
			mayBeOurs ||= !isUniqueViolation(error);
			if (attempt < MAX_ATTEMPTS) continue;
			const reason = error instanceof Error ? error.message : String(error);
			if (keys.length > 0) warn(`Duplicates could not be checked: ${reason}`);
			for (const key of keys) unconfirmed.set(key, Date.now());
			return new Set(keys);
		}
	}
}

/** Whether a unique constraint is violated, in the words of SQLite and of PostgreSQL. */
function isUniqueViolation(error: unknown): boolean {
	return error instanceof Error && /unique constraint/i.test(error.message);
}
