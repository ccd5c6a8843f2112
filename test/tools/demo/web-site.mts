import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ChangeNotifier } from '../../simulator/change-notifier.mts';
import type { Files } from '../../simulator/file-store.mts';
import { servePage } from '../../simulator/pages/server/assets.mts';
import { streamUpdates, type ServerSentEvent } from '../../simulator/pages/server/live.mts';
import {
	receiveUpload,
	sendDownload,
	acceptAnyBody,
	type UploadedFile,
} from '../../simulator/pages/server/transfer.mts';
import { NotDelivered, type Answer } from './forward.mts';
import type { ChatMessage, Session, Sessions } from './sessions.mts';

const PAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'pages');
const UNREACHABLE = 'The bot can’t be reached.';

const profileBody = z
	.object({ name: z.string().trim().max(200), email: z.string().trim().max(200) })
	.partial()
	.strict();
const sayBody = z
	.object({ text: z.string().max(100_000), files: z.array(z.string()) })
	.strict()
	.refine(({ text, files }) => text !== '' || files.length > 0);
const fileQuery = z.object({ name: z.string().trim().min(1) });

interface Parts {
	sessions: Sessions;
	files: Files;
	changes: ChangeNotifier;
	/** Sends a message to n8n. */
	forward: (session: Session, message: ChatMessage, files: UploadedFile[]) => Promise<Answer>;
}

/** The routes of the web site: a shop's page with a small chat, and its API. */
export function webSite({ sessions, files, changes, forward }: Parts) {
	/** The last pending message of each session: messages are sent in their order. */
	const tails = new WeakMap<Session, Promise<void>>();

	async function send(session: Session, message: ChatMessage): Promise<void> {
		const attached = message.files.flatMap(({ id }) => session.files.get(id) ?? []);
		const outcome = await forward(session, message, attached).catch((error: unknown) =>
			error instanceof NotDelivered ? error : new Error(UNREACHABLE),
		);
		sessions.setDelivery(session, message, outcome);
	}

	function enqueue(session: Session, message: ChatMessage): void {
		sessions.setDelivery(session, message, 'sending');
		const turn = Promise.resolve(tails.get(session)).then(() => send(session, message));
		tails.set(session, turn);
	}

	return async function routes(app: FastifyInstance) {
		servePage(app, PAGE);

		app.post('/api/sessions', async (request) => {
			const { name, email } = profileBody.parse(request.body ?? {});
			const { id } = sessions.create({ ...(name && { name }), ...(email && { email }) });
			return { id };
		});

		app.get<{ Params: { id: string } }>('/api/sessions/:id/live', async (request, reply) => {
			const session = sessions.get(request.params.id);
			await streamUpdates(reply, changes, updatesOf(session)).catch(() => undefined);
		});

		type WithFile = { Params: { id: string; fileId: string } };
		app.get<WithFile>('/api/sessions/:id/files/:fileId', async (request, reply) => {
			const { id, fileId } = request.params;
			const file = sessions.get(id)?.files.get(fileId);
			return file ? await sendDownload(reply, file, files.read(file.file)) : notFound(reply);
		});

		app.post<{ Params: { id: string } }>('/api/sessions/:id/messages', async (request, reply) => {
			const session = sessions.get(request.params.id);
			const { text, files: ids } = sayBody.parse(request.body);
			const attached = ids.flatMap((id) => session?.files.get(id) ?? []);
			if (!session || attached.length < ids.length) return notFound(reply);
			const message = sessions.addCustomerMessage(session, text, attached);
			enqueue(session, message);
			return await reply.status(202).send({ id: message.id });
		});

		type WithMessage = { Params: { id: string; messageId: string } };
		app.post<WithMessage>('/api/sessions/:id/messages/:messageId/again', async (request, reply) => {
			const { id, messageId } = request.params;
			const session = sessions.get(id);
			const message = session?.messages.find((each) => each.id === messageId);
			if (!session || message?.state !== 'failed') return notFound(reply);
			enqueue(session, message);
			return await reply.status(202).send({ id: message.id });
		});

		await app.register(async (uploads) => {
			acceptAnyBody(uploads);
			uploads.post<{ Params: { id: string } }>(
				'/api/sessions/:id/files',
				async (request, reply) => {
					const session = sessions.get(request.params.id);
					if (!session) return notFound(reply);
					const file = await receiveUpload(request, fileQuery.parse(request.query).name, files);
					session.files.set(file.id, file);
					return { id: file.id };
				},
			);
		});
	};
}

/** Gives the whole chat after every change, as it is small. An unknown session is `gone`, as after a restart. */
function updatesOf(session: Session | undefined): () => ServerSentEvent[] {
	if (!session) return () => [{ event: 'gone', data: {} }];
	let known = '';
	return () => {
		const { profile, messages, answering } = session;
		const chat = { profile, messages, answering };
		const text = JSON.stringify(chat);
		if (text === known) return [];
		known = text;
		return [{ event: 'chat', data: chat }];
	};
}

async function notFound(reply: FastifyReply): Promise<FastifyReply> {
	return await reply.status(404).send({ error: 'There is no such thing here any more.' });
}
