import type { FastifyReply } from 'fastify';
import type { ChangeNotifier } from '../../change-notifier.mts';

/** One server-sent event; `data` is sent as JSON. */
export interface ServerSentEvent {
	event: string;
	data: unknown;
}

/** How often a comment is sent without updates, so that a dead connection is noticed. */
const HEARTBEAT_MS = 15_000;

/**
 * Streams updates to a page as server-sent events. It ends when the page disconnects, or `changes` is closed.
 *
 * @param updates gives the events since its last call: a snapshot at first
 */
export async function streamUpdates(
	reply: FastifyReply,
	changes: ChangeNotifier,
	updates: () => ServerSentEvent[],
): Promise<void> {
	reply.hijack();
	const { raw } = reply;
	let gone = false;
	raw.on('close', () => (gone = true));
	raw.writeHead(200, {
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-store',
		'x-content-type-options': 'nosniff',
	});
	try {
		while (!gone) {
			raw.write(updates().map(format).join('') || ': nothing new\n\n');
			await nextChange(changes);
		}
	} finally {
		raw.end();
	}
}

function format({ event, data }: ServerSentEvent): string {
	return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Resolves after the next change, or after a while without one. Rejects when `changes` is closed. */
async function nextChange(changes: ChangeNotifier): Promise<void> {
	// The predicate is called at once, then on a change, and on the timeout.
	let calls = 0;
	await changes.waitFor(() => calls++ > 0, { timeoutMs: HEARTBEAT_MS, what: 'updates of a page' });
	// Changes of the same turn are sent together.
	await new Promise((turn) => setImmediate(turn));
}
