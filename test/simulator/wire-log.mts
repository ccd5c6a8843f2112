import type { FastifyInstance, FastifyRequest } from 'fastify';

/** One request that came in, or one call that went out, with its answer. */
export interface LogEntry {
	/** ISO 8601, by the option `now`. */
	at: string;
	direction: 'in' | 'out';
	/** Method and path, or the whole URL for calls out. Never with a query string. */
	what: string;
	/** null: there was no answer. */
	status: number | null;
	ms: number;
	conversationId?: string;
	/** What it was about, in words. */
	summary: string;
}

/** What a route knows of its request and the log should say. */
type Note = Partial<Pick<LogEntry, 'conversationId' | 'summary'>> & {
	/** What goes wrong with it on purpose. */
	fault?: string | undefined;
};

export interface WireLog {
	entries: readonly LogEntry[];
	/** Requests per route, as `POST /api/digital-connect/conversations/:id/messages`. */
	routes: ReadonlyMap<string, number>;
	/** Writes an entry; the time and the masking of secrets are added here. */
	add(entry: Omit<LogEntry, 'at'>): void;
	/** Adds what a route knows to the entry that its request will get. */
	note(request: FastifyRequest, note: Note): void;
	/** Writes the entry of a request, and counts it. For answers that fastify doesn't send. */
	answered(request: FastifyRequest, answer: Pick<LogEntry, 'status' | 'ms'>): void;
	/** Logs every request to this server. Call before any route is made. */
	attach(app: FastifyInstance): void;
}

/** Tokens of the local Talkdesk, and signatures of its links, begin like this, so that the log knows them anywhere. */
export const tokenPrefix = 'local-token-';
export const signaturePrefix = 'local-signature-';
const ownSecrets = [
	...[tokenPrefix, signaturePrefix].map((prefix) => `${prefix}[\\w-]+`),
	// A JWT: any three parts of which the first is a JSON object.
	'eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+',
];

/**
 * Makes the log.
 *
 * Headers and bodies are never written as such. What is left of the outside environment in an entry, paths and words of errors, is
 * searched for secrets all the same.
 *
 * @param secrets gives the secrets known at the moment
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
			// Somebody who watches the agent's desk would bury everything else.
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
			// Not onResponse: the entry must be there before the client can have the answer and look for it.
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
 * Writes an entry as one readable line: local time, `→` for in or `←` for out, status, duration, request, summary.
 * Line breaks and control characters of the outside environment become spaces, so that an entry can't look like two.
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
