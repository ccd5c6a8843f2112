import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { BoundedMap } from '../collections/boundedMap';
import { joinInFlight } from '../collections/joinInFlight';
import { clearResumeUrl, hasRows, selectRows, updateRows, upsertRow } from './dataTable';
import { deleteOldRows } from './deleteOldRows';
import { isAloneInN8n } from './processRole';
import { tableOf } from './projectTable';

/** Which executions wait for the next event of a conversation. Their URLs are secrets: no output, error or log may have one. */
export interface Waits {
	/** The wait for a conversation; undefined if there is none. Costs nothing until a workflow of the project has waited. */
	find(conversationId: string): Promise<Wait | undefined>;
	/**
	 * Notes that an execution waits for a conversation, in place of any other.
	 *
	 * @param resumeUrl wakes the execution
	 * @returns what was known before: whether the conversation has ended, its session, and the URL of another execution
	 */
	register(conversationId: string, resumeUrl: string): Promise<Registration>;
	/** The end of a conversation, with its session; undefined if it is open, or has no row. */
	endOf(conversationId: string): Promise<{ sessionId?: string } | undefined>;
	/** Whether an execution is the last one that this process has registered for the conversation, and its wait is not cleared. */
	isLastHere(conversationId: string, resumeUrl: string): boolean;
	/** Notes that an execution no longer waits. @param resumeUrl as it was noted */
	clear(conversationId: string, resumeUrl: string): Promise<void>;
}

interface Wait {
	/** Undefined if the workflow will wait, but has not begun to. */
	resumeUrl?: string;
	/** Milliseconds since 1970. */
	startedAt: number;
}

interface Registration {
	isEnded: boolean;
	sessionId?: string;
	replaced?: string;
}

/** In place of a URL: the workflow that has started the conversation will wait for its events. */
export const WAIT_EXPECTED = 'expected';
/** Milliseconds after the start in which a workflow that will wait may come to do so. */
export const MAX_EXPECTED_MS = 30_000;
/**
 * The start of `endReason` if a workflow ended the conversation and Talkdesk hasn't reported it yet. The workflow's ID
 * follows.
 */
export const BY_WORKFLOW = 'ended by workflow ';

const text = z
	.string()
	.nullish()
	.transform((value) => value || undefined);
const rowSchema = z.object({
	status: z.enum(['open', 'ended']).catch('open'),
	sessionId: text,
	resumeUrl: text,
	endReason: text,
	startedAt: z.coerce.date().catch(new Date(0)),
});

/** Whether a trigger holds the events of a conversation, until the workflow that has started it waits. */
function isHeld({ resumeUrl, endReason, startedAt }: z.output<typeof rowSchema>): boolean {
	if (resumeUrl !== WAIT_EXPECTED || endReason?.startsWith(BY_WORKFLOW)) return false;
	return Date.now() - startedAt.getTime() < MAX_EXPECTED_MS;
}

/**
 * Milliseconds in which a process that has found no wait in the project doesn't look for one. A process that is alone notes
 * all waits itself.
 */
const noneTtlMs = () => (isAloneInN8n() ? Infinity : 2_000);

/** What a process knows of the waits of a project, by workflow. */
const known = new Map<string, { exist: true } | { noneSince: number }>();

/** The looks for waits that are under way, by workflow. */
const looks = new Map<string, Promise<boolean>>();
/** How many waits this process has noted: a look that began before one of them says nothing. */
let noted = 0;

/** Notes that a workflow of the project waits, or will: from now on each event asks who waits for it. */
export function noteWaits(functions: IExecuteFunctions): void {
	noted++;
	// The trigger may be in another workflow, and has found none a moment ago.
	for (const [workflowId, memory] of known) if (!('exist' in memory)) known.delete(workflowId);
	known.set(functions.getWorkflow().id ?? '', { exist: true });
}

/** The URLs that this process has registered last, and not cleared. */
const lastHere = new BoundedMap<string, string>(10_000);

/** The waits of the project that the workflow belongs to. @throws NodeOperationError if the Data Table can't be used */
export function waitsOf(functions: IExecuteFunctions): Waits {
	const workflowId = functions.getWorkflow().id ?? '';
	const { existing, forWriting, withTable } = tableOf(functions);

	const exist = async (tableId: string): Promise<boolean> => {
		const memory = known.get(workflowId);
		if (memory && 'exist' in memory) return true;
		if (memory && Date.now() - memory.noneSince < noneTtlMs()) return false;
		return await joinInFlight(looks, workflowId, async () => {
			const notedBefore = noted;
			const found = await hasRows(functions, tableId, 'resumeUrl');
			if (!found && noted !== notedBefore) return true;
			known.set(workflowId, found ? { exist: true } : { noneSince: Date.now() });
			return found;
		});
	};
	const rowOf = async (tableId: string, conversationId: string) => {
		const [row] = await selectRows(functions, tableId, 'conversationId', conversationId);
		return rowSchema.safeParse(row).data;
	};

	return {
		async find(conversationId) {
			return await withTable(existing, async (tableId) => {
				if (tableId === undefined || !(await exist(tableId))) return undefined;
				const row = await rowOf(tableId, conversationId);
				if (!row?.resumeUrl) return undefined;
				const { resumeUrl } = row;
				return {
					...(resumeUrl !== WAIT_EXPECTED && { resumeUrl }),
					startedAt: row.startedAt.getTime(),
				};
			});
		},
		async register(conversationId, resumeUrl) {
			noteWaits(functions);
			lastHere.set(conversationId, resumeUrl);
			return await withTable(forWriting, async (tableId) => {
				const row = await rowOf(tableId, conversationId);
				const isEnded = row?.status === 'ended' && !isHeld(row);
				const known = { isEnded, ...(row?.sessionId && { sessionId: row.sessionId }) };
				if (isEnded || row?.resumeUrl === resumeUrl) return known;
				if (row) await updateRows(functions, tableId, { conversationId, resumeUrl });
				else await upsertRow(functions, tableId, newRow(conversationId, resumeUrl));
				// Once more, for looks that began before the row was there.
				noteWaits(functions);
				if (!row) await deleteOldRows(functions, tableId);
				const replaced = row?.resumeUrl === WAIT_EXPECTED ? undefined : row?.resumeUrl;
				return { ...known, ...(replaced && { replaced }) };
			});
		},
		async endOf(conversationId) {
			return await withTable(existing, async (tableId) => {
				const row = tableId === undefined ? undefined : await rowOf(tableId, conversationId);
				if (row?.status !== 'ended') return undefined;
				return { ...(row.sessionId && { sessionId: row.sessionId }) };
			});
		},
		isLastHere: (conversationId, resumeUrl) => lastHere.get(conversationId) === resumeUrl,
		async clear(conversationId, resumeUrl) {
			if (lastHere.get(conversationId) === resumeUrl) lastHere.delete(conversationId);
			await withTable(existing, async (tableId) => {
				if (tableId === undefined) return;
				await clearResumeUrl(functions, tableId, conversationId, resumeUrl);
			});
		},
	};
}

/** The row of a conversation without a session. */
const newRow = (conversationId: string, resumeUrl: string) => ({
	conversationId,
	sessionId: '',
	status: 'open',
	startedAt: new Date().toISOString(),
	resumeUrl,
});
