import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { attachmentReference, type Attachments, type StoredAttachment } from './attachments.mts';
import { mimeType, startBody } from './contract.mts';
import type { Conversation, Conversations } from './conversations.mts';
import { parseBody, ApiError } from './errors.mts';
import type { Notifications } from './notifications.mts';
import { author as authorSchema, type Settings } from './options.mts';
import type { Author } from './payloads.mts';
import type { Delivery } from './webhooks.mts';

/** A file that an agent sends. */
export interface AgentFile {
	name: string;
	/** The MIME type. */
	type: string;
	/** The bytes, the path of a file, or a function that gives a stream. */
	content: Buffer | string | (() => Readable);
}

/** A conversation that an agent has opened, and how n8n was told of it. */
interface Opened {
	conversationId: string;
	delivery: Delivery;
}

/**
 * The human agent, and the programs on Talkdesk's side. Each action takes effect at once and is then dispatched to n8n; the result is that of the webhook call. A
 * failed call does not undo the action: in Talkdesk the message is written, whether it arrives or not.
 *
 * Every method rejects with an ApiError: 404 for an unknown conversation, 409 for one that has ended, 400 for an empty text.
 */
export interface Agent {
	/**
	 * Opens a conversation with a customer and joins it: dispatches conversation_started, unless `conversationStarted` is
	 * `never`. Rejects with 404 for an unknown touchpoint.
	 *
	 * @param opening.touchpoint the first one by default
	 */
	open(opening: { name: string; email: string; touchpoint?: string }): Promise<Opened>;
	/**
	 * Joins the conversation: dispatches conversation_started, if `conversationStarted` is `join`. Rejects with 409 if an agent
	 * has joined already.
	 */
	join(conversationId: string, agent: { name: string }): Promise<Delivery>;
	/** Gives the conversation to another agent. Nothing is dispatched. Rejects with 409 before an agent has joined. */
	transfer(conversationId: string, agent: { name: string }): Promise<void>;
	/**
	 * Writes to the customer: dispatches message_created. Rejects with 409 before an agent has joined. With files it takes
	 * effect once they are stored; if one cannot be read, it rejects with that error, and no message is stored.
	 *
	 * @param text may be empty if there are files
	 */
	say(conversationId: string, text: string, options?: { files?: AgentFile[] }): Promise<Delivery>;
	/**
	 * Writes as a flow or a virtual agent does, whether or not an agent has joined: dispatches message_created.
	 *
	 * @param options.author `{ type: 'BOT' }` by default; null for none
	 */
	sayAutomatically(
		conversationId: string,
		text: string,
		options?: { author?: Author },
	): Promise<Delivery>;
	/** Ends the conversation, also without an agent, as a flow does out of hours. Dispatches conversation_ended. */
	end(conversationId: string): Promise<Delivery>;
	/** Opens an ended conversation again, with its agent. Nothing is dispatched. Rejects with 409 if it is open. */
	reopen(conversationId: string): Promise<void>;
}

const name = z.string().trim().min(1, 'must not be empty');
export const joinBody = z.object({ name }).strict();
export const openBody = joinBody.extend({
	email: z.string(),
	touchpoint: z.string().optional(),
});
export const automatedBody = z
	.object({
		text: z.string().min(1, 'must not be empty'),
		author: authorSchema.default({ type: 'BOT' }),
	})
	.strict();

/** @param content the schema of the content of a file */
export const sayBody = <T extends z.ZodTypeAny>(content: T) =>
	z
		.object({
			text: z.string().default(''),
			files: z.array(z.object({ name, type: mimeType, content }).strict()).default([]),
		})
		.strict()
		.refine(({ text, files }) => text !== '' || files.length > 0, {
			path: ['text'],
			message: 'text or files must be given',
		});
const anyContent = z.custom<AgentFile['content']>(
	(value) => Buffer.isBuffer(value) || ['string', 'function'].includes(typeof value),
	'must be a Buffer, a path or a function that gives a stream',
);

