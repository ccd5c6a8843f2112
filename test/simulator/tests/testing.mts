import { createServer, type IncomingHttpHeaders } from 'node:http';
import axios, { type AxiosResponse } from 'axios';
import { z } from 'zod';
import {
	startSimulator,
	type TalkdeskSimulator,
	type SimulatorOptions,
	type Timer,
} from '../simulator.mts';

/** Helpers for the simulator's tests: servers that end with their test, a client, a fake n8n, and a manual timer. */

const cleanups: Array<() => Promise<void>> = [];

/** Ends everything that the functions below have started. For `afterEach`. */
export async function cleanUp(): Promise<void> {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** Starts a simulator for one test. */
export async function talkdeskForTest(options: SimulatorOptions = {}): Promise<TalkdeskSimulator> {
	const talkdesk = await startSimulator(options);
	cleanups.push(talkdesk.close);
	return talkdesk;
}

export type Reply = Pick<AxiosResponse<unknown>, 'status' | 'data' | 'headers'>;

/** Sends any request and gives any response. A string is sent unchanged, anything else as JSON. */
export async function request(
	method: string,
	url: string,
	body?: unknown,
	headers: Record<string, string> = {},
): Promise<Reply> {
	return axios.request<unknown>({
		method,
		url,
		data: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
		headers: { 'content-type': 'application/json', ...headers },
		transformRequest: [(data: unknown) => data],
		validateStatus: () => true,
		proxy: false,
	});
}

/** Requests a token as in the contract. */
export async function tokenRequest(
	talkdesk: TalkdeskSimulator,
	form: Record<string, string> = { grant_type: 'client_credentials' },
	{ id = 'local-client', secret = 'local-secret', headers = {} } = {},
): Promise<Reply> {
	return request('POST', talkdesk.tokenUrl, new URLSearchParams(form).toString(), {
		'content-type': 'application/x-www-form-urlencoded',
		authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
		...headers,
	});
}

/** Gives a token. */
export async function tokenFor(talkdesk: TalkdeskSimulator, scope?: string): Promise<string> {
	const grant_type = 'client_credentials';
	const { data } = await tokenRequest(talkdesk, scope ? { grant_type, scope } : { grant_type });
	return z.object({ access_token: z.string() }).parse(data).access_token;
}

/** The smallest body of Start, with additional fields. */
export const startBody = (more: object = {}) => ({
	touchpoint_id: 'local-touchpoint',
	contact_person: { email: 'ada@example.com' },
	...more,
});

/** A client of the API with its own token. */
export async function clientOf(talkdesk: TalkdeskSimulator, scope?: string) {
	const authorization = `Bearer ${await tokenFor(talkdesk, scope)}`;
	const base = `${talkdesk.apiBaseUrl}/digital-connect/conversations`;
	let keys = 0;
	const withKey = (key = `key-${++keys}`) => ({ authorization, 'x-idempotency-key': key });
	const client = {
		start: (body: unknown = startBody(), key?: string) => request('POST', base, body, withKey(key)),
		send: (id: string, body: unknown, key?: string) =>
			request('POST', `${base}/${id}/messages`, body, withKey(key)),
		end: (id: string, body?: unknown) =>
			request('DELETE', `${base}/${id}`, body, { authorization }),
		/** Starts a conversation. @returns its id */
		async startConversation(body: unknown = startBody()): Promise<string> {
			return z.object({ id: z.coerce.string() }).parse((await client.start(body)).data).id;
		},
	};
	return client;
}

/** The frozen time of `setUp`. */
export const time = '2024-01-01T09:00:00.000Z';

/** Starts a simulator with a frozen clock, and a client. */
export async function setUp(options: SimulatorOptions = {}) {
	const talkdesk = await talkdeskForTest({ now: () => Date.parse(time), ...options });
	return { talkdesk, client: await clientOf(talkdesk) };
}

/** Status and body of a response. */
export const errorOf = ({ status, data }: Reply) => ({ status, data });

/** An error in Talkdesk's format. */
export const apiError = (status: number, more: object = {}) => ({
	status,
	data: { code: `local-${status}`, message: expect.any(String), ...more },
});

/** A 400 that names exactly these fields. */
export const invalid = (...names: string[]) =>
	apiError(400, { fields: names.map((name) => ({ name, description: expect.any(String) })) });

/** One call that the fake n8n received. */
export interface Received {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
	body: string;
}

type Answer = { status?: number; type?: string; location?: string; body?: string } | 'never';

/**
 * Starts a fake n8n that records its calls.
 *
 * @param answer gives the response to a call; `{"ok":true}` by default, 'never' leaves the call open
 */
export async function receiver(
	answer: (call: Received) => Answer | Promise<Answer> = () => ({}),
): Promise<{ url: string; calls: Received[] }> {
	const calls: Received[] = [];
	const server = createServer((incoming, outgoing) => {
		const chunks: Buffer[] = [];
		incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
		incoming.on('end', async () => {
			const { method = '', url = '', headers } = incoming;
			const call = { method, url, headers, body: Buffer.concat(chunks).toString() };
			calls.push(call);
			const given = await answer(call);
			if (given === 'never') return;
			const { status = 200, type = 'application/json', body = '{"ok":true}', location } = given;
			if (location) outgoing.setHeader('location', location);
			outgoing.writeHead(status, { 'content-type': type }).end(body);
		});
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	cleanups.push(async () => {
		server.closeAllConnections();
		await new Promise((closed) => server.close(closed));
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	return { url: `http://127.0.0.1:${address.port}`, calls };
}

/** A simulator whose touchpoint calls the fake n8n, and a started conversation. */
export async function connectedForTest(
	answer?: Parameters<typeof receiver>[0],
	{ integration = {}, ...options }: SimulatorOptions & { integration?: object } = {},
) {
	const n8n = await receiver(answer);
	const connected = (more: object) => [
		{ id: 'local-touchpoint', integration: { basePath: n8n.url, ...more } },
	];
	const talkdesk = await talkdeskForTest({
		now: () => Date.parse(time),
		touchpoints: connected(integration),
		...options,
	});
	const client = await clientOf(talkdesk);
	const conversation_id = await client.startConversation();
	return { n8n, connected, talkdesk, client, conversation_id };
}

/** A timer that a test advances. */
export class ManualTimer implements Timer {
	#now = 0;
	#sleepers = new Set<{ at: number; wake: () => void }>();

	now = () => this.#now;

	sleep = (ms: number, signal: AbortSignal) =>
		new Promise<void>((resolve, reject) => {
			signal.throwIfAborted();
			const wake = () => {
				signal.removeEventListener('abort', abort);
				resolve();
			};
			const sleeper = { at: this.#now + ms, wake };
			const abort = () => {
				this.#sleepers.delete(sleeper);
				reject(new Error('aborted'));
			};
			this.#sleepers.add(sleeper);
			signal.addEventListener('abort', abort);
		});

	/** The remaining milliseconds of all sleepers. */
	left(): number[] {
		return [...this.#sleepers].map(({ at }) => at - this.#now).sort((a, b) => a - b);
	}

	advance(ms: number): void {
		this.#now += ms;
		for (const sleeper of this.#sleepers) {
			if (sleeper.at > this.#now) continue;
			this.#sleepers.delete(sleeper);
			sleeper.wake();
		}
	}
}

/** Runs the event loop, sockets included, until a condition is true. */
export async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((turn) => setImmediate(turn));
}
