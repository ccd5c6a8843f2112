import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import {
	isMidway,
	isPossible,
	nameOf,
	possibleFaults,
	storageErrors,
	type Fault,
	type GatewayStatus,
} from './fault-kinds.mts';
import type { OAuthServer } from './oauth.mts';
import type { Settings } from './options.mts';
import { ApiError, StorageError, OAuthError } from './errors.mts';
import type { WireLog } from './wire-log.mts';

export type { Fault } from './fault-kinds.mts';

export interface Faults {
	/** Adds faults to a server. Call it before the log is attached, so that the real response is logged. */
	attach(app: FastifyInstance): void;
}

/**
 * Creates the faults of requests. They are transparent to the routes: a fault precedes their checks, or replaces their
 * response.
 *
 * @param endConversation ends one as an agent does; does nothing for an unknown or ended one
 */
export function createFaults({
	settings,
	identity,
	endConversation,
	log,
}: {
	settings: () => Settings;
	identity: OAuthServer;
	endConversation: (id: string) => void;
	log: WireLog;
}): Faults {
	const requests = new Map<string, number>();
	let total = 0;
	/** Faults that take effect after the request was processed. */
	const pending = new WeakMap<FastifyRequest, Fault>();

	/** @throws Error, which becomes a 500, for a fault that is impossible on the route */
	function faultOf(request: FastifyRequest): Fault | undefined {
		const route = `${request.method} ${request.routeOptions.url ?? ''}`;
		if (!possibleFaults(route).length) return undefined;
		const index = requests.get(route) ?? 0;
		requests.set(route, index + 1);
		const conversationId = route.includes('/conversations/') ? idOf(request) : undefined;
		const fault = settings().faults({
			...{ method: request.method, route, path: request.url.split('?')[0] ?? '' },
			...(conversationId === undefined ? {} : { conversationId }),
			...{ index, total: total++ },
		});
		if (fault && !isPossible(fault, route)) {
			throw new Error(`The fault "${nameOf(fault)}" is impossible on ${route}`);
		}
		return fault;
	}

	/** Closes the connection after a time, if there is one. The server closes it in any case when it ends. */
	function destroyLater({ raw: { socket } }: FastifyRequest, ms: number | undefined) {
		if (ms === undefined) return;
		const gone = new AbortController();
		socket.once('close', () => gone.abort());
		const timeout = settings().timer.sleep(ms, gone.signal);
		void timeout.then(
			() => socket.destroy(),
			() => undefined,
		);
	}

	/** Gives no response. The caller must not continue with the request. */
	function dropConnection(request: FastifyRequest, reply: FastifyReply, fault: Fault) {
		log.answered(request, { status: null, ms: reply.elapsedTime });
		if (fault.kind === 'hang') destroyLater(request, fault.ms);
		else request.raw.socket.destroy();
	}

	/** Writes half of a download. Directly, so that the half is sent before the connection ends. */
	async function writeHalf(
		request: FastifyRequest,
		reply: FastifyReply,
		source: Readable,
		fault: Fault,
	) {
		const { socket } = request.raw;
		log.answered(request, { status: reply.statusCode, ms: reply.elapsedTime });
		for (const [name, value] of Object.entries(reply.getHeaders())) {
			if (value !== undefined) reply.raw.setHeader(name, value);
		}
		const half = Math.floor(Number(reply.getHeader('content-length')) / 2);
		// A client may disconnect early.
		await pipeline(take(source, half), reply.raw, { end: false }).catch(() => undefined);
		if (fault.kind === 'stall') destroyLater(request, fault.ms);
		else socket.destroySoon();
	}

	/** Sends the bytes of a response one by one. */
	function drip(request: FastifyRequest, reply: FastifyReply, payload: unknown, everyMs: number) {
		const isText = typeof payload === 'string' || Buffer.isBuffer(payload);
		if (!isText && !(payload instanceof Readable)) return payload;
		if (isText) reply.header('content-length', Buffer.byteLength(payload));
		const gone = new AbortController();
		request.raw.socket.once('close', () => gone.abort());
		const source = isText ? [Buffer.from(payload)] : payload;
		return Readable.from(
			oneByOne(source, () => settings().timer.sleep(everyMs, gone.signal)),
			{ objectMode: false },
		);
	}

	return {
		attach(app) {
			app.addHook('onRequest', async (request, reply) => {
				const fault = faultOf(request);
				if (!fault) return undefined;
				log.note(request, { fault: nameOf(fault) });
				if (fault.kind === 'rateLimited') {
					const { retryAfterSeconds: seconds } = fault;
					if (seconds !== undefined) reply.header('retry-after', String(seconds));
					throw tooManyRequests(request);
				}
				if (fault.kind === 'tokenDies') {
					identity.expire(request.headers.authorization);
					return undefined;
				}
				if (fault.kind === 'redirect') {
					const { status, to = new URL(request.url, `http://${request.host}`).href } = fault;
					return reply.code(status).header('location', to).send();
				}
				if (!('when' in fault) || fault.when !== 'before') {
					pending.set(request, fault);
					return undefined;
				}
				const page = errorPage(fault, reply);
				if (page !== undefined) return reply.send(page);
				// Fastify ignores a hijacked request.
				dropConnection(request, reply.hijack(), fault);
				return reply;
			});

			// After authentication and parsing: an unauthenticated request can't end a conversation.
			app.addHook('preHandler', async (request) => {
				if (pending.get(request)?.kind !== 'conversationEnds') return;
				endConversation(idOf(request) ?? '');
			});

			app.addHook('onSend', (request, reply, payload, done) => {
				const fault = pending.get(request);
				pending.delete(request);
				if (!fault || fault.kind === 'conversationEnds') return done(null, payload);
				if (isMidway(fault)) {
					if (payload instanceof Readable) return void writeHalf(request, reply, payload, fault);
					// The download was rejected: there are no bytes to cut.
					log.note(request, { fault: undefined });
					return done(null, payload);
				}
				if (fault.kind === 'drip') return done(null, drip(request, reply, payload, fault.everyMs));
				if (payload instanceof Readable) payload.destroy();
				for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
				const page = errorPage(fault, reply);
				if (page === undefined) return dropConnection(request, reply, fault);
				done(null, page);
			});
		},
	};
}