/** Creates the human agent. */
export function createAgent({
	settings,
	conversations,
	attachments,
	notifications,
}: {
	settings: () => Settings;
	conversations: Conversations;
	attachments: Attachments;
	notifications: Notifications;
}): Agent {
	function find(id: string): Conversation {
		const conversation = conversations.get(id);
		if (!conversation) throw new ApiError(404, 'There is no such conversation');
		return conversation;
	}

	function open(id: string): Conversation {
		const conversation = find(id);
		if (conversation.state === 'open') return conversation;
		throw new ApiError(409, 'The conversation has already ended');
	}

	function joined(id: string) {
		const conversation = open(id);
		const { agent } = conversation;
		if (!agent) throw new ApiError(409, 'No agent has joined');
		return { conversation, agent };
	}

	/** Stores all of them or none. */
	async function store(files: AgentFile[]): Promise<StoredAttachment[]> {
		const tried = await Promise.allSettled(
			files.map(async ({ name, type, content }) =>
				attachments.store({ type, source: streamOf(content) }, { name, createdBy: 'agent' }),
			),
		);
		const stored = tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
		const failed = tried.find((each) => each.status === 'rejected');
		if (!failed) return stored;
		await discard(stored);
		throw failed.reason;
	}

	async function discard(stored: StoredAttachment[]) {
		for (const attachment of stored) await attachments.remove(attachment);
	}

	return {
		async open(opening) {
			const { name, email, touchpoint } = parseBody(openBody, opening);
			const { touchpoints } = settings();
			const found = touchpoints.find(({ id }) => touchpoint === undefined || id === touchpoint);
			if (!found) throw new ApiError(404, 'There is no such touchpoint');
			const body = { touchpoint_id: found.id, contact_person: { email } };
			const conversation = conversations.open({ name }, parseBody(startBody('either'), body));
			const delivery = await notifications.started(conversation, 'agentInitiated');
			return { conversationId: conversation.id, delivery };
		},
		async join(conversationId, agent) {
			const conversation = open(conversationId);
			const who = parseBody(joinBody, agent);
			if (conversation.agent) throw new ApiError(409, 'Another agent has joined');
			conversations.join(conversation, who);
			return notifications.started(conversation, 'join');
		},
		async transfer(conversationId, agent) {
			const { conversation } = joined(conversationId);
			conversations.join(conversation, parseBody(joinBody, agent));
		},
		async say(conversationId, text, options = {}) {
			open(conversationId);
			const { text: content, files } = parseBody(sayBody(anyContent), { ...options, text });
			joined(conversationId);
			// Without files nothing is awaited, so that messages are dispatched in their order.
			const stored = files.length ? await store(files) : [];
			try {
				// Again, as it may have ended meanwhile.
				const { conversation, agent } = joined(conversationId);
				const message = conversations.say(conversation, {
					...{ from: 'agent', author: agent.name, content },
					attachments: stored.map(attachmentReference),
				});
				return notifications.messageCreated(conversation, message, { type: 'AGENT', ...agent });
			} catch (error) {
				await discard(stored);
				throw error;
			}
		},
		async sayAutomatically(conversationId, text, options = {}) {
			const conversation = open(conversationId);
			const { text: content, author } = parseBody(automatedBody, { ...options, text });
			const message = conversations.say(conversation, {
				...{ from: 'automated', author: author?.name ?? '', content, attachments: [] },
			});
			return notifications.messageCreated(conversation, message, author);
		},
		async end(conversationId) {
			const conversation = open(conversationId);
			conversations.end(conversation, 'agent');
			return notifications.ended(conversation);
		},
		async reopen(conversationId) {
			const conversation = find(conversationId);
			if (conversation.state === 'open') throw new ApiError(409, 'The conversation is open');
			conversations.reopen(conversation);
		},
	};
}

function streamOf(content: AgentFile['content']): Readable {
	if (typeof content === 'string') return createReadStream(content);
	return typeof content === 'function' ? content() : Readable.from([content]);
}
