import { request as send, type IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** Helpers for the tests of both pages: a page's stream of updates, and requests with any header. */

const TIMEOUT_MS = 4000;

/** Waits until a condition is true. @throws after a timeout */
export async function waitUntil(isTrue: () => boolean, what: string): Promise<void> {
	const end = Date.now() + TIMEOUT_MS;
	while (!isTrue()) {
		if (Date.now() > end) throw new Error(`Waited in vain for ${what}`);
		await new Promise((turn) => setTimeout(turn, 5));
	}
}

/** One server-sent event. */
export interface Event {
	event: string;
	data: unknown;
}

/**
 * Listens to a stream of updates, as a page does.
 *
 * @returns all events so far, and a function that waits for the next one
 */
export function listen(url: string) {
	const events: Event[] = [];
	const stream = { events, isOver: false, headers: {}, next, close: () => call.destroy() };
	const call = send(url, (answer) => {
		stream.headers = answer.headers;
		let text = '';
		answer.on('data', (chunk: Buffer) => {
			const parts = (text + chunk.toString()).split('\n\n');
			text = parts.pop() ?? '';
			for (const part of parts) {
				const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
				if (event && data) events.push({ event, data: JSON.parse(data) });
			}
		});
		answer.on('close', () => (stream.isOver = true));
	});
	call.on('error', () => (stream.isOver = true));
	call.end();

	/** Waits for the next event, and removes it. */
	async function next(): Promise<Event> {
		await waitUntil(() => events.length > 0, `news at ${url}`);
		return events.shift() ?? { event: '', data: undefined };
	}
	return stream;
}

/** A request with any headers, also those that HTTP libraries set themselves. */
export async function plainRequest(
	method: string,
	url: string,
	headers: Record<string, string> = {},
	body: string | Buffer = '',
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
	return new Promise((answered, failed) => {
		const call = send(url, { method, headers }, (answer) => {
			const chunks: Buffer[] = [];
			answer.on('data', (chunk: Buffer) => chunks.push(chunk));
			answer.on('end', () =>
				answered({
					status: answer.statusCode ?? 0,
					headers: answer.headers,
					text: Buffer.concat(chunks).toString(),
				}),
			);
		});
		call.on('error', failed);
		call.end(body);
	});
}

/** Loads every file of a page as a browser does: from the HTML, the import map and the modules. */
export async function loadPage(url: string) {
	const page = await plainRequest('GET', url);
	const map = /<script type="importmap">([^<]*)</.exec(page.text)?.[1] ?? '';
	const { imports } = z.object({ imports: z.record(z.string()) }).parse(JSON.parse(map));
	const resolve = (specifier: string, from: string) => {
		const known = Object.keys(imports)
			.filter((key) => key === specifier || (key.endsWith('/') && specifier.startsWith(key)))
			.sort((a, b) => b.length - a.length)[0];
		if (known === undefined) return new URL(specifier, from).href;
		return new URL((imports[known] ?? '') + specifier.slice(known.length), from).href;
	};
	const linked = [...page.text.matchAll(/(?:href|src)="([^"#]+)"/g)];
	const wanted = linked.map(([, link = '']) => new URL(link, url).href);
	const loaded = new Map<string, string>();
	for (let at = wanted.pop(); at !== undefined; at = wanted.pop()) {
		if (loaded.has(at)) continue;
		const { status, headers, text } = await plainRequest('GET', at);
		if (status !== 200) throw new Error(`${at} is a ${status}`);
		loaded.set(at, text);
		if (!headers['content-type']?.startsWith('text/javascript')) continue;
		const modules = text.matchAll(/(?:\bfrom|\bimport)\s*["']([^"']+)["']/g);
		for (const [, specifier = ''] of modules) wanted.push(resolve(specifier, at));
	}
	return { page, files: loaded };
}
