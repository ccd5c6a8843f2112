import type { FastifyInstance } from 'fastify';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { attachmentReference, type Attachments, type StoredAttachment } from './attachments.mts';
import { mimeType } from './contract.mts';
import type { Conversation, Conversations } from './conversations.mts';
import type { DomainEvent } from './payloads.mts';
import { parseBody, ApiError } from './errors.mts';
import type { Delivery, Webhooks } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

/** A file that an agent sends. */
export interface AgentFile {
	name: string;
	/** The MIME type. */
	type: string;
	/** The bytes, the path of a file, or a function that gives a stream. */
	content: Buffer | string | (() => Readable);
}

/**
 * The human agent. Each action takes effect at once and is then dispatched to n8n; the result is that of the webhook call. A
 * failed call does not undo the action: in Talkdesk the message is written, whether it arrives or not.
 *
 * Every method rejects with an ApiError: 404 for an unknown conversation, 409 for one that has ended, 400 for an empty text.
 */
export interface Agent {
	/** Joins the conversation: dispatches conversation_started. Rejects with 409 if an agent has joined already. */
	join(conversationId: string, agent: { name: string }): Promise<Delivery>;
	/**
	 * Writes to the customer: dispatches message_created. Rejects with 409 before an agent has joined. With files it takes
	 * effect once they are stored; if one cannot be read, it rejects with that error, and no message is stored.
	 *
	 * @param text may be empty if there are files
	 */
	say(conversationId: string, text: string, options?: { files?: AgentFile[] }): Promise<Delivery>;
	/** Ends the conversation, also without an agent, as a flow does out of hours. Dispatches conversation_ended. */
	end(conversationId: string): Promise<Delivery>;
}

const name = z.string().trim().min(1, 'must not be empty');
const joinBody = z.object({ name }).strict();

/** @param content the schema of the content of a file */
const sayBody = <T extends z.ZodTypeAny>(content: T) =>
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
const base64 = z
	.string()
	.base64('must be base64')
	.transform((text) => Buffer.from(text, 'base64'));
const emptyBody = z.object({}).strict().optional();

/**
 * Creates the human agent.
 *
 * @param now gives the time of dispatched events
 */
export function createAgent({
	conversations,
	attachments,
	webhooks,
	now,
}: {
	conversations: Conversations;
	attachments: Attachments;
	webhooks: Webhooks;
	now: () => number;
}): Agent {
	function open(id: string): Conversation {
		const conversation = conversations.get(id);
		if (!conversation) throw new ApiError(404, 'There is no such conversation');
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

	const dispatch = (
		{ id, start }: Conversation,
		domainEvent: Omit<DomainEvent, 'conversationId' | 'timestamp'>,
	) => {
		const timestamp = new Date(now()).toISOString();
		return webhooks.dispatch(start.touchpoint_id, {
			...domainEvent,
			conversationId: id,
			timestamp,
		});
	};

	return {
		async join(conversationId, agent) {
			const conversation = open(conversationId);
			const who = parseBody(joinBody, agent);
			if (conversation.agent) throw new ApiError(409, 'Another agent has joined');
			conversations.join(conversation, who);
			return dispatch(conversation, { event: 'conversation_started' });
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
				const said = { content, attachments: stored.map(attachmentReference) };
				const { id } = conversations.say(conversation, agent, said);
				const message = { id, ...said, agent: agent.name };
				return dispatch(conversation, { event: 'message_created', message });
			} catch (error) {
				await discard(stored);
				throw error;
			}
		},
		async end(conversationId) {
			const conversation = open(conversationId);
			conversations.end(conversation, 'agent');
			return dispatch(conversation, { event: 'conversation_ended' });
		},
	};
}

/**
 * Routes of the agent's HTTP API, for a page or curl. It is no part of Talkdesk's contract and needs no token: the server
 * listens on this machine only.
 */
export function agentApi(agent: Agent, conversations: Conversations, log: WireLog) {
	type WithId = { Params: { id: string } };

	return async function routes(app: FastifyInstance) {
		app.addHook<WithId>('preHandler', async (request) => {
			const { id } = request.params;
			if (conversations.get(id)) log.note(request, { conversationId: id, summary: 'agent' });
		});
		app.get('/conversations', async () => ({ conversations: conversations.all() }));
		app.get<WithId>('/conversations/:id', async (request) => {
			const conversation = conversations.get(request.params.id);
			if (!conversation) throw new ApiError(404, 'There is no such conversation');
			return conversation;
		});
		app.post<WithId>('/conversations/:id/join', async (request) =>
			agent.join(request.params.id, parseBody(joinBody, request.body)),
		);
		app.post<WithId>('/conversations/:id/say', async (request) => {
			const { text, files } = parseBody(sayBody(base64), request.body);
			return agent.say(request.params.id, text, { files });
		});
		app.post<WithId>('/conversations/:id/end', async (request) => {
			parseBody(emptyBody, request.body);
			return agent.end(request.params.id);
		});
	};
}

function streamOf(content: AgentFile['content']): Readable {
	if (typeof content === 'string') return createReadStream(content);
	return typeof content === 'function' ? content() : Readable.from([content]);
}
