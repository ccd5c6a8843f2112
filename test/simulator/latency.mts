import type { FastifyInstance } from 'fastify';
import { setMaxListeners } from 'node:events';
import { possibleFaults } from './fault-kinds.mts';
import type { Settings } from './options.mts';

export interface Latency {
	/** Lets the requests to this server wait. Call before faults are attached: a fault, too, takes the way to Talkdesk. */
	attach(app: FastifyInstance): void;
}

/**
 * Makes the way to Talkdesk long: before anything looks at a request it waits for what `latencyMs` gives. Only what Talkdesk itself
 * would get waits, which is where faults can happen; the desk and the agent's HTTP API don't.
 *
 * @param closing aborted when the server is closed: nothing waits any longer
 */
export function createLatency(settings: () => Settings, closing: AbortSignal): Latency {
	// Every request that waits listens to it: that is no leak.
	setMaxListeners(0, closing);
	return {
		attach(app) {
			app.addHook('onRequest', async ({ method, routeOptions: { url = '' } }) => {
				if (possibleFaults(`${method} ${url}`).length === 0) return;
				const { latencyMs, timer } = settings();
				const ms = latencyMs();
				if (ms > 0) await timer.sleep(ms, closing);
			});
		},
	};
}
