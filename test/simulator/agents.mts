import type { FastifyInstance } from 'fastify';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { mention, type Attachments, type KeptAttachment } from './attachments.mts';
import { mimeType } from './contract.mts';
import type { Conversation, Conversations } from './conversations.mts';
import type { Happening } from './payloads.mts';
import { readBody, Refusal } from './errors.mts';
import type { Delivery, Webhooks } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

/** A file that an agent sends. */
export interface AgentFile {
	name: string;
	/** The MIME type. */
	type: string;
	/** The bytes, the path of a file, or what gives a stream of the bytes. */
	content: Buffer | string | (() => Readable);
}

/**
 * The human's side. Each action takes effect at once and is then told to n8n; the result says how telling went. A call that
 * failed does not undo the action: in Talkdesk the agent has written his message, whether it arrives or not.
 *
 * Every method rejects with a Refusal: 404 for an unknown conversation, 409 for one that has ended, 400 for an empty text.
 */
export interface Agent {
	/** Takes the conversation over. Refused with 409 when somebody has done so already. Tells conversation_started. */
	join(conversationId: string, agent: { name: string }): Promise<Delivery>;
	/**
	 * Writes to the customer. Refused with 409 before somebody has joined. Tells message_created. With files it takes effect
	 * once they are stored; what cannot be read rejects with its own error, and nothing is said.
	 *
	 * @param text may be empty when there are files
	 */
	say(conversationId: string, text: string, options?: { files?: AgentFile[] }): Promise<Delivery>;
	/** Ends the conversation, also one that nobody has joined, as a flow does out of hours. Tells conversation_ended. */
	end(conversationId: string): Promise<Delivery>;
}

const name = z.string().trim().min(1, 'must not be empty');
const joinBody = z.object({ name }).strict();

/** @param content what the content of a file may be */
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
 * Makes the human's side.
 *
 * @param now gives the time of what is told
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
		if (!conversation) throw new Refusal(404, 'There is no such conversation');
		if (conversation.state === 'open') return conversation;
		throw new Refusal(409, 'The conversation has already ended');
	}

	function joined(id: string) {
		const conversation = open(id);
		const { agent } = conversation;
		if (!agent) throw new Refusal(409, 'No agent has joined');
		return { conversation, agent };
	}

	/** Stores all of them or none. */
	async function store(files: AgentFile[]): Promise<KeptAttachment[]> {
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

	async function discard(stored: KeptAttachment[]) {
		for (const attachment of stored) await attachments.remove(attachment);
	}

	const tell = (
		{ id, start }: Conversation,
		what: Omit<Happening, 'conversationId' | 'timestamp'>,
	) => {
		const timestamp = new Date(now()).toISOString();
		return webhooks.tell(start.touchpoint_id, { ...what, conversationId: id, timestamp });
	};

	return {
		async join(conversationId, agent) {
			const conversation = open(conversationId);
			const who = readBody(joinBody, agent);
			if (conversation.agent) throw new Refusal(409, 'Another agent has joined');
			conversations.join(conversation, who);
			return tell(conversation, { event: 'conversation_started' });
		},
		async say(conversationId, text, options = {}) {
			open(conversationId);
			const { text: content, files } = readBody(sayBody(anyContent), { ...options, text });
			joined(conversationId);
			// Without files nothing is awaited: what is said first is told first.
			const stored = files.length ? await store(files) : [];
			try {
				// Again: it may have ended meanwhile.
				const { conversation, agent } = joined(conversationId);
				const said = { content, attachments: stored.map(mention) };
				const { id } = conversations.say(conversation, agent, said);
				const message = { id, ...said, agent: agent.name };
				return tell(conversation, { event: 'message_created', message });
			} catch (error) {
				await discard(stored);
				throw error;
			}
		},
		async end(conversationId) {
			const conversation = open(conversationId);
			conversations.end(conversation, 'agent');
			return tell(conversation, { event: 'conversation_ended' });
		},
	};
}

/**
 * Adds the agent's HTTP API to a server, for a desk in the browser or curl. It is ours and no part of Talkdesk's contract, so
 * it asks for no token: the server listens on this machine only.
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
			if (!conversation) throw new Refusal(404, 'There is no such conversation');
			return conversation;
		});
		app.post<WithId>('/conversations/:id/join', async (request) =>
			agent.join(request.params.id, readBody(joinBody, request.body)),
		);
		app.post<WithId>('/conversations/:id/say', async (request) => {
			const { text, files } = readBody(sayBody(base64), request.body);
			return agent.say(request.params.id, text, { files });
		});
		app.post<WithId>('/conversations/:id/end', async (request) => {
			readBody(emptyBody, request.body);
			return agent.end(request.params.id);
		});
	};
}

function streamOf(content: AgentFile['content']): Readable {
	if (typeof content === 'string') return createReadStream(content);
	return typeof content === 'function' ? content() : Readable.from([content]);
}
