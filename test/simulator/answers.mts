import type { FastifyInstance } from 'fastify';
import { possibleFaults } from './fault-kinds.mts';
import type { Settings } from './options.mts';

/** A response, as the option `answers` gets it, after the request was processed. */
export interface Answered {
	method: string;
	/** As in `counts().routes`: `POST /api/digital-connect/conversations/:id/messages`. */
	route: string;
	status: number;
	/** The parsed JSON; a text that is no JSON; undefined if there is no body. */
	body: unknown;
	/** The parsed body of the request; undefined if there was none. */
	requestBody: unknown;
}

/** The changed parts of a response. */
export interface OddAnswer {
	status?: number;
	/** The content type. */
	type?: string;
	/** A text is sent unchanged, anything else as JSON; undefined: no body. */
	body?: unknown;
}

export interface Answers {
	/** Changes responses. Call it before faults are attached, which may replace the response. */
	attach(app: FastifyInstance): void;
	/** Lets errors echo the Authorization header. Call it after faults are attached: gateway pages are errors, too. */
	attachEcho(app: FastifyInstance): void;
}

/** Creates what changes responses from the form in CONTRACT.md, much of which is known from one example only. */
export function createAnswers(settings: () => Settings): Answers {
	return {
		attach(app) {
			app.addHook('onSend', async (request, reply, payload) => {
				const { method } = request;
				const route = `${method} ${request.routeOptions.url ?? ''}`;
				const text = textOf(payload);
				if (text === undefined || !possibleFaults(route).length) return payload;
				const body = read(text);
				const asked = { method, route, status: reply.statusCode, body, requestBody: request.body };
				const odd = settings().answers(asked);
				if (!odd) return payload;
				const { status = reply.statusCode, type } = odd;
				void reply.code(status);
				if (type !== undefined) reply.header('content-type', type);
				if (!('body' in odd)) return payload;
				reply.removeHeader('content-length');
				if (odd.body !== undefined) return write(odd.body);
				reply.removeHeader('content-type');
				return null;
			});
		},
		attachEcho(app) {
			app.addHook('onSend', async (request, reply, payload) => {
				const { authorization } = request.headers;
				const text = textOf(payload);
				if (!settings().echoAuthorization || authorization === undefined) return payload;
				if (text === undefined || reply.statusCode < 400) return payload;
				reply.removeHeader('content-length');
				const echo = `(Authorization: ${authorization})`;
				const body = read(text);
				if (typeof body !== 'object' || body === null) return `${text}${echo}`;
				return JSON.stringify(body, (name, value: unknown) =>
					['message', 'description', 'error_description'].includes(name)
						? `${String(value)} ${echo}`
						: value,
				);
			});
		},
	};
}

/** The body of a response; undefined for a stream. */
function textOf(payload: unknown): string | undefined {
	if (payload === undefined || payload === null) return '';
	return typeof payload === 'string' ? payload : undefined;
}

function read(text: string): unknown {
	if (text === '') return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function write(body: unknown): string {
	return typeof body === 'string' ? body : JSON.stringify(body);
}
