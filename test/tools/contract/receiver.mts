import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';

import { lastSegment } from '../../../nodes/Talkdesk/trigger/event/parse';
import { parseJson } from '../../../nodes/Talkdesk/text/json';
import type { Call } from './calls.mts';

const MAX_BODY = 1024 * 1024;

/** Takes the calls that Talkdesk makes to n8n. */
export interface Receiver {
	/** All calls so far, in the order in which they came. */
	calls: Call[];
	/** What goes on at the desk; every call from now on belongs to it. */
	setStep(step: string): void;
	/** Resolves as soon as a call fits, also an earlier one of the current step. */
	waitFor(predicate: (call: Call) => boolean, signal: AbortSignal): Promise<void>;
	/** The port on which it listens. */
	port: number;
	close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		const part = z.instanceof(Uint8Array).parse(chunk);
		size += part.length;
		if (size <= MAX_BODY) chunks.push(Buffer.from(part));
	}
	return Buffer.concat(chunks).toString();
}

/** Starts a server that answers every call at once, and keeps it in memory. */
export async function startReceiver(host: string, port: number): Promise<Receiver> {
	const calls: Call[] = [];
	const listeners = new Set<() => void>();
	let step = 'before';
	const server = createServer((request, response) => {
		void readBody(request).then((text) => {
			const { method = '', url = '', headers } = request;
			calls.push({
				...{ step, method, action: lastSegment(url), headers },
				at: Date.now(),
				body: parseJson(text),
				digest: createHash('sha256').update(text).digest('hex'),
			});
			response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
			for (const notify of [...listeners]) notify();
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject).listen(port, host, resolve);
	});
	const address = server.address();
	return {
		calls,
		setStep(name) {
			step = name;
		},
		async waitFor(predicate, signal) {
			await new Promise<void>((resolve) => {
				const look = () => {
					const isThere = calls.some((call) => call.step === step && predicate(call));
					if (!isThere && !signal.aborted) return;
					listeners.delete(look);
					signal.removeEventListener('abort', look);
					resolve();
				};
				listeners.add(look);
				signal.addEventListener('abort', look);
				look();
			});
		},
		port: typeof address === 'object' && address ? address.port : port,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
