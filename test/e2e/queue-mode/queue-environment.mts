import { PROJECT_FOLDER } from '../../tools/n8n/pack.mts';
import { type QueueN8n, startQueueN8n } from '../../tools/n8n/queue.mts';
import { startEnvironment, type Environment } from '../../tools/demo/environment.mts';

/** As the world of the other end-to-end tests, with n8n in queue mode. */
export interface QueueEnvironment extends Environment {
	n8n: QueueN8n;
}

/**
 * Builds the environment. The package must be built.
 *
 * @param n8nEnv further environment variables for all of n8n's processes
 * @throws what kept it from starting; nothing is left running then
 */
export async function startQueueEnvironment(
	n8nEnv: NodeJS.ProcessEnv = {},
): Promise<QueueEnvironment> {
	const started: QueueN8n[] = [];
	const environment = await startEnvironment({
		n8nEnv,
		startN8n: async (options) => {
			const n8n = await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...options });
			started.push(n8n);
			return n8n;
		},
		// As the note of the example says: the workers share no memory of their own.
		async adaptExample({ nodes }) {
			const [n8n] = started;
			const memory = nodes.find(({ name }) => name === 'Memory');
			if (!n8n || !memory) throw new Error('n8n was not started, or the example has no memory');
			Object.assign(memory, {
				type: '@n8n/n8n-nodes-langchain.memoryRedisChat',
				typeVersion: 1.5,
			});
			const { port, password } = n8n.redis;
			return {
				redis: await n8n.api.createCredential('Redis', 'redis', {
					host: '127.0.0.1',
					port,
					password,
				}),
			};
		},
	});
	const [n8n] = started;
	if (!n8n) throw new Error('n8n was not started');
	return { ...environment, n8n };
}
