import { createServer } from 'node:http';
import { EventEmitter, once } from 'node:events';

import type { QueueN8n, QueueProcess } from '../../tools/n8n/queue.mts';

/** A node of a workflow that a test makes up. */
export const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0],
	parameters: { ...parameters },
	webhookId: name.toLowerCase().replace(/\W/g, '-'),
});

export const webhookNode = (path: string) => ({
	...node(`Webhook ${path}`, 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path,
		responseMode: 'lastNode',
		options: {},
	}),
	webhookId: path,
});

/** Creates and publishes a workflow whose nodes follow each other. */
export async function publish(
	{ api }: QueueN8n,
	nodes: Array<ReturnType<typeof node>>,
	settings: object = {},
): Promise<string> {
	const connections = nodes.slice(1).map(({ name }, index) => {
		return [nodes[index]?.name, { main: [[{ node: name, type: 'main', index: 0 }]] }];
	});
	const { id } = await api.createWorkflow({
		name: nodes[0]?.name ?? '',
		nodes,
		connections: Object.fromEntries(connections),
		settings: { executionOrder: 'v1', ...settings },
	});
	await api.activate(id);
	return id;
}

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
