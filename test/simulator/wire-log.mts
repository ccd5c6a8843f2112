import type { FastifyInstance, FastifyRequest } from 'fastify';

/** One incoming request or outgoing call, with its response. */
export interface LogEntry {
	/** ISO 8601, by the option `now`. */
	at: string;
	direction: 'in' | 'out';
	/** Method and path, or the whole URL for calls out. Never with a query string. */
	what: string;
	/** null: there was no response. */
	status: number | null;
	ms: number;
	conversationId?: string;
	/** A description of the request. */
	summary: string;
}

/** What a route adds to the log entry of its request. */
type Note = Partial<Pick<LogEntry, 'conversationId' | 'summary'>> & {
	/** Its fault, if it has one. */
	fault?: string | undefined;
};

export interface WireLog {
	entries: readonly LogEntry[];
	/** Requests per route, as `POST /api/digital-connect/conversations/:id/messages`. */
	routes: ReadonlyMap<string, number>;
	/** Adds an entry, with the time and with masked secrets. */
	add(entry: Omit<LogEntry, 'at'>): void;
	/** Adds details to the entry of a request. */
	note(request: FastifyRequest, note: Note): void;
	/** Adds the entry of a request, and counts it. For responses that fastify doesn't send. */
	answered(request: FastifyRequest, answer: Pick<LogEntry, 'status' | 'ms'>): void;
	/** Logs every request to a server. Call it before routes are added. */
	attach(app: FastifyInstance): void;
}

/** The prefixes of the simulator's tokens and link signatures, by which the log recognizes them anywhere. */
export const tokenPrefix = 'local-token-';
export const signaturePrefix = 'local-signature-';
const ownSecrets = [
	...[tokenPrefix, signaturePrefix].map((prefix) => `${prefix}[\\w-]+`),
	// A JWT: any three parts of which the first is a JSON object.
	'eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+',
];

/**
 * Creates the log.
 *
 * Headers and bodies are never logged. Paths and error messages are searched for secrets.
 *
 * @param secrets gives the known secrets
 * @param now gives the time of the entry
 * @param added is called with each entry
 */
export function createWireLog({
	secrets,
	now,
	added,
}: {
	secrets: () => string[];
	now: () => number;
	added: (entry: LogEntry) => void;
}): WireLog {
	const entries: LogEntry[] = [];
	const routes = new Map<string, number>();
	const notes = new WeakMap<FastifyRequest, Note>();

	function mask(text: string): string {
		// The longest first, or a secret that is part of another one would leave the rest of it. And in one go, or a short secret
		// would be found in the mask.
		const known = secrets().sort((a, b) => b.length - a.length);
		const any = [...ownSecrets, ...known.map(escaped)].join('|');
		return text.replace(new RegExp(any, 'g'), '[secret]');
	}

	const log: WireLog = {
		entries,
		routes,
		add(entry) {
			const masked = { what: mask(entry.what), summary: mask(entry.summary) };
			const written = Object.freeze({
				...entry,
				...masked,
				at: new Date(now()).toISOString(),
				ms: Math.round(entry.ms),
			});
			entries.push(written);
			added(written);
		},
		note(request, note) {
			notes.set(request, { ...notes.get(request), ...note });
		},
		answered(request, answer) {
			const route = `${request.method} ${request.routeOptions.url ?? '(unknown)'}`;
			routes.set(route, (routes.get(route) ?? 0) + 1);
			// The requests of an open agent desk would bury everything else.
			if (/^(GET \/agent\/|\w+ \/desk(\/|$))/.test(route)) return;
			const { conversationId, summary = '', fault } = notes.get(request) ?? {};
			log.add({
				direction: 'in',
				what: `${request.method} ${request.url.split('?')[0] ?? ''}`,
				...answer,
				...(conversationId === undefined ? {} : { conversationId }),
				summary: fault === undefined ? summary : `[fault: ${fault}] ${summary}`.trim(),
			});
		},
		attach(app) {
			// Not onResponse: the entry must exist before the client gets the response and looks for it.
			app.addHook('onSend', async (request, reply) => {
				log.answered(request, { status: reply.statusCode, ms: reply.elapsedTime });
			});
		},
	};
	return log;
}

function escaped(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Formats an entry as one readable line: local time, `→` for in or `←` for out, status, duration, request, summary.
 * Line breaks and control characters become spaces, so that an entry can't look like two.
 */
export function formatEntry(entry: LogEntry): string {
	const at = new Date(entry.at);
	const time = `${at.toTimeString().slice(0, 8)}.${entry.at.slice(20, 23)}`;
	const arrow = entry.direction === 'in' ? '→' : '←';
	const known = entry.conversationId !== undefined && !entry.what.includes(entry.conversationId);
	const about = known ? `[${entry.conversationId}] ${entry.summary}` : entry.summary;
	const columns = [
		time,
		arrow,
		String(entry.status ?? '---').padEnd(3),
		`${entry.ms} ms`.padStart(8),
		entry.what.padEnd(60),
		about,
	];
	return columns
		.join('  ')
		.replace(/\p{Cc}+/gu, ' ')
		.trimEnd();
}
