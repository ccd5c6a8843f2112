import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Conversation, Conversations } from './conversations.mts';
import type { Happening } from './payloads.mts';
import { readBody, Refusal } from './refusals.mts';
import type { Delivery, Webhooks } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

/**
 * The human's side. Each action takes effect at once and is then told to n8n; the result says how telling went. A call that
 * failed does not undo the action: in Talkdesk the agent has written his message, whether it arrives or not.
 *
 * Every method rejects with a Refusal: 404 for an unknown conversation, 409 for one that has ended, 400 for an empty text.
 */
export interface Agent {
	/** Takes the conversation over. Refused with 409 when somebody has done so already. Tells conversation_started. */
	join(conversationId: string, agent: { name: string }): Promise<Delivery>;
	/** Writes to the customer. Refused with 409 before somebody has joined. Tells message_created. */
	say(conversationId: string, text: string): Promise<Delivery>;
	/** Ends the conversation, also one that nobody has joined, as a flow does out of hours. Tells conversation_ended. */
	end(conversationId: string): Promise<Delivery>;
}

const name = z.string().trim().min(1, 'must not be empty');
const joinBody = z.object({ name }).strict();
const sayBody = z.object({ text: z.string().min(1, 'must not be empty') }).strict();
const emptyBody = z.object({}).strict().optional();

/**
 * Makes the human's side.
 *
 * @param now gives the time of what is told
 */
export function createAgent(
	conversations: Conversations,
	webhooks: Webhooks,
	now: () => number,
): Agent {
	function open(id: string): Conversation {
		const conversation = conversations.get(id);
		if (!conversation) throw new Refusal(404, 'There is no such conversation');
		if (conversation.state === 'open') return conversation;
		throw new Refusal(409, 'The conversation has already ended');
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
			const joined = readBody(joinBody, agent);
			if (conversation.agent) throw new Refusal(409, 'Another agent has joined');
			conversations.join(conversation, joined);
			return tell(conversation, { event: 'conversation_started' });
		},
		async say(conversationId, text) {
			const conversation = open(conversationId);
			const { text: content } = readBody(sayBody, { text });
			const { agent } = conversation;
			if (!agent) throw new Refusal(409, 'No agent has joined');
			const { id } = conversations.say(conversation, agent, content);
			const message = { id, content, agent: agent.name };
			return tell(conversation, { event: 'message_created', message });
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
		app.post<WithId>('/conversations/:id/say', async (request) =>
			agent.say(request.params.id, readBody(sayBody, request.body).text),
		);
		app.post<WithId>('/conversations/:id/end', async (request) => {
			readBody(emptyBody, request.body);
			return agent.end(request.params.id);
		});
	};
}
