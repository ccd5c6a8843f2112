import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { automatedBody, joinBody, openBody, sayBody, type Agent } from './agents.mts';
import type { Conversations } from './conversations.mts';
import { ApiError, parseBody } from './errors.mts';
import { readings, type SettingChanges, type Settings } from './options.mts';
import type { WireLog } from './wire-log.mts';

interface Dependencies {
	agent: Agent;
	settings: () => Settings;
	configure: (changes: SettingChanges) => void;
}

type WithId = { Params: { id: string } };

const base64 = z
	.string()
	.base64('must be base64')
	.transform((text) => Buffer.from(text, 'base64'));
const emptyBody = z.object({}).strict().optional();

/** The options that the desk can change: what isn't known of Talkdesk's calls. */
export const readingsOf = ({ conversationStarted, echoAuthors }: Settings) => ({
	conversationStarted,
	echoAuthors,
});

/** Routes for all that an agent does but writing with files, which the desk and the HTTP API take in two ways. */
export function agentActions({ agent, settings, configure }: Dependencies) {
	return async function routes(app: FastifyInstance) {
		app.post('/conversations', async (request) => agent.open(parseBody(openBody, request.body)));
		app.post<WithId>('/conversations/:id/join', async (request) =>
			agent.join(request.params.id, parseBody(joinBody, request.body)),
		);
		app.post<WithId>('/conversations/:id/transfer', async (request, reply) => {
			await agent.transfer(request.params.id, parseBody(joinBody, request.body));
			return reply.code(204).send();
		});
		app.post<WithId>('/conversations/:id/automated', async (request) => {
			const { text, author } = parseBody(automatedBody, request.body);
			return agent.sayAutomatically(request.params.id, text, { author });
		});
		app.post<WithId>('/conversations/:id/end', async (request) => {
			parseBody(emptyBody, request.body);
			return agent.end(request.params.id);
		});
		app.post<WithId>('/conversations/:id/reopen', async (request, reply) => {
			parseBody(emptyBody, request.body);
			await agent.reopen(request.params.id);
			return reply.code(204).send();
		});
		app.get('/readings', async () => readingsOf(settings()));
		app.post('/readings', async (request) => {
			configure(parseBody(readings.partial(), request.body));
			return readingsOf(settings());
		});
	};
}

/**
 * Routes of the agent's HTTP API, for a program or curl. It is no part of Talkdesk's contract and needs no token: the server
 * listens on this machine only.
 */
export function agentApi({
	conversations,
	log,
	...dependencies
}: Dependencies & { conversations: Conversations; log: WireLog }) {
	const { agent } = dependencies;

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
		app.post<WithId>('/conversations/:id/say', async (request) => {
			const { text, files } = parseBody(sayBody(base64), request.body);
			return agent.say(request.params.id, text, { files });
		});
		await app.register(agentActions(dependencies));
	};
}
