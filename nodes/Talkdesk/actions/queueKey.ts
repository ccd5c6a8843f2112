import { BoundedMap } from '../collections/boundedMap';

/** How many conversations are remembered. */
const MAX_REMEMBERED = 5000;

/** What shares its queue with another conversation or session, and with which. Each chain ends in the key of their queue. */
const shared = new BoundedMap<string, string>(MAX_REMEMBERED);

/**
 * The queue of a conversation: that of its session and of the other conversations of it, as far as this process knows. A
 * successor shares the queue of the ended conversation, so that late messages keep their order.
 */
export function queueKey(conversationId: string): string {
	let key = conversationId;
	for (let next = shared.get(key); next !== undefined; next = shared.get(key)) key = next;
	return key;
}

const keyOf = (sessionId: string) => `session ${sessionId}`;

/** The queue of a session: its messages and its start go one after the other. */
export const sessionQueueKey = (sessionId: string): string => queueKey(keyOf(sessionId));

function share(one: string, other: string): void {
	const [own, key] = [queueKey(one), queueKey(other)];
	if (own !== key) shared.set(own, key);
	// What is used stays known.
	if (one !== key) shared.set(one, key);
}

/** Records that a conversation is the successor of an ended one. */
export const linkSuccessor = (conversationId: string, successor: string): void =>
	share(successor, conversationId);

/** Records that a conversation is one of a session, so that what is sent by the one and by the other keeps its order. */
export const linkSession = (conversationId: string, sessionId: string): void =>
	share(conversationId, keyOf(sessionId));
