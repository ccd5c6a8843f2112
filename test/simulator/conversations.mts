import { randomUUID } from 'node:crypto';
import type { Attachment, SendBody, StartBody } from './contract.mts';
import type { Settings } from './options.mts';

/** A message of the conversation itself; the transcript before it is in `start.previous_messages`. */
export interface Message {
	id: string;
	/** `automated`: a flow or a virtual agent of Talkdesk. */
	from: 'customer' | 'agent' | 'automated';
	/** The customer's e-mail address, the agent's name, or that of the program; empty if it has none. */
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

/** What happened to a conversation, besides its messages. */
interface Step {
	what: 'started' | 'joined' | 'transferred' | 'ended' | 'reopened';
	at: string;
	by: 'agent' | 'api';
	/** The agent who has the conversation from then on, or had it until then. */
	agent: string | null;
}

/** A stored conversation. */
export interface Conversation {
	id: string;
	state: 'open' | 'ended';
	/** The original body of Start; what would be in it if an agent has opened the conversation. */
	start: StartBody;
	startedAt: string;
	/** null: an agent. */
	startedBy: TokenOwner | null;
	/** null until an agent joins. */
	agent: { name: string } | null;
	messages: Message[];
	endedAt: string | null;
	endedBy: 'agent' | 'api' | null;
	/** Oldest first. */
	steps: Step[];
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
	/** Stores a conversation that an agent opens. */
	open(agent: { name: string }, body: StartBody): Conversation;
	/** The result of an earlier Send with this key, in this conversation or in any of the account. */
	sentWith(conversation: Conversation, key: IdempotencyKey): SentMessage | undefined;
	/** Stores a message of the customer. */
	receive(
		conversation: Conversation,
		key: IdempotencyKey,
		body: SendBody,
		partialFailReason?: string,
	): SentMessage;
	/** Gives the conversation to an agent, the first one or another one. */
	join(conversation: Conversation, agent: { name: string }): void;
	/** Stores a message of the agent, or of a program. */
	say(
		conversation: Conversation,
		said: Pick<Message, 'author' | 'attachments'> & {
			from: 'agent' | 'automated';
			content: string;
		},
	): Message;
	end(conversation: Conversation, by: 'agent' | 'api'): void;
	reopen(conversation: Conversation): void;
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

	function create(
		body: StartBody,
		by: { startedBy: TokenOwner | null; agent: { name: string } | null },
	): Conversation {
		const conversation: Conversation = {
			id: newId(),
			state: 'open',
			start: body,
			startedAt: time(),
			...by,
			messages: [],
			endedAt: null,
			endedBy: null,
			steps: [],
		};
		conversations.set(conversation.id, conversation);
		note(conversation, 'started', by.startedBy ? 'api' : 'agent');
		return conversation;
	}

	function note(conversation: Conversation, what: Step['what'], by: Step['by'] = 'agent') {
		conversation.steps.push({ what, at: time(), by, agent: conversation.agent?.name ?? null });
		changed();
	}

	return {
		all: () => [...conversations.values()],
		get: (id) => conversations.get(id),
		startedWith: (key) => startKeys.get(startKey(key)),
		start(key, body) {
			const startedBy = { client: key.client, account: key.account };
			const conversation = create(body, { startedBy, agent: null });
			startKeys.set(startKey(key), conversation);
			return conversation;
		},
		open: (agent, body) => create(body, { startedBy: null, agent }),
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
			const what = conversation.agent ? 'transferred' : 'joined';
			conversation.agent = agent;
			note(conversation, what);
		},
		say(conversation, said) {
			const message = add(conversation, said);
			changed();
			return message;
		},
		end(conversation, by) {
			Object.assign(conversation, { state: 'ended', endedAt: time(), endedBy: by });
			note(conversation, 'ended', by);
		},
		reopen(conversation) {
			Object.assign(conversation, { state: 'open', endedAt: null, endedBy: null });
			note(conversation, 'reopened');
		},
	};
}
