import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { newestOpenOrNewest, type Conversation, type SessionOfConversation } from './conversation';
import { deleteOldRows } from './deleteOldRows';
import { selectRows, updateRows, upsertRow, type KeyColumn } from './dataTable';
import { isAloneInN8n } from './processRole';
import { tableOf } from './projectTable';
import { BY_WORKFLOW, MAX_EXPECTED_MS, noteWaits, WAIT_EXPECTED } from './waits';

/** Which conversation belongs to which session. Callers do not know where it is stored. */
export interface Sessions {
	/**
	 * The last conversation of a session, open or ended, and the ID of the store. Makes the store at its first use.
	 */
	last(sessionId: string): Promise<{ storeId: string; conversation: Conversation | undefined }>;
	/**
	 * The open conversation of a session, as far as is known: Talkdesk's own answer corrects it.
	 *
	 * @param isFresh whether to ask the store in any case
	 */
	open(sessionId: string, isFresh?: boolean): Promise<Conversation | undefined>;
	/** The session of a conversation; undefined if nothing is stored of it. */
	of(conversationId: string): Promise<SessionOfConversation | undefined>;
	/** Whether anything is stored at all: without it no conversation has a session. */
	exist(): Promise<boolean>;
	/** Whether a conversation was found to have no session a moment ago. */
	isForeign(conversationId: string): boolean;
	/** Notes that a conversation has no session. */
	noteForeign(conversationId: string): void;
	/**
	 * Stores a conversation that was started. If it is stored already, its status and the execution that waits stay.
	 *
	 * @param isWaitExpected whether the workflow will wait for its events
	 */
	remember(started: SessionOfConversation, isWaitExpected?: boolean): Promise<void>;
	/**
	 * Notes that a conversation has ended. The first end counts.
	 *
	 * @param endedAt ISO 8601
	 * @returns the conversation if it was open until now
	 */
	end(
		conversationId: string,
		endedAt: string,
		endReason?: string,
	): Promise<Conversation | undefined>;
	/** As `end`, if Talkdesk's answer to a message says so, and this package doesn't tell the workflow. */
	endFound(conversationId: string, endedAt: string): Promise<Conversation | undefined>;
	/** As `end`, for a conversation that this workflow ends. */
	endByWorkflow(conversationId: string, endedAt: string): Promise<Conversation | undefined>;
	/**
	 * As `end`, for an end that Talkdesk reports. The time of the first report counts.
	 *
	 * @param claim what a repetition of the report has in common with it, and nothing else
	 * @returns the conversation if the workflow doesn't know of the end: it was open until now, was found to have ended, or another
	 * workflow has ended it. In a repetition the same again
	 */
	endReported(
		conversationId: string,
		endedAt: string,
		endReason?: string,
		claim?: string,
	): Promise<Conversation | undefined>;
	/** Whether this process knows that a conversation has ended, also if its row was deleted since. */
	hasEnded(conversationId: string): boolean;
	/** Takes back a noted end that did not happen. */
	reopen(conversationId: string): Promise<void>;
	/** Notes that an agent writes, and with it that the conversation is open again if it had ended before. */
	agentWrites(conversationId: string, agentName: string, writtenAt: string): Promise<void>;
}

/** The `endReason` of a conversation that was found to have ended, and whose end Talkdesk hasn't reported yet. */
const FOUND_ENDED = 'found ended';
/** How many entries a process caches. A cached conversation needs no sub-execution. */
const MAX_KNOWN = 10_000;
/** What is known of a conversation that ends after its row was deleted. */
const ENDED_WITHOUT_ROW = {
	...{ status: 'ended' as const, agentName: '', resumeUrl: '' },
	...{ startedAt: '', endedAt: '', endReason: '' },
};
/** Milliseconds in which an unknown conversation is not waited for again. */
const FOREIGN_TTL_MS = 30_000;
/**
 * Milliseconds in which an agent who was noted isn't noted again. After that another worker may have noted an end. A process
 * that is alone has noted all ends itself.
 */
const agentTtlMs = () => (isAloneInN8n() ? Infinity : 10_000);

/** Whether a start may note that a wait is expected: not over that of an execution, or of another start a moment ago. */
const mayExpectWait = ({ resumeUrl, startedAt }: Conversation) =>
	resumeUrl === '' ||
	(resumeUrl === WAIT_EXPECTED && Date.now() - Date.parse(startedAt) > MAX_EXPECTED_MS);

