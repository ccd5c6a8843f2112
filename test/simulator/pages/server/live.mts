import type { FastifyReply } from 'fastify';
import type { Changes } from '../../wait.mts';

/** One server-sent event; `data` goes out as JSON. */
export interface News {
	event: string;
	data: unknown;
}

/** How often something is written when nothing happens, so that a dead connection is noticed. */
const SILENCE_MS = 15_000;

/**
 * Keeps a page up to date: server-sent events, over one answer that doesn't end. It ends when the page goes, or `changes` is
 * closed.
 *
 * @param news gives what the page doesn't know yet. Asked at once, and after every change; the first answer is the snapshot.
 */
export async function keepInformed(
	reply: FastifyReply,
	changes: Changes,
	news: () => News[],
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
			raw.write(news().map(format).join('') || ': nothing new\n\n');
			await nextChange(changes);
		}
	} finally {
		raw.end();
	}
}

function format({ event, data }: News): string {
	return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Resolves after the next change, and when there was none for a while. When `changes` is closed, there is none any more. */
async function nextChange(changes: Changes): Promise<void> {
	// Asked for the first time at once; then on a change, and at the end of the time.
	let asked = 0;
	await changes.waitFor(() => asked++ > 0, { timeoutMs: SILENCE_MS, what: 'news for a page' });
	// What changes together goes out together.
	await new Promise((turn) => setImmediate(turn));
}
