import { EventEmitter, once } from 'node:events';
import axios from 'axios';
import Fastify from 'fastify';
import { z } from 'zod';

/** What the example workflow posts to the chat. */
const deliverySchema = z.object({
	sessionId: z.string(),
	from: z.enum(['system', 'human', 'bot']),
	text: z.string(),
});

/** What the example workflow answers to a customer's message. */
const answerSchema = z.object({
	handledBy: z.enum(['bot', 'human']),
	reply: z.string().optional(),
	error: z.string().optional(),
});

export type Heard = Omit<z.output<typeof deliverySchema>, 'sessionId'>;
export type Answer = z.output<typeof answerSchema>;

/** A person on the web site. */
export interface Customer {
	readonly sessionId: string;
	/** Everything that n8n posted to this customer, oldest first. */
	readonly heard: readonly Heard[];
	/** Sends a message to the bot, and gives what n8n answered. */
	says(text: string): Promise<Answer>;
	/** Waits until something arrives, or has arrived, that fits. */
	hears(fits: (heard: Heard) => boolean, what: string): Promise<Heard>;
}

/** The chat of a web site: where n8n's example sends what the customer shall read. */
export interface Chat {
	/** What the example's node "Tell the customer" calls. */
	readonly messagesUrl: string;
	/** The URL of the example's webhook, set once n8n runs. */
	webhookUrl: string;
	customer(profile: { sessionId: string; email?: string; name?: string }): Customer;
	close(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Starts the chat on a free port of 127.0.0.1. */
export async function startChat(): Promise<Chat> {
	const app = Fastify({ forceCloseConnections: true });
	const inboxes = new Map<string, Heard[]>();
	const arrivals = new EventEmitter();
	arrivals.setMaxListeners(0);

	app.post('/messages', async (request, reply) => {
		const delivery = deliverySchema.safeParse(request.body);
		if (!delivery.success) return await reply.status(400).send({ error: delivery.error.message });
		const { sessionId, ...heard } = delivery.data;
		const inbox = inboxes.get(sessionId);
		if (!inbox) return await reply.status(404).send({ error: `nobody is in session ${sessionId}` });
		inbox.push(heard);
		arrivals.emit('arrival');
		return { received: true };
	});
	const address = await app.listen({ host: '127.0.0.1', port: 0 });

	const chat: Chat = {
		messagesUrl: `${address}/messages`,
		webhookUrl: '',
		customer({ sessionId, ...profile }) {
			const heard: Heard[] = [];
			inboxes.set(sessionId, heard);
			return {
				sessionId,
				heard,
				async says(text) {
					const message = { sessionId, text, ...profile };
					const { data } = await axios.post<unknown>(chat.webhookUrl, message, {
						timeout: PATIENCE_MS,
					});
					return answerSchema.parse(data);
				},
				async hears(fits, what) {
					const signal = AbortSignal.timeout(PATIENCE_MS);
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
		close: async () => await app.close(),
	};
	return chat;
}
