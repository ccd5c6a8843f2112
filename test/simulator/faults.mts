import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import {
	isMidway,
	makesSense,
	nameOf,
	possibleFaults,
	storageErrors,
	type Fault,
	type GatewayStatus,
} from './fault-kinds.mts';
import type { Identity } from './oauth.mts';
import type { Settings } from './options.mts';
import { Refusal, StorageRefusal, TokenRefusal } from './errors.mts';
import type { WireLog } from './wire-log.mts';

export type { Fault } from './fault-kinds.mts';

export interface Faults {
	/** Lets faults happen on this server. Call before the log is attached, so that it logs what really went out. */
	attach(app: FastifyInstance): void;
}

/**
 * Makes what spoils requests. The routes know nothing of it: a fault comes before all that they check, or takes the place
 * of the answer that they gave.
 *
 * @param endConversation ends one as an agent does; does nothing where there is none, or it has ended
 */
export function createFaults({
	settings,
	identity,
	endConversation,
	log,
}: {
	settings: () => Settings;
	identity: Identity;
	endConversation: (id: string) => void;
	log: WireLog;
}): Faults {
	const asked = new Map<string, number>();
	let total = 0;
	/** Faults whose time is still to come. */
	const pending = new WeakMap<FastifyRequest, Fault>();

	/** @throws Error, which becomes a 500, for a fault that makes no sense here */
	function faultOf(request: FastifyRequest): Fault | undefined {
		const route = `${request.method} ${request.routeOptions.url ?? ''}`;
		if (!possibleFaults(route).length) return undefined;
		const index = asked.get(route) ?? 0;
		asked.set(route, index + 1);
		const conversationId = route.includes('/conversations/') ? idOf(request) : undefined;
		const fault = settings().faults({
			...{ method: request.method, route, path: request.url.split('?')[0] ?? '' },
			...(conversationId === undefined ? {} : { conversationId }),
			...{ index, total: total++ },
		});
		if (fault && !makesSense(fault, route)) {
			throw new Error(`The fault "${nameOf(fault)}" makes no sense on ${route}`);
		}
		return fault;
	}

	/** Not for ever, even so: a socket is closed with the server. */
	function cutLater({ raw: { socket } }: FastifyRequest, ms: number | undefined) {
		if (ms === undefined) return;
		const gone = new AbortController();
		socket.once('close', () => gone.abort());
		const patience = settings().timer.sleep(ms, gone.signal);
		void patience.then(
			() => socket.destroy(),
			() => undefined,
		);
	}

	/** Gives no answer. Whoever calls this must not go on with the request. */
	function vanish(request: FastifyRequest, reply: FastifyReply, fault: Fault) {
		log.answered(request, { status: null, ms: reply.elapsedTime });
		if (fault.kind === 'hang') cutLater(request, fault.ms);
		else request.raw.socket.destroy();
	}

	/** Writes half of a download. By hand: only so the half is sure to be out when the connection ends. */
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
		// A client that goes away early has what was wanted.
		await pipeline(take(source, half), reply.raw, { end: false }).catch(() => undefined);
		if (fault.kind === 'stall') cutLater(request, fault.ms);
		else socket.destroySoon();
	}

	/** Lets the bytes of an answer come one by one. */
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
					throw tooMany(request);
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
				const page = pageOf(fault, reply);
				if (page !== undefined) return reply.send(page);
				// Fastify leaves a hijacked request alone.
				vanish(request, reply.hijack(), fault);
				return reply;
			});

			// Here, as the request is let in and its body is there: a stranger can't end a conversation.
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
					// The download was refused: there are no bytes to break.
					log.note(request, { fault: undefined });
					return done(null, payload);
				}
				if (fault.kind === 'drip') return done(null, drip(request, reply, payload, fault.everyMs));
				if (payload instanceof Readable) payload.destroy();
				for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
				const page = pageOf(fault, reply);
				if (page === undefined) return vanish(request, reply, fault);
				done(null, page);
			});
		},
	};
}

/** The id in the path, where there is one. */
function idOf({ params }: FastifyRequest): string | undefined {
	return z.object({ id: z.string() }).safeParse(params).data?.id;
}

/** Makes the refusal in the shape that the route's own refusals have. */
function tooMany({ url }: FastifyRequest): Error {
	const text = 'Too many requests';
	return url.startsWith('/id/') ? new TokenRefusal(429, 'local-429', text) : new Refusal(429, text);
}

/** Makes an answer the one of somebody who stands before Talkdesk, or of an S3 in trouble; undefined for other faults. */
function pageOf(fault: Fault, reply: FastifyReply): string | undefined {
	if (fault.kind === 'storageError') {
		const refusal = new StorageRefusal(storageErrors[fault.code], fault.code, 'Please try again');
		void reply.code(refusal.status).type('application/xml');
		return refusal.body();
	}
	if (fault.kind !== 'unavailable') return undefined;
	const { status, retryAfterSeconds: seconds } = fault;
	if (seconds !== undefined) reply.header('retry-after', String(seconds));
	return gatewayPage(reply, status);
}

/** Makes an answer a gateway's, which knows nothing of what it stands before. */
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
