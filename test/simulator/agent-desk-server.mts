import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { agentActions, readingsOf } from './agent-api.mts';
import type { Agent } from './agents.mts';
import type { Attachments } from './attachments.mts';
import type { Case } from './cases.mts';
import type { ChangeNotifier } from './change-notifier.mts';
import type { Conversations } from './conversations.mts';
import type { Files } from './file-store.mts';
import { servePage } from './pages/server/assets.mts';
import { foreignOriginReason } from './pages/server/guard.mts';
import { streamUpdates, type ServerSentEvent } from './pages/server/live.mts';
import {
	receiveUpload,
	sendDownload,
	acceptAnyBody,
	type UploadedFile,
} from './pages/server/transfer.mts';
import { parseBody, ApiError } from './errors.mts';
import type { SettingChanges, Settings } from './options.mts';
import type { Webhooks } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

const PAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'pages/agent-desk');
/** How much of the log a page gets when it opens. */
const LOG_LINES = 500;

const sayBody = z.object({ text: z.string(), files: z.array(z.string()) }).strict();
const fileQuery = z.object({ name: z.string().trim().min(1) });

interface Dependencies {
	agent: Agent;
	settings: () => Settings;
	configure: (changes: SettingChanges) => void;
	conversations: Conversations;
	attachments: Attachments;
	cases: { all(): readonly Case[] };
	webhooks: Webhooks;
	files: Files;
	log: WireLog;
	changes: ChangeNotifier;
}

/**
 * Routes of the agent desk: a page for the human agent, and its API. They are no part of Talkdesk's contract, so they need no
 * token and are not logged. They only serve pages of this server.
 */
export function desk({
	agent,
	settings,
	configure,
	conversations,
	attachments,
	cases,
	webhooks,
	files,
	log,
	changes,
}: Dependencies) {
	type WithId = { Params: { id: string } };
	/** Files for messages that aren't sent yet. */
	const uploads = new Map<string, UploadedFile>();

	/** Makes the updates of one page: a snapshot at first, then the changes. */
	function createUpdates(): () => ServerSentEvent[] {
		const known = new Map<string, string>();
		let logged: number | undefined;
		let shownCases = 0;
		let options = '';
		return () => {
			const changed = conversations
				.all()
				.map((conversation) => ({ ...conversation, events: webhooks.dispatched(conversation.id) }))
				.filter((view) => {
					const text = JSON.stringify(view);
					const isNew = known.get(view.id) !== text;
					known.set(view.id, text);
					return isNew;
				});
			const newCases = cases.all().slice(shownCases);
			shownCases += newCases.length;
			const isFirst = logged === undefined;
			const lines = log.entries.slice(logged ?? -LOG_LINES);
			logged = log.entries.length;
			const touchpoints = settings().touchpoints.map(({ id }) => id);
			const desk = { readings: readingsOf(settings()), touchpoints };
			const areOptionsNew = options !== JSON.stringify(desk);
			options = JSON.stringify(desk);
			if (isFirst) {
				return [
					{
						event: 'snapshot',
						data: { conversations: changed, cases: newCases, log: lines, ...desk },
					},
				];
			}
			return [
				...(areOptionsNew ? [{ event: 'options', data: desk }] : []),
				...changed.map((view) => ({ event: 'conversation', data: view })),
				...(newCases.length ? [{ event: 'cases', data: newCases }] : []),
				...(lines.length ? [{ event: 'log', data: lines }] : []),
			];
		};
	}

	function takeUploads(ids: string[]): UploadedFile[] {
		return ids.map((id) => {
			const file = uploads.get(id);
			if (!file) throw new ApiError(404, 'There is no such file any more. Please add it again');
			return file;
		});
	}

	return async function routes(app: FastifyInstance) {
		app.addHook('onRequest', async ({ headers }) => {
			const reason = foreignOriginReason(headers);
			if (reason) throw new ApiError(403, reason);
		});
		servePage(app, PAGE);

		app.get('/api/live', async (_request, reply) => {
			// It rejects when the server is closed, and then there is no client any more.
			await streamUpdates(reply, changes, createUpdates()).catch(() => undefined);
		});
		app.get<WithId>('/api/attachments/:id', async (request, reply) => {
			const attachment = attachments.get(request.params.id);
			if (!attachment) throw new ApiError(404, 'There is no such attachment');
			return await sendDownload(reply, attachment, files.read(attachment.file));
		});
		await app.register(agentActions({ agent, settings, configure }), { prefix: '/api' });
		app.post<WithId>('/api/conversations/:id/say', async (request) => {
			const { text, files: ids } = parseBody(sayBody, request.body);
			const said = takeUploads(ids);
			const delivery = await agent.say(request.params.id, text, {
				files: said.map(({ name, type, file }) => ({
					name,
					type,
					content: () => files.read(file),
				})),
			});
			for (const { id, file } of said) {
				uploads.delete(id);
				await files.remove(file);
			}
			return delivery;
		});

		await app.register(async (plugin) => {
			acceptAnyBody(plugin);
			plugin.post('/api/files', async (request) => {
				const file = await receiveUpload(request, parseBody(fileQuery, request.query).name, files);
				uploads.set(file.id, file);
				return { id: file.id };
			});
		});
	};
}
