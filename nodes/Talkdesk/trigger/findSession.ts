import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { jsonParse, sleep } from 'n8n-workflow';

import { isAloneInN8n } from '../sessions/processRole';
import type { Conversation, SessionOfConversation } from '../sessions/conversation';
import { sessionsOf } from '../sessions/dataTableSessions';
import type { SessionStore } from '../sessions/sessionStore';
import { isStarting } from '../sessions/starts';
import { executionIdentity } from '../deduplication/executionIdentity';

/**
 * Milliseconds between the looks for a conversation that isn't stored yet: Talkdesk may call before the answer to our start
 * has come, and been stored. Another worker may have started it.
 */
const WAITS_MS = [100, 250, 500, 1000, 1500, 2000];
/** Milliseconds to wait at most while a start is under way in this process: as long as its retries take. */
const MAX_WAIT_MS = 60_000;

/** Stored for an agent whose name Talkdesk doesn't give, so that it shows that one has written. */
const UNNAMED = '(no name)';

/**
 * The session of an event: the chat in the user's channel that it belongs to.
 *
 * Notes ends, and which agent writes. A conversation that nobody here has started has no session.
 *
 * @param json the event, as the trigger puts it out
 * @param call what was noted of the call, such as its place among others
 * @returns `sessionId` and `sessionData` for the output; nothing without a session. For an end also `handedBack`, so that the
 * customer reads of it once: false if this workflow made the end or knows it, or if another human has the chat by now.
 * @throws NodeOperationError if the Data Table can't be used
 */
export async function findSession(
	functions: IExecuteFunctions,
	json: IDataObject,
	call?: unknown,
): Promise<IDataObject> {
	const { conversationId, event, eventId, timestamp, reason } = json;
	const sessions = sessionsOf(functions);
	if (typeof conversationId !== 'string' || !(await sessions.exist())) return {};
	const session = await waitForSession(sessions, conversationId);
	if (!session) return {};
	const at = isoOf(timestamp);
	const isEnd = event === 'conversation_ended';
	const ended = isEnd
		? await sessions.endReported(
				conversationId,
				at,
				typeof reason === 'string' ? reason : undefined,
				executionIdentity(functions, eventId, call),
			)
		: undefined;
	const agentName = agentOf(json);
	if (agentName !== undefined) {
		await sessions.agentWrites(conversationId, agentName || UNNAMED, at);
	}
	const { sessionId, sessionData } = session;
	if (sessionId === '') return {};
	return {
		sessionId,
		...(isEnd && { handedBack: ended !== undefined && !(await hasNewer(sessions, ended)) }),
		...(sessionData && { sessionData: jsonParse(sessionData, { fallbackValue: sessionData }) }),
	};
}

/** Whether the session has an open conversation that began later. */
async function hasNewer(sessions: SessionStore, { sessionId, startedAt }: Conversation) {
	const open = await sessions.open(sessionId, true);
	// Without its row, its start is unknown. An open conversation of the session must have begun later.
	if (startedAt === '') return open !== undefined;
	return open !== undefined && Date.parse(open.startedAt) > Date.parse(startedAt);
}

async function waitForSession(
	sessions: SessionStore,
	conversationId: string,
): Promise<SessionOfConversation | undefined> {
	const startedAt = Date.now();
	for (let look = 0; ; look++) {
		// A start may end during the look, which then says nothing of it.
		const isStartUnderWay = isStarting(startedAt);
		const session = await sessions.of(conversationId);
		if (session || sessions.isForeign(conversationId)) return session;
		const mayBeStarting = isStartUnderWay || (!isAloneInN8n() && look < WAITS_MS.length);
		if (!mayBeStarting || Date.now() - startedAt > MAX_WAIT_MS) break;
		await sleep(WAITS_MS[look] ?? 1000);
	}
	sessions.noteForeign(conversationId);
	return undefined;
}

/** The name of the human agent who wrote a message; undefined for any other event or author. */
export function agentOf({ event, author }: IDataObject): string | undefined {
	if (event !== 'message_created' || typeof author !== 'object' || author === null)
		return undefined;
	if (!('kind' in author) || author.kind !== 'agent') return undefined;
	return 'name' in author && typeof author.name === 'string' ? author.name : '';
}

/** The time of an event as ISO 8601 in UTC, so that times can be compared. */
function isoOf(timestamp: unknown): string {
	const time = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
	return new Date(Number.isNaN(time) ? Date.now() : time).toISOString();
}
