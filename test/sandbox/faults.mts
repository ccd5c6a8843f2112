import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Identity } from './identity.mts';
import type { Settings } from './options.mts';
import { Refusal, TokenRefusal } from './refusals.mts';
import type { WireLog } from './wire-log.mts';

/**
 * What goes wrong with one request. `before`: nothing was done. `after`: all the work was done, and only the answer is lost
 * or another one. `midway`: in the middle of the bytes of a download.
 */
export type Fault =
	/** 429 in Talkdesk's shape; without the seconds there is no `Retry-After`. Nothing was done. */
	| { kind: 'rateLimited'; retryAfterSeconds?: number }
	/** The HTML page of a gateway. */
	| { kind: 'unavailable'; status: 502 | 503 | 504; when: 'before' | 'after' }
	/** No answer until the client goes away, or until the connection is cut after `ms`. */
	| { kind: 'hang'; when: 'before' | 'after'; ms?: number }
	/** The connection ends without an answer. */
	| { kind: 'cut'; when: 'before' | 'after' | 'midway' }
	/** A download goes silent in the middle of its bytes, until the client goes away or the connection is cut after `ms`. */
	| { kind: 'stall'; ms?: number }
	/** The request's bearer token is invalid from now on, so it is answered 401. */
	| { kind: 'tokenDies' }
	/** The agent ends the conversation right before a message is handled. */
	| { kind: 'conversationEnds' };
export type FaultKind = Fault['kind'];

/** A request, as the option `faults` is asked about it. */
export interface FaultRequest {
	method: string;
	/** As in `counts().routes`: `POST /api/digital-connect/conversations/:id/messages`. */
	route: string;
	/** Without the query string. */
	path: string;
	/** Of routes that have one. */
	conversationId?: string;
	/** How many requests to this route came before. */
	index: number;
	/** How many requests that could have had a fault came before, over all. */
	total: number;
}

export interface Faults {
	/** Lets faults happen on this server. Call before the log is attached, so that it logs what really went out. */
	attach(app: FastifyInstance): void;
}

const general: FaultKind[] = ['unavailable', 'hang', 'cut'];
const withToken: FaultKind[] = ['rateLimited', ...general, 'tokenDies'];

/** What can go wrong on each route; the first that fits counts. The storage is no part of Talkdesk's API and knows no 429. */
const places: Array<[route: RegExp, kinds: FaultKind[]]> = [
	[/^POST \/id\//, ['rateLimited', ...general]],
	[/^POST \/api\/digital-connect\/.*\/messages$/, [...withToken, 'conversationEnds']],
	[/ \/api\/(digital-connect|attachments)\//, withToken],
	[/^PUT \/uploads\//, general],
	[/^GET \/downloads\//, [...general, 'stall']],
];

/** The faults that make sense on a route; none where faults are not asked for at all. */
export function possibleFaults(route: string): readonly FaultKind[] {
	return places.find(([pattern]) => pattern.test(route))?.[1] ?? [];
}

/** A fault in words, without its details: `cut after`. */
export const nameOf = (fault: Fault) =>
	'when' in fault ? `${fault.kind} ${fault.when}` : fault.kind;

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
				if (!('when' in fault) || fault.when !== 'before') {
					pending.set(request, fault);
					return undefined;
				}
				if (fault.kind === 'unavailable') return reply.send(gatewayPage(reply, fault.status));
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
				if (payload instanceof Readable) payload.destroy();
				if (fault.kind !== 'unavailable') return vanish(request, reply, fault);
				for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
				done(null, gatewayPage(reply, fault.status));
			});
		},
	};
}

function makesSense(fault: Fault, route: string): boolean {
	const possible = possibleFaults(route);
	// Where a download can stall it can be cut, too.
	return possible.includes(isMidway(fault) ? 'stall' : fault.kind);
}

function isMidway(fault: Fault): boolean {
	return fault.kind === 'stall' || (fault.kind === 'cut' && fault.when === 'midway');
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

/** Makes an answer a gateway's, which knows nothing of what it stands before. */
function gatewayPage(reply: FastifyReply, status: 502 | 503 | 504): string {
	const title = `${status} ${STATUS_CODES[status] ?? ''}`;
	void reply.code(status).type('text/html');
	return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
}

async function* take(source: AsyncIterable<Buffer>, count: number) {
	let left = count;
	for await (const chunk of source) {
		yield chunk.subarray(0, left);
		left -= chunk.length;
		if (left <= 0) return;
	}
}
