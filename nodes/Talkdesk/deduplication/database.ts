import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * How much is remembered for each node. n8n keeps it in one row of its database, 27 bytes of JSON for each (24 of a hash,
 * quotes, comma), and reads and writes the whole row with every call.
 */
export const MAX_REMEMBERED = 2000;

/**
 * How much is remembered for a whole workflow. n8n's own Remove Duplicates node uses the same row if it is set to the
 * workflow's scope: this is its own default, so that it loses nothing through us.
 */
const MAX_REMEMBERED_BY_WORKFLOW = 10_000;

const TRIES = 3;

/** Asks n8n's database which identities are new, and records them there. */
export type RecordKeys = (keys: string[]) => Promise<{ new: unknown[] }>;

export interface ProcessedKeys {
	/** What the identities belong to: the node of a workflow. */
	scope: string;
	record: RecordKeys;
	/** Told what failed, where an identity was let through unchecked. */
	warn: (message: string) => void;
	/** Whether no other process writes there. */
	isOnlyProcess: boolean;
}

interface PendingCheck {
	key: string;
	answer: (checkAndRecord: boolean) => void;
}

/** Whether Talkdesk has called this process. */
let takesCalls = false;

/**
 * Notes that Talkdesk has called this process. Where n8n has workers, executions run in them, and they take no calls: a
 * process that does both is the only one.
 */
export function noteWebhookCall(): void {
	takesCalls = true;
}

/** What waits for the call under way, by place. A place without a call under way has no entry. */
const queues = new Map<string, PendingCheck[]>();

/**
 * Whether the node meets something for the first time; from then on it is known, to all workers and after restarts.
 *
 * @param scope whether it is remembered for the node alone or for all nodes of the workflow
 * @returns true also where n8n's database can't be asked: twice is better than never. Never rejects.
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
				maxEntries: scope === 'node' ? MAX_REMEMBERED : MAX_REMEMBERED_BY_WORKFLOW,
			}),
		warn: (message) => functions.logger.warn(`${name}: ${message}`),
		isOnlyProcess: takesCalls,
	});
}

/**
 * Whether an identity comes for the first time; from then on it is known.
 *
 * n8n reads a row, adds to it and writes it back, without a lock: executions side by side would lose each other's entries.
 * So one call at a time goes to the database for each place, and what comes in meanwhile goes together in the next one.
 * Other processes are not held back by this: see CONTRIBUTING.md.
 *
 * @returns true also where n8n's database can't be asked: a duplicate is better than a loss. Never rejects.
 */
export async function checkAndRecord(key: string, remembering: ProcessedKeys): Promise<boolean> {
	return await new Promise<boolean>((answer) => {
		const waiting = { key, answer };
		const queue = queues.get(remembering.scope);
		if (queue) queue.push(waiting);
		else void drain([waiting], remembering);
	});
}

async function drain(first: PendingCheck[], remembering: ProcessedKeys): Promise<void> {
	const { scope, record } = remembering;
	/** What the last call has recorded, and has to be recorded again, which no later one has done. */
	let fresh: string[] = [];
	for (let batch = first; ; ) {
		const waiting: PendingCheck[] = [];
		queues.set(scope, waiting);
		if (batch.length > 0) {
			const keys = [...new Set(batch.map(({ key }) => key))];
			const { unknown, isSafe } = await recordBatch(keys, fresh, remembering);
			fresh = isSafe ? [] : [...unknown];
			// Of the same identity twice in a batch, the one that came first is new.
			for (const { key, answer } of batch) answer(unknown.delete(key));
		} else if (fresh.length > 0) {
			await rerecord(fresh, record);
			fresh = [];
		}
		if (waiting.length === 0 && fresh.length === 0) break;
		batch = waiting;
	}
	queues.delete(scope);
}

/**
 * Which of the identities are new, or can't be said to be known, and whether that is recorded for good. Never rejects.
 *
 * @param again what was recorded a moment ago, to be recorded once more: see `recordAgain`
 */
async function recordBatch(
	keys: string[],
	again: string[],
	{ record, warn, isOnlyProcess }: ProcessedKeys,
): Promise<{ unknown: Set<string>; isSafe: boolean }> {
	const asked = new Set(again);
	const open = keys.filter((key) => !asked.has(key));
	let isDoubtful = false;
	for (let attempt = 1; ; attempt++) {
		try {
			const all = await record([...new Set([...keys, ...again])]);
			const isNew = new Set(all.new.map(String));
			const unknown = open.filter((key) => isDoubtful || isNew.has(key));
			return { unknown: new Set(unknown), isSafe: isOnlyProcess };
		} catch (error) {
			// Another process was faster with the first entry of all: nothing was written here, so the next answer counts.
			// After any other error our own entries may have been written, and would look like somebody else's.
			isDoubtful ||= !isUniqueViolation(error);
			if (attempt < TRIES) continue;
			const reason = error instanceof Error ? error.message : String(error);
			warn(`Duplicates could not be looked for: ${reason}`);
			return { unknown: new Set(open), isSafe: false };
		}
	}
}

/**
 * Other processes read and write the same row, and one that read it before us and writes it after us takes our entries out
 * again. Recorded once more they stay: in a simulation of two to four workers with 20 events a second, the duplicates that
 * come through fall from 6 to below 1 in 100. Where more comes in, that is done with the next call.
 */
async function rerecord(keys: string[], record: RecordKeys): Promise<void> {
	try {
		await record(keys);
	} catch {
		// They are recorded already, in all likelihood.
	}
}

/** A violated unique constraint, in the words of SQLite and of PostgreSQL. */
function isUniqueViolation(error: unknown): boolean {
	return error instanceof Error && /unique constraint/i.test(error.message);
}
