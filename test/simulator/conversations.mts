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

/** Whose token it was: all accounts of a region share one API. */
export interface Holder {
	client: string;
	account: string;
}

/** A conversation as the local Talkdesk keeps it. */
export interface Conversation {
	id: string;
	state: 'open' | 'ended';
	/** The body of Start as it came, in Talkdesk's own words. */
	start: StartBody;
	startedAt: string;
	startedBy: Holder;
	/** null until somebody joins. */
	agent: { name: string } | null;
	messages: Message[];
	endedAt: string | null;
	endedBy: 'agent' | 'api' | null;
}

/** How Send was answered, to be answered the same when it comes again. */
export interface Sent {
	/** The conversation it was sent to, which another one may be answered with: see `messageKeysCountPer`. */
	conversationId: string;
	message: Message;
	/** Why attachments were left out; undefined when none was. */
	partialFailReason: string | undefined;
}

/** An idempotency key, and who came with it. */
export type Key = Holder & { key: string };

export interface Conversations {
	all(): Conversation[];
	get(id: string): Conversation | undefined;
	/** The conversation that was started with this idempotency key. */
	startedWith(key: Key): Conversation | undefined;
	start(key: Key, body: StartBody): Conversation;
	/** What was sent to this conversation, or to any of the account, with this idempotency key. */
	sentWith(conversation: Conversation, key: Key): Sent | undefined;
	/** Stores what the customer wrote. */
	receive(conversation: Conversation, key: Key, body: SendBody, partialFailReason?: string): Sent;
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
 * @param settings gives the settings of the moment
 * @param changed is called after every change
 */
export function createConversations(settings: () => Settings, changed: () => void): Conversations {
	const conversations = new Map<string, Conversation>();
	const startKeys = new Map<string, Conversation>();
	const messageKeys = new Map<string, Sent>();
	let ids = 1000;
	const time = () => new Date(settings().now()).toISOString();
	const newId = () => (settings().numericIds ? String(++ids) : randomUUID());

	const startKey = ({ account, key }: Key) => JSON.stringify([account, key]);
	const messageKey = ({ id }: Conversation, { account, key }: Key) =>
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
