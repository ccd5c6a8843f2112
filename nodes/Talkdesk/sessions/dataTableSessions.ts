import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { newestOpenOrNewest, type Conversation, type SessionOfConversation } from './conversation';
import { deleteOldRows } from './deleteOldRows';
import { selectRows, updateRows, upsertRow, type KeyColumn } from './dataTable';
import { isAloneInN8n } from './processRole';
import { tableOf } from './projectTable';
import type { SessionStore } from './sessionStore';
import { BY_WORKFLOW, MAX_EXPECTED_MS, noteWaits, WAIT_EXPECTED } from './waits';

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
/** The conversations that a workflow of this process is about to end. */
const endingConversations = new Set<string>();
/** The claim of what has reported the end first, by conversation. n8n's Retry On Fail reports it again. */
const endReporters = new BoundedMap<string, string>(MAX_KNOWN);

/** The sessions of the project that the workflow belongs to. */
export function sessionsOf(functions: IExecuteFunctions): SessionStore {
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
	const reopen = async (conversationId: string) => {
		endedConversations.delete(conversationId);
		await update({ conversationId, status: 'open' }, 'ended');
	};
	/** Moves an end of this workflow to the present. What the agent wrote before, on its way to the trigger, reopens nothing. */
	const noteEndedNow = async (conversationId: string) => {
		const row = await select('conversationId', conversationId);
		if (row?.endReason !== byThisWorkflow) return;
		await update({ conversationId, status: 'ended', endedAt: new Date().toISOString() });
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
		async whileEnding(conversationId, endedAt, endIt) {
			endingConversations.add(conversationId);
			try {
				const isStored = (await existing()) !== undefined;
				const noted = isStored && (await end(conversationId, endedAt, byThisWorkflow));
				const result = await endIt().catch(async (error: unknown) => {
					if (noted) await reopen(conversationId);
					throw error;
				});
				if (noted) {
					// It has ended, and is noted: that is no reason to fail.
					await noteEndedNow(conversationId).catch((error: unknown) =>
						functions.logger.warn(`${functions.getNode().name}: ${String(error)}`),
					);
				}
				return result;
			} finally {
				endingConversations.delete(conversationId);
			}
		},
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
		async agentWrites(conversationId, agentName, writtenAt) {
			const agentsHere =
				agents.get(conversationId) ?? new Map<string, { name: string; at: number }>();
			const noted = agentsHere.get(workflowId);
			if (noted?.name === agentName && Date.now() - noted.at < agentTtlMs()) return;
			agents.set(conversationId, agentsHere);
			const conversation = await select('conversationId', conversationId);
			if (!conversation) return;
			const isEnded = conversation.status === 'ended';
			// A late message of a conversation that has ended, or is being ended, doesn't reopen it.
			const isLate = !(Date.parse(writtenAt) > Date.parse(conversation.endedAt));
			if (isEnded && (isLate || endingConversations.has(conversationId))) return;
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
