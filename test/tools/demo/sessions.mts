import { randomUUID } from 'node:crypto';
import type { UploadedFile } from '../../simulator/pages/server/transfer.mts';
import type { Answer } from './forward.mts';

/** What n8n posted to a customer: words, or a file. */
export interface Heard {
	/** `automated`: a program on Talkdesk's side, which is no human. */
	from: 'human' | 'automated' | 'bot';
	text: string;
	/** Who says it, where n8n knows. */
	name?: string;
	/** Whether it is the first message of this human. */
	joined?: boolean;
	file?: UploadedFile;
}

/** One message as the customer's page shows it. */
export interface ChatMessage {
	id: string;
	/** `notice`: something that happened. */
	from: 'customer' | 'notice' | Heard['from'];
	name?: string;
	text: string;
	files: Array<Pick<UploadedFile, 'id' | 'name' | 'size'>>;
	/** ISO 8601. */
	at: string;
	/** Of the customer's own: whether n8n has taken it. */
	state?: 'sending' | 'sent' | 'failed';
	/** Why it failed, or what of it. */
	problem?: string;
}

/** Who answers. A human is awaited until one writes; then the name is known. */
export type Answering = { by: 'bot' } | { by: 'nobody yet' } | { by: 'human'; name?: string };

/** The chat of one person on the web site. */
export interface Session {
	readonly id: string;
	readonly profile: { name?: string; email?: string };
	readonly messages: ChatMessage[];
	answering: Answering;
	/** Everything that was brought, by the customer or by n8n. */
	readonly files: Map<string, UploadedFile>;
}

export interface Sessions {
	get(id: string): Session | undefined;
	begin(profile: Session['profile']): Session;
	/** The customer says something; n8n doesn't know it yet. */
	said(session: Session, text: string, files: UploadedFile[]): ChatMessage;
	/** How bringing it to n8n goes. */
	bringing(session: Session, message: ChatMessage, outcome: 'sending' | Answer | Error): void;
	/** n8n has posted something. */
	heard(session: Session, heard: Heard): void;
}

/**
 * Makes the store of chats.
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
		begin(profile) {
			const id = randomUUID();
			const answering: Answering = { by: 'bot' };
			const session: Session = { id, profile, messages: [], answering, files: new Map() };
			sessions.set(id, session);
			changed();
			return session;
		},
		said(session, text, files) {
			const message = add(session, { from: 'customer', text, files: files.map(mention) });
			changed();
			return message;
		},
		bringing(session, message, outcome) {
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
		heard(session, { from, text, name, joined, file }) {
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
			// A message that is only files comes as an empty text, and then the files.
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
