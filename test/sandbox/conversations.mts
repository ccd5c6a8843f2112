import { randomUUID } from 'node:crypto';
import type { Attachment, SendBody, StartBody } from './contract.mts';

/** A message of the conversation itself; the transcript before it is in `start.previous_messages`. */
export interface Message {
	id: string;
	from: 'customer' | 'agent';
	/** The customer's e-mail address or the agent's name. */
	author: string;
	content: string | null;
	attachments: Attachment[];
	createdAt: string;
}

/** A conversation as the local Talkdesk keeps it. */
export interface Conversation {
	id: string;
	state: 'open' | 'ended';
	/** The body of Start as it came, in Talkdesk's own words. */
	start: StartBody;
	startedAt: string;
	/** null until somebody joins. */
	agent: { name: string } | null;
	messages: Message[];
	endedAt: string | null;
	endedBy: 'agent' | 'api' | null;
}

/** How Send was answered, to be answered the same when it comes again. */
export interface Sent {
	message: Message;
	/** Why attachments were left out; undefined when none was. */
	partialFailReason: string | undefined;
}

export interface Conversations {
	all(): Conversation[];
	get(id: string): Conversation | undefined;
	/** The conversation that was started with this idempotency key. */
	startedWith(key: string): Conversation | undefined;
	start(key: string, body: StartBody): Conversation;
	/** What was sent to this conversation with this idempotency key. */
	sentWith(conversation: Conversation, key: string): Sent | undefined;
	/** Stores what the customer wrote. */
	receive(
		conversation: Conversation,
		key: string,
		body: SendBody,
		partialFailReason?: string,
	): Sent;
	join(conversation: Conversation, agent: { name: string }): void;
	/** Stores what the agent wrote. */
	say(
		conversation: Conversation,
		agent: { name: string },
		said: { content: string; attachments: Attachment[] },
	): Message;
	end(conversation: Conversation, by: 'agent' | 'api'): void;
}

/**
 * Makes the store of conversations. It keeps, and checks nothing: whoever writes has checked.
 *
 * @param now gives the time of what happens
 * @param changed is called after every change
 */
export function createConversations(now: () => number, changed: () => void): Conversations {
	const conversations = new Map<string, Conversation>();
	const startKeys = new Map<string, Conversation>();
	/** Keys count per conversation. */
	const messageKeys = new WeakMap<Conversation, Map<string, Sent>>();
	const time = () => new Date(now()).toISOString();

	function add(conversation: Conversation, message: Omit<Message, 'id' | 'createdAt'>): Message {
		const added = { ...message, id: randomUUID(), createdAt: time() };
		conversation.messages.push(added);
		return added;
	}

	return {
		all: () => [...conversations.values()],
		get: (id) => conversations.get(id),
		startedWith: (key) => startKeys.get(key),
		start(key, body) {
			const conversation: Conversation = {
				id: randomUUID(),
				state: 'open',
				start: body,
				startedAt: time(),
				agent: null,
				messages: [],
				endedAt: null,
				endedBy: null,
			};
			conversations.set(conversation.id, conversation);
			startKeys.set(key, conversation);
			messageKeys.set(conversation, new Map());
			changed();
			return conversation;
		},
		sentWith: (conversation, key) => messageKeys.get(conversation)?.get(key),
		receive(conversation, key, { content, attachments }, partialFailReason) {
			const message = add(conversation, {
				from: 'customer',
				author: conversation.start.contact_person.email,
				content: content ?? null,
				attachments: attachments ?? [],
			});
			const sent = { message, partialFailReason };
			messageKeys.get(conversation)?.set(key, sent);
			changed();
			return sent;
		},
		join(conversation, agent) {
			conversation.agent = agent;
			changed();
		},
		say(conversation, agent, said) {
			const message = add(conversation, { from: 'agent', author: agent.name, ...said });
			changed();
			return message;
		},
		end(conversation, by) {
			Object.assign(conversation, { state: 'ended', endedAt: time(), endedBy: by });
			changed();
		},
	};
}
