import Fastify, { type FastifyInstance } from 'fastify';
import { ZodError } from 'zod';

import { createChangeNotifier } from '../../../simulator/change-notifier.mts';

export interface ChannelFile {
	name: string;
	/** The MIME type. */
	type: string;
	content: Buffer;
}

/** A text or a file that a person has received. */
export interface Read {
	text: string;
	file?: ChannelFile;
	/** What a button below opens. */
	link?: string;
}

/** A person who uses the channel. */
export interface Person {
	/** Everything that was received, oldest first. */
	readonly read: readonly Read[];
	/** The name in the channel. */
	readonly name: string;
	/** The ID in the channel: number of the chat, telephone number, … */
	readonly id: string;
	/**
	 * Sends a message. Resolves when n8n has acknowledged it.
	 *
	 * @param options.times how often the channel delivers this message to n8n
	 */
	says(text: string, options?: { file?: ChannelFile; times?: number }): Promise<void>;
	/** Sends another event. Resolves when n8n has acknowledged it. @param what in the channel's own fields */
	does(what: object): Promise<void>;
	/** Waits until a match is received, or has been received. */
	reads(fits: (read: Read) => boolean, what: string): Promise<Read>;
}

/** A fake of a chat service, on this machine. */
export interface Channel {
	/** The base URL for n8n. */
	readonly url: string;
	person(name: string): Person;
	close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const MAX_BODY = 50 * 1024 * 1024;

/** Starts a fake service: a server on 127.0.0.1, with an inbox for each person. */
export async function startStandIn(routes: (app: FastifyInstance) => void) {
	const app = Fastify({ forceCloseConnections: true, bodyLimit: MAX_BODY });
	const changes = createChangeNotifier();
	const inboxes = new Map<string, Read[]>();

	// Any body that isn't JSON is parsed as bytes.
	app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
	app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
		const status = error instanceof ZodError ? 400 : (error.statusCode ?? 500);
		await reply.status(status).send({ ok: false, description: error.message });
	});
	routes(app);
	const url = await app.listen({ host: '127.0.0.1', port: 0 });

	return {
		url,
		inbox(id: string) {
			const read: Read[] = [];
			inboxes.set(id, read);
			return {
				read,
				reads: async (fits: (read: Read) => boolean, what: string): Promise<Read> =>
					await changes
						.waitFor(() => read.find(fits), { what, timeoutMs: TIMEOUT_MS })
						.catch((error: unknown) => {
							const texts = read.map(({ text, file }) => file?.name ?? text);
							throw new Error(`${String(error)}. Read so far: ${JSON.stringify(texts)}`);
						}),
			};
		},
		/** @returns whether the id is known */
		deliver(id: string, read: Read): boolean {
			inboxes.get(id)?.push(read);
			changes.notify();
			return inboxes.has(id);
		},
		async close() {
			changes.close();
			await app.close();
		},
	};
}

/** Calls n8n a number of times. @throws if it rejects a call */
export async function callN8n(
	url: string,
	body: string,
	headers: Record<string, string>,
	times = 1,
): Promise<void> {
	for (let time = 0; time < times; time++) {
		const { status } = await fetch(url, {
			method: 'POST',
			body,
			headers: { 'Content-Type': 'application/json', ...headers },
		});
		if (status !== 200) throw new Error(`n8n answered ${status} to ${url}`);
	}
}

/** The bytes of a request. */
export function bytesOf(body: unknown): Buffer {
	if (Buffer.isBuffer(body)) return body;
	throw new Error('The body should be bytes.');
}