/** The id in the path, if there is one. */
function idOf({ params }: FastifyRequest): string | undefined {
	return z.object({ id: z.string() }).safeParse(params).data?.id;
}

/** A 429 in the error format of the route. */
function tooManyRequests({ url }: FastifyRequest): Error {
	const text = 'Too many requests';
	return url.startsWith('/id/') ? new OAuthError(429, 'local-429', text) : new ApiError(429, text);
}

/** Turns a response into that of a gateway or of a failing S3. @returns its body; undefined for other faults */
function errorPage(fault: Fault, reply: FastifyReply): string | undefined {
	if (fault.kind === 'storageError') {
		const error = new StorageError(storageErrors[fault.code], fault.code, 'Please try again');
		void reply.code(error.status).type('application/xml');
		return error.body();
	}
	if (fault.kind !== 'unavailable') return undefined;
	const { status, retryAfterSeconds: seconds } = fault;
	if (seconds !== undefined) reply.header('retry-after', String(seconds));
	return gatewayPage(reply, status);
}

/** Turns a response into the page of a gateway. @returns the page */
function gatewayPage(reply: FastifyReply, status: GatewayStatus): string {
	const title = `${status} ${STATUS_CODES[status] ?? 'Web server error'}`;
	void reply.code(status).type('text/html');
	return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
}

async function* oneByOne(source: AsyncIterable<Buffer> | Buffer[], wait: () => Promise<void>) {
	for await (const chunk of source) {
		for (const byte of chunk) {
			await wait();
			yield Buffer.from([byte]);
		}
	}
}

async function* take(source: AsyncIterable<Buffer>, count: number) {
	let left = count;
	for await (const chunk of source) {
		yield chunk.subarray(0, left);
		left -= chunk.length;
		if (left <= 0) return;
	}
}
