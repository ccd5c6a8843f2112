import { BoundedMap } from '../collections/boundedMap';

/** How many conversations are remembered. */
const MAX_REMEMBERED = 5000;

/** The queues of conversations that have not one of their own. */
const shared = new BoundedMap<string, string>(MAX_REMEMBERED);

/**
 * The queue of a conversation: that of its session, if this process knows it. A successor shares the queue of the ended
 * conversation, so that late messages keep their order.
 */
export function queueKey(conversationId: string): string {
	return shared.get(conversationId) ?? conversationId;
}

/** The queue of a session: its messages and its start go one after the other. */
export const sessionQueueKey = (sessionId: string): string => `session ${sessionId}`;

/** Records that a conversation is the successor of an ended one. */
export function linkSuccessor(conversationId: string, successor: string): void {
	if (conversationId === successor) return;
	shared.set(successor, queueKey(conversationId));
}

/** Records that a conversation is one of a session, so that what is sent by the one and by the other keeps its order. */
export function linkSession(conversationId: string, sessionId: string): void {
	shared.set(conversationId, sessionQueueKey(sessionId));
}
