import Fastify from 'fastify';

import type { BenchNode } from './bench-workflows.mts';

/** The source of a workflow's items. */
export interface Source {
	/** A node that gives the current items. */
	node: BenchNode;
	put(items: object[]): void;
	close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startSource(): Promise<Source> {
	const app = Fastify({ forceCloseConnections: true });
	let items: object[] = [];
	app.get('/', () => items);
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return {
		node: {
			name: 'Fetch',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: { url, options: {} },
		},
		put: (next) => (items = next),
		close: async () => await app.close(),
	};
}
