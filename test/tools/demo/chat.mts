import { EventEmitter, once } from 'node:events';
import Fastify from 'fastify';
import { z, ZodError } from 'zod';

import { createChangeNotifier } from '../../simulator/change-notifier.mts';
import { createFiles } from '../../simulator/file-store.mts';
import { foreignOriginReason } from '../../simulator/pages/server/guard.mts';
import { receiveUpload, acceptAnyBody } from '../../simulator/pages/server/transfer.mts';
import { forward, type Answer, type SaidFile } from './forward.mts';
import { createSessions, type ReceivedMessage } from './sessions.mts';
import { webSite } from './web-site.mts';

const from = z.enum(['human', 'automated', 'unknown', 'bot']);
const name = z
	.string()
	.optional()
	.transform((text) => text || undefined);

/** What the example workflow posts to the chat. */
const deliverySchema = z.object({
	sessionId: z.string(),
	from,
	text: z.string(),
	name,
	joined: z.boolean().optional(),
});
/** How it posts a file: this in the query, and the bytes. */
const fileQuerySchema = z.object({ sessionId: z.string(), from, name, fileName: z.string() });

/** A customer on the web site, played by a test. */
interface Customer {
	readonly sessionId: string;
	/** Everything that n8n posted to this customer, oldest first. */
	readonly heard: readonly ReceivedMessage[];
	/** Sends a message, and gives n8n's response. @param messageId the same for a message that is sent again */
	says(text: string, files?: SaidFile[], messageId?: string): Promise<Answer>;
	/** Waits until a match arrives, or has arrived. */
	hears(fits: (heard: ReceivedMessage) => boolean, what: string): Promise<ReceivedMessage>;
}

/** The chat of a web site: n8n's example sends its messages to the customer there. */
export interface Chat {
	/** The web site, for the browser. */
	readonly url: string;
	/** The URL for the example's node "Tell the customer". */
	readonly messagesUrl: string;
	/** The URL for the example's node "Send the file". */
	readonly filesUrl: string;
	/** The URL of the example's webhook, set once n8n runs. */
	webhookUrl: string;
	customer(profile: { sessionId: string; email?: string; name?: string }): Customer;
	close(): Promise<void>;
}

const TIMEOUT_MS = 20_000;

/** Starts the web site and its chat on a free port of 127.0.0.1. */
export async function startChat(): Promise<Chat> {
	const app = Fastify({ forceCloseConnections: true });
	const changes = createChangeNotifier();
	const files = createFiles();
	const sessions = createSessions(changes.notify);
	const inboxes = new Map<string, ReceivedMessage[]>();
	const arrivals = new EventEmitter();
	arrivals.setMaxListeners(0);

	app.addHook('onRequest', async (request, reply) => {
		const reason = foreignOriginReason(request.headers);
		if (reason) await reply.status(403).send({ error: reason });
	});
	app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
		const status = error instanceof ZodError ? 400 : (error.statusCode ?? 500);
		await reply.status(status).send({ error: error.message });
	});

	/** @returns whether the session is known */
	function deliver(sessionId: string, heard: ReceivedMessage): boolean {
		const session = sessions.get(sessionId);
		if (session) sessions.addN8nMessage(session, heard);
		inboxes.get(sessionId)?.push(heard);
		arrivals.emit('arrival');
		return session !== undefined || inboxes.has(sessionId);
	}
	const unknownSession = (sessionId: string) => ({ error: `there is no session ${sessionId}` });

	app.post('/messages', async (request, reply) => {
		const { sessionId, ...heard } = deliverySchema.parse(request.body);
		if (!deliver(sessionId, heard)) return await reply.status(404).send(unknownSession(sessionId));
		return { received: true };
	});
	await app.register(async (uploads) => {
		acceptAnyBody(uploads);
		uploads.post('/files', async (request, reply) => {
			const { sessionId, fileName, ...who } = fileQuerySchema.parse(request.query);
			const file = await receiveUpload(request, fileName, files);
			const isKnown = deliver(sessionId, { ...who, text: '', file });
			return isKnown ? { received: true } : await reply.status(404).send(unknownSession(sessionId));
		});
	});
	await app.register(
		webSite({
			sessions,
			files,
			changes,
			forward: async ({ id, profile }, { id: messageId, text }, attached) =>
				await forward(
					chat.webhookUrl,
					{ sessionId: id, text, messageId, ...profile },
					attached.map(({ name: fileName, type, file }) => ({
						name: fileName,
						type,
						path: file.path,
					})),
				),
		}),
	);

	const chat: Chat = {
		url: '',
		messagesUrl: '',
		filesUrl: '',
		webhookUrl: '',
		customer({ sessionId, ...profile }) {
			const heard: ReceivedMessage[] = [];
			inboxes.set(sessionId, heard);
			return {
				sessionId,
				heard,
				says: async (text, attached, messageId) =>
					await forward(
						chat.webhookUrl,
						{ sessionId, text, ...(messageId && { messageId }), ...profile },
						attached,
					),
				async hears(fits, what) {
					const signal = AbortSignal.timeout(TIMEOUT_MS);
					for (;;) {
						const found = heard.find(fits);
						if (found) return found;
						await once(arrivals, 'arrival', { signal }).catch(() => {
							throw new Error(
								`${sessionId} waited in vain for ${what}. Heard: ${JSON.stringify(heard)}`,
							);
						});
					}
				},
			};
		},
		async close() {
			changes.close();
			await app.close();
			await files.close();
		},
	};
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return Object.assign(chat, { url, messagesUrl: `${url}/messages`, filesUrl: `${url}/files` });
}
