import { BoundedMap } from '../collections/boundedMap';

/** How many successors are remembered. */
const MAX_REMEMBERED = 5000;

/** The first conversation of each chain of successors, by successor. */
const origins = new BoundedMap<string, string>(MAX_REMEMBERED);

/** The queue of a conversation. A successor shares the queue of the ended conversation, so that late messages keep their order. */
export function queueKey(conversationId: string): string {
	return origins.get(conversationId) ?? conversationId;
}

/** Records that a conversation is the successor of an ended one. */
export function linkSuccessor(conversationId: string, successor: string): void {
	if (conversationId === successor) return;
	origins.set(successor, queueKey(conversationId));
}

/** The queue of a session: its messages and its start go one after the other. */
export const sessionQueueKey = (sessionId: string): string => `session ${sessionId}`;
