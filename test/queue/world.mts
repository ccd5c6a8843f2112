import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { type QueueN8n, startQueueN8n } from '../n8n/queue.mts';
import { createWorld, type World } from '../play/world.mts';

/** As the world of the other end-to-end tests, with n8n in queue mode. */
export interface QueueWorld extends World {
	n8n: QueueN8n;
}

/**
 * Builds the world. The package must be built.
 *
 * @param n8nEnv further environment variables for all of n8n's processes
 * @throws what kept it from starting; nothing is left running then
 */
export async function createQueueWorld(n8nEnv: NodeJS.ProcessEnv = {}): Promise<QueueWorld> {
	const started: QueueN8n[] = [];
	const world = await createWorld({
		n8nEnv,
		startN8n: async (options) => {
			const n8n = await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...options });
			started.push(n8n);
			return n8n;
		},
	});
	const [n8n] = started;
	if (!n8n) throw new Error('n8n was not started');
	return { ...world, n8n };
}
