import Fastify, { type FastifyInstance } from 'fastify';
import { ZodError } from 'zod';

import { createChangeNotifier } from '../../../simulator/change-notifier.mts';

export interface ChannelFile {
	name: string;
	/** The MIME type. */
	type: string;
	content: Buffer;
}

/** What a person has got: words, or a file. */
export interface Read {
	text: string;
	file?: ChannelFile;
	/** What a button below opens. */
	link?: string;
}

/** A person who uses the channel. */
export interface Person {
	/** Everything that came, oldest first. */
	readonly read: readonly Read[];
	/** What the channel knows of the person. */
	readonly name: string;
	/** By what the channel knows the person: number of the chat, telephone number, … */
	readonly id: string;
	/**
	 * Writes. Resolves when n8n has taken it.
	 *
	 * @param options.times how often the channel calls n8n with this same message
	 */
	says(text: string, options?: { file?: ChannelFile; times?: number }): Promise<void>;
	/** Does something else than writing. Resolves when n8n has taken it. @param what in the channel's own fields */
	does(what: object): Promise<void>;
	/** Waits until something comes, or has come, that fits. */
	reads(fits: (read: Read) => boolean, what: string): Promise<Read>;
}

/** A service that people chat through, on this machine. */
export interface Channel {
	/** What n8n calls. */
	readonly url: string;
	person(name: string): Person;
	close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const MAX_BODY = 50 * 1024 * 1024;

/** What the stand-ins share: a server on 127.0.0.1, and an inbox for each person. */
export async function startStandIn(routes: (app: FastifyInstance) => void) {
	const app = Fastify({ forceCloseConnections: true, bodyLimit: MAX_BODY });
	const changes = createChangeNotifier();
	const inboxes = new Map<string, Read[]>();

	// Whatever isn't JSON comes as bytes.
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
		/** @returns whether there is anybody with this id */
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

/** Calls n8n as often as wanted. @throws when it doesn't take a call */
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