const known = new BoundedMap<string, SessionOfConversation>(MAX_KNOWN);
/** When each workflow has found no session, by conversation, in milliseconds since 1970. */
const foreign = new BoundedMap<string, Map<string, number>>(MAX_KNOWN);
const openConversations = new BoundedMap<string, Conversation>(MAX_KNOWN);
/**
 * The last agent that each workflow has noted, by conversation. An agent may reopen a conversation whose end another
 * workflow has noted.
 */
const agents = new BoundedMap<string, Map<string, { name: string; at: number }>>(MAX_KNOWN);
/** The conversations that have ended, whose rows may be deleted since. */
const endedConversations = new BoundedMap<string, true>(MAX_KNOWN);
/** The claim of what has reported the end first, by conversation. n8n's Retry On Fail reports it again. */
const endReporters = new BoundedMap<string, string>(MAX_KNOWN);

/** The sessions of the project that the workflow belongs to. */
export function sessionsOf(functions: IExecuteFunctions): Sessions {
	const workflowId = functions.getWorkflow().id ?? '';
	const scoped = (id: string) => `${workflowId}\n${id}`;

	const { existing, forWriting, withTable } = tableOf(functions);
	const select = async (column: KeyColumn, value: string) =>
		await withTable(existing, async (tableId) => {
			const rows = tableId === undefined ? [] : await selectRows(functions, tableId, column, value);
			// Another worker may have noted the first wait of the project a moment ago.
			if (rows.some(({ resumeUrl }) => resumeUrl)) noteWaits(functions);
			return newestOpenOrNewest(rows);
		});
	const keep = (conversation: SessionOfConversation): SessionOfConversation => {
		const { conversationId, sessionId, sessionData, contactEmail, touchpointId } = conversation;
		const kept = { conversationId, sessionId, sessionData, contactEmail, touchpointId };
		known.set(scoped(conversationId), kept);
		return kept;
	};
	const isForeign = (conversationId: string) =>
		Date.now() - (foreign.get(conversationId)?.get(workflowId) ?? 0) < FOREIGN_TTL_MS;
	const noteForeign = (conversationId: string) => {
		const here = foreign.get(conversationId) ?? new Map<string, number>();
		foreign.set(conversationId, here.set(workflowId, Date.now()));
	};
	const keepLast = (sessionId: string, conversation: Conversation | undefined) => {
		if (conversation?.status === 'open') openConversations.set(scoped(sessionId), conversation);
		else openConversations.delete(scoped(sessionId));
		if (conversation) keep(conversation);
	};
	/** @returns the conversation if it was changed */
	const update = async (
		changes: IDataObject & { conversationId: string },
		ifStatus?: Conversation['status'],
	) =>
		await withTable(existing, async (tableId) => {
			if (tableId === undefined) return undefined;
			return newestOpenOrNewest(await updateRows(functions, tableId, changes, ifStatus));
		});

	const noteEnd = async (conversationId: string, endedAt: string, endReason = '') => {
		const session = known.get(scoped(conversationId));
		if (session) {
			const open = openConversations.get(scoped(session.sessionId));
			if (open?.conversationId === conversationId) {
				openConversations.delete(scoped(session.sessionId));
			}
		}
		endedConversations.set(conversationId, true);
		try {
			return await update({ conversationId, status: 'ended', endedAt, endReason }, 'open');
		} finally {
			// Not before: a look of `agentWrites` that has seen the conversation open would be remembered.
			agents.delete(conversationId);
		}
	};
	/** As `noteEnd`, by a node that tells the workflow of the end. */
	const end = async (conversationId: string, endedAt: string, endReason = '') => {
		const ended = await noteEnd(conversationId, endedAt, endReason);
		const row = ended ? undefined : await select('conversationId', conversationId);
		if (row?.endReason === FOUND_ENDED) await update({ conversationId, endReason });
		return ended;
	};
	const byThisWorkflow = `${BY_WORKFLOW}${workflowId}`;

	return {
		async last(sessionId) {
			return await withTable(forWriting, async (storeId) => {
				const rows = await selectRows(functions, storeId, 'sessionId', sessionId);
				const conversation = newestOpenOrNewest(rows);
				keepLast(sessionId, conversation);
				return { storeId, conversation };
			});
		},
		async open(sessionId, isFresh = false) {
			const kept = isFresh ? undefined : openConversations.get(scoped(sessionId));
			if (kept) return kept;
			const conversation = await select('sessionId', sessionId);
			keepLast(sessionId, conversation);
			return conversation?.status === 'open' ? conversation : undefined;
		},
		async of(conversationId) {
			const key = scoped(conversationId);
			const kept = known.get(key);
			if (kept) return kept;
			// Another worker's start of it may take longer than it was waited for.
			if (isAloneInN8n() && isForeign(conversationId)) return undefined;
			const conversation = await select('conversationId', conversationId);
			if (conversation) return keep(conversation);
			if (isForeign(conversationId)) noteForeign(conversationId);
			return undefined;
		},
		async exist() {
			return (await existing()) !== undefined;
		},
		isForeign,
		noteForeign,
		async remember(started, isWaitExpected = false) {
			const startedAt = new Date().toISOString();
			const row = {
				...started,
				status: 'open' as const,
				startedAt,
				...(isWaitExpected && { resumeUrl: WAIT_EXPECTED }),
			};
			if (isWaitExpected) noteWaits(functions);
			const stored = await withTable(forWriting, async (tableId) => {
				// Another worker may have stored the same start just before: its execution may wait, or the conversation have ended.
				const found = newestOpenOrNewest(await updateRows(functions, tableId, { ...started }));
				if (!found) await upsertRow(functions, tableId, row);
				else if (isWaitExpected && mayExpectWait(found)) {
					const { conversationId } = started;
					const expected = { conversationId, startedAt, resumeUrl: WAIT_EXPECTED };
					await updateRows(functions, tableId, expected, 'open');
				}
				// Once more, for looks that began before the row was there.
				if (isWaitExpected) noteWaits(functions);
				await deleteOldRows(functions, tableId);
				return found;
			});
			// What any workflow of the process knows was so without this row.
			foreign.delete(started.conversationId);
			agents.delete(started.conversationId);
			keepLast(
				started.sessionId,
				stored ?? { ...row, agentName: '', resumeUrl: '', endedAt: '', endReason: '' },
			);
		},
		end,
		endFound: async (conversationId, endedAt) =>
			await noteEnd(conversationId, endedAt, FOUND_ENDED),
		endByWorkflow: async (conversationId, endedAt) =>
			await end(conversationId, endedAt, byThisWorkflow),
		async endReported(conversationId, endedAt, endReason = '', claim = '') {
			const isNews = !endedConversations.has(conversationId);
			const isAgain = claim !== '' && endReporters.get(scoped(conversationId)) === claim;
			if (isNews) endReporters.set(scoped(conversationId), claim);
			const ended = await noteEnd(conversationId, endedAt, endReason);
			if (ended) return ended;
			const row = await select('conversationId', conversationId);
			const session = known.get(scoped(conversationId));
			// Its row was deleted, and only this process remembers it.
			if (!row)
				return (isNews || isAgain) && session ? { ...session, ...ENDED_WITHOUT_ROW } : undefined;
			const isSame = Date.parse(row.endedAt) === Date.parse(endedAt);
			// The execution that is retried has noted this end itself.
			const hasNoted = isSame && row.status === 'ended';
			if (hasNoted && (isAgain || functions.getMode() === 'retry')) return row;
			const { endReason: noted } = row;
			const isByOther = noted.startsWith(BY_WORKFLOW) && noted !== byThisWorkflow;
			if (!isByOther && noted !== FOUND_ENDED) return undefined;
			const reason = endReason || (isByOther ? 'ended by a workflow' : '');
			endReporters.set(scoped(conversationId), claim);
			// With the time of the report, by which it is known in a repetition.
			return await update({ conversationId, endReason: reason, endedAt });
		},
		hasEnded: (conversationId) => endedConversations.has(conversationId),
		async reopen(conversationId) {
			endedConversations.delete(conversationId);
			await update({ conversationId, status: 'open' }, 'ended');
		},
		async agentWrites(conversationId, agentName, writtenAt) {
			const agentsHere =
				agents.get(conversationId) ?? new Map<string, { name: string; at: number }>();
			const noted = agentsHere.get(workflowId);
			if (noted?.name === agentName && Date.now() - noted.at < agentTtlMs()) return;
			agents.set(conversationId, agentsHere);
			const conversation = await select('conversationId', conversationId);
			if (!conversation) return;
			const isEnded = conversation.status === 'ended';
			// A late message of a conversation that has ended doesn't reopen it.
			if (isEnded && !(Date.parse(writtenAt) > Date.parse(conversation.endedAt))) return;
			if (isEnded || conversation.agentName !== agentName) {
				await update({ conversationId, agentName, ...(isEnded && { status: 'open' }) });
			}
			endedConversations.delete(conversationId);
			// A newer conversation of the session may be open: the store knows.
			if (isEnded) openConversations.delete(scoped(conversation.sessionId));
			// If an end was noted in the meantime, `agents` has it no longer.
			agentsHere.set(workflowId, { name: agentName, at: Date.now() });
		},
	};
}
