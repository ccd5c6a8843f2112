import { createServer } from 'node:http';
import { EventEmitter, once } from 'node:events';

import type { QueueN8n, QueueProcess } from '../../tools/n8n/queue.mts';

/** The worker that an execution was started on. */
export function workerOf({ workers }: QueueN8n, executionId: string): QueueProcess | undefined {
	return workers.find((worker) => worker.log().includes(`started execution ${executionId} `));
}

/** A server that accepts calls and never responds, so that its callers stay busy. */
export async function startBlackHole() {
	const arrivals = new EventEmitter();
	const server = createServer(() => arrivals.emit('call'));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : undefined;
	return {
		url: `http://127.0.0.1:${port}/`,
		/** Resolves at the next call. */
		called: async () => await once(arrivals, 'call'),
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}
