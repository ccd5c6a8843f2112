import { randomUUID } from 'node:crypto';
import type { UploadedFile } from '../../simulator/pages/server/transfer.mts';
import type { Answer } from './forward.mts';

/** What n8n posted to a customer: words, or a file. */
export interface ReceivedMessage {
	/** `automated`: a program on Talkdesk's side, which is no human. `unknown`: Talkdesk doesn't say who. */
	from: 'human' | 'automated' | 'unknown' | 'bot';
	text: string;
	/** The name of the speaker, if n8n knows it. */
	name?: string;
	/** Whether it is the first message of this human. */
	joined?: boolean;
	file?: UploadedFile;
}

/** One message as the customer's page shows it. */
export interface ChatMessage {
	id: string;
	/** `notice`: something that happened. */
	from: 'customer' | 'notice' | ReceivedMessage['from'];
	name?: string;
	text: string;
	files: Array<Pick<UploadedFile, 'id' | 'name' | 'size'>>;
	/** ISO 8601. */
	at: string;
	/** Of the customer's messages: the state of their delivery to n8n. */
	state?: 'sending' | 'sent' | 'failed';
	/** Why it failed, completely or in part. */
	problem?: string;
}

/** Who answers. A human is awaited until one writes; then the name is known. */
type Answering = { by: 'bot' } | { by: 'nobody yet' } | { by: 'human'; name?: string };

/** The chat of one person on the web site. */
export interface Session {
	readonly id: string;
	readonly profile: { name?: string; email?: string };
	readonly messages: ChatMessage[];
	answering: Answering;
	/** All uploaded files, of the customer and of n8n. */
	readonly files: Map<string, UploadedFile>;
}

export interface Sessions {
	get(id: string): Session | undefined;
	create(profile: Session['profile']): Session;
	/** Adds a message of the customer, before its delivery to n8n. */
	addCustomerMessage(session: Session, text: string, files: UploadedFile[]): ChatMessage;
	/** Records the state of the delivery to n8n. */
	setDelivery(session: Session, message: ChatMessage, outcome: 'sending' | Answer | Error): void;
	/** Adds a message of n8n. */
	addN8nMessage(session: Session, message: ReceivedMessage): void;
}

/**
 * Creates the store of chats.
 *
 * @param changed is called after every change
 */
export function createSessions(changed: () => void): Sessions {
	const sessions = new Map<string, Session>();

	function add(session: Session, message: Omit<ChatMessage, 'id' | 'at'>): ChatMessage {
		const added = { ...message, id: randomUUID(), at: new Date().toISOString() };
		session.messages.push(added);
		return added;
	}

	return {
		get: (id) => sessions.get(id),
		create(profile) {
			const id = randomUUID();
			const answering: Answering = { by: 'bot' };
			const session: Session = { id, profile, messages: [], answering, files: new Map() };
			sessions.set(id, session);
			changed();
			return session;
		},
		addCustomerMessage(session, text, files) {
			const message = add(session, { from: 'customer', text, files: files.map(mention) });
			changed();
			return message;
		},
		setDelivery(session, message, outcome) {
			delete message.problem;
			if (outcome === 'sending') {
				message.state = 'sending';
			} else if ('message' in outcome) {
				Object.assign(message, { state: 'failed', problem: outcome.message });
			} else {
				const { handledBy, reply, error } = outcome;
				Object.assign(message, { state: 'sent', ...(error && { problem: error }) });
				const isWithHuman = session.answering.by !== 'bot';
				if (handledBy === 'bot') session.answering = { by: 'bot' };
				else if (!isWithHuman) session.answering = { by: 'nobody yet' };
				if (reply) add(session, { from: 'bot', text: reply, files: [] });
			}
			changed();
		},
		addN8nMessage(session, { from, text, name, joined, file }) {
			const before = session.answering;
			const isHuman = from === 'human';
			const known = name ?? (isHuman && before.by === 'human' ? before.name : undefined);
			if (isHuman) session.answering = { by: 'human', ...named(known) };
			if (from === 'bot') session.answering = { by: 'bot' };
			if (joined) {
				add(session, {
					from: 'notice',
					text: `${name ?? 'A colleague'} has joined the chat.`,
					files: [],
				});
			}
			if (file) session.files.set(file.id, file);
			// A message of files alone is an empty text, followed by the files.
			const files = file ? [mention(file)] : [];
			if (text || file) add(session, { from, ...named(known), text, files });
			changed();
		},
	};
}

const named = (name: string | undefined) => (name ? { name } : {});

function mention({ id, name, size }: UploadedFile): ChatMessage['files'][number] {
	return { id, name, size };
}
