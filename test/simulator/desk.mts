import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Agent } from './agents.mts';
import type { Attachments } from './attachments.mts';
import type { Changes } from './wait.mts';
import type { Conversations } from './conversations.mts';
import type { Files } from './files.mts';
import { servePage } from './pages/server/assets.mts';
import { foreignness } from './pages/server/guard.mts';
import { keepInformed, type News } from './pages/server/live.mts';
import { bring, handOut, takeBytes, type BroughtFile } from './pages/server/transfer.mts';
import { readBody, Refusal } from './errors.mts';
import type { Webhooks } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

const PAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'pages/desk');
/** How much of the log a page gets when it opens. */
const LOG_LINES = 500;

const joinBody = z.object({ name: z.string() }).strict();
const sayBody = z.object({ text: z.string(), files: z.array(z.string()) }).strict();
const fileQuery = z.object({ name: z.string().trim().min(1) });

interface Parts {
	agent: Agent;
	conversations: Conversations;
	attachments: Attachments;
	webhooks: Webhooks;
	files: Files;
	log: WireLog;
	changes: Changes;
}

/**
 * The agent's desk: a page with which a person plays the human in Talkdesk, and what it needs. Nothing of it is Talkdesk's
 * contract, so it is in no log and asks for no token. It only listens to pages of its own.
 */
export function desk({ agent, conversations, attachments, webhooks, files, log, changes }: Parts) {
	type WithId = { Params: { id: string } };
	/** What was brought for a message that isn't said yet. */
	const brought = new Map<string, BroughtFile>();

	/** What a page of the desk doesn't know yet: everything at first, then what has changed. */
	function createNews(): () => News[] {
		const known = new Map<string, string>();
		let logged: number | undefined;
		return () => {
			const changed = conversations
				.all()
				.map((conversation) => ({ ...conversation, told: webhooks.told(conversation.id) }))
				.filter((view) => {
					const text = JSON.stringify(view);
					const isNew = known.get(view.id) !== text;
					known.set(view.id, text);
					return isNew;
				});
			const isFirst = logged === undefined;
			const lines = log.entries.slice(logged ?? -LOG_LINES);
			logged = log.entries.length;
			if (isFirst) return [{ event: 'snapshot', data: { conversations: changed, log: lines } }];
			return [
				...changed.map((view) => ({ event: 'conversation', data: view })),
				...(lines.length ? [{ event: 'log', data: lines }] : []),
			];
		};
	}

	function take(ids: string[]): BroughtFile[] {
		return ids.map((id) => {
			const file = brought.get(id);
			if (!file) throw new Refusal(404, 'There is no such file any more. Please add it again');
			return file;
		});
	}

	return async function routes(app: FastifyInstance) {
		app.addHook('onRequest', async ({ headers }) => {
			const reason = foreignness(headers);
			if (reason) throw new Refusal(403, reason);
		});
		servePage(app, PAGE);

		app.get('/api/live', async (_request, reply) => {
			// It ends in an error when the server is closed, and then nobody is there to be told.
			await keepInformed(reply, changes, createNews()).catch(() => undefined);
		});
		app.get<WithId>('/api/attachments/:id', async (request, reply) => {
			const attachment = attachments.get(request.params.id);
			if (!attachment) throw new Refusal(404, 'There is no such attachment');
			return await handOut(reply, attachment, files.read(attachment.file));
		});
		app.post<WithId>('/api/conversations/:id/join', async (request) =>
			agent.join(request.params.id, readBody(joinBody, request.body)),
		);
		app.post<WithId>('/api/conversations/:id/say', async (request) => {
			const { text, files: ids } = readBody(sayBody, request.body);
			const said = take(ids);
			const delivery = await agent.say(request.params.id, text, {
				files: said.map(({ name, type, file }) => ({
					name,
					type,
					content: () => files.read(file),
				})),
			});
			for (const { id, file } of said) {
				brought.delete(id);
				await files.remove(file);
			}
			return delivery;
		});
		app.post<WithId>('/api/conversations/:id/end', async (request) => agent.end(request.params.id));

		await app.register(async (uploads) => {
			takeBytes(uploads);
			uploads.post('/api/files', async (request) => {
				const file = await bring(request, readBody(fileQuery, request.query).name, files);
				brought.set(file.id, file);
				return { id: file.id };
			});
		});
	};
}
