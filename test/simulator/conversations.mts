import { randomUUID } from 'node:crypto';
import type { Attachment, SendBody, StartBody } from './contract.mts';
import type { Settings } from './options.mts';

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

/** The owner of a token: all accounts of a region share one API. */
export interface TokenOwner {
	client: string;
	account: string;
}

/** A stored conversation. */
export interface Conversation {
	id: string;
	state: 'open' | 'ended';
	/** The original body of Start. */
	start: StartBody;
	startedAt: string;
	startedBy: TokenOwner;
	/** null until an agent joins. */
	agent: { name: string } | null;
	messages: Message[];
	endedAt: string | null;
	endedBy: 'agent' | 'api' | null;
}

/** The result of a Send, for repetitions with the same key. */
export interface SentMessage {
	/** The conversation of the first Send, which may be another one: see `messageKeysCountPer`. */
	conversationId: string;
	message: Message;
	/** Why attachments were left out; undefined if none was. */
	partialFailReason: string | undefined;
}

/** An idempotency key, and its owner. */
export type IdempotencyKey = TokenOwner & { key: string };

export interface Conversations {
	all(): Conversation[];
	get(id: string): Conversation | undefined;
	/** The conversation that was started with this idempotency key. */
	startedWith(key: IdempotencyKey): Conversation | undefined;
	start(key: IdempotencyKey, body: StartBody): Conversation;
	/** The result of an earlier Send with this key, in this conversation or in any of the account. */
	sentWith(conversation: Conversation, key: IdempotencyKey): SentMessage | undefined;
	/** Stores a message of the customer. */
	receive(
		conversation: Conversation,
		key: IdempotencyKey,
		body: SendBody,
		partialFailReason?: string,
	): SentMessage;
	join(conversation: Conversation, agent: { name: string }): void;
	/** Stores a message of the agent. */
	say(
		conversation: Conversation,
		agent: { name: string },
		said: { content: string; attachments: Attachment[] },
	): Message;
	end(conversation: Conversation, by: 'agent' | 'api'): void;
}

/**
 * Creates the store of conversations. It validates nothing: its callers have done so.
 *
 * @param settings gives the current settings
 * @param changed is called after every change
 */
export function createConversations(settings: () => Settings, changed: () => void): Conversations {
	const conversations = new Map<string, Conversation>();
	const startKeys = new Map<string, Conversation>();
	const messageKeys = new Map<string, SentMessage>();
	let ids = 1000;
	const time = () => new Date(settings().now()).toISOString();
	const newId = () => (settings().numericIds ? String(++ids) : randomUUID());

	const startKey = ({ account, key }: IdempotencyKey) => JSON.stringify([account, key]);
	const messageKey = ({ id }: Conversation, { account, key }: IdempotencyKey) =>
		JSON.stringify(settings().messageKeysCountPer === 'account' ? [account, key] : [id, key]);

	function add(conversation: Conversation, message: Omit<Message, 'id' | 'createdAt'>): Message {
		const added = { ...message, id: newId(), createdAt: time() };
		conversation.messages.push(added);
		return added;
	}

	return {
		all: () => [...conversations.values()],
		get: (id) => conversations.get(id),
		startedWith: (key) => startKeys.get(startKey(key)),
		start(key, body) {
			const conversation: Conversation = {
				id: newId(),
				state: 'open',
				start: body,
				startedAt: time(),
				startedBy: { client: key.client, account: key.account },
				agent: null,
				messages: [],
				endedAt: null,
				endedBy: null,
			};
			conversations.set(conversation.id, conversation);
			startKeys.set(startKey(key), conversation);
			changed();
			return conversation;
		},
		sentWith: (conversation, key) => messageKeys.get(messageKey(conversation, key)),
		receive(conversation, key, { content, attachments }, partialFailReason) {
			const message = add(conversation, {
				from: 'customer',
				author: conversation.start.contact_person.email,
				content: content ?? null,
				attachments: attachments ?? [],
			});
			const sent = { conversationId: conversation.id, message, partialFailReason };
			messageKeys.set(messageKey(conversation, key), sent);
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
