import type { FastifyInstance } from 'fastify';
import { setMaxListeners } from 'node:events';
import { possibleFaults } from './fault-kinds.mts';
import type { Settings } from './options.mts';

export interface Latency {
	/** Delays the requests of a server. Call it before faults are attached, which have the same latency. */
	attach(app: FastifyInstance): void;
}

/**
 * Creates the latency of Talkdesk: each request waits for `latencyMs` before it is processed. Requests of the desk and of the
 * agent's HTTP API don't wait.
 *
 * @param closing aborted when the server is closed, which ends all waits
 */
export function createLatency(settings: () => Settings, closing: AbortSignal): Latency {
	// Every waiting request listens to it: that is no leak.
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
