import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { type QueueN8n, startQueueN8n } from '../n8n/queue.mts';
import { startEnvironment, type Environment, type EnvironmentOptions } from './environment.mts';

/** The environment with n8n in queue mode. */
export interface QueueEnvironment extends Environment {
	n8n: QueueN8n;
}

/**
 * Starts the environment. The package must be built.
 *
 * @param options as of `startEnvironment`; `n8nEnv` is for all of n8n's processes
 * @throws the reason of a failed start, after which nothing is left running
 */
export async function startQueueEnvironment(
	options: Omit<EnvironmentOptions, 'startN8n' | 'adaptExample'> = {},
): Promise<QueueEnvironment> {
	const started: QueueN8n[] = [];
	const environment = await startEnvironment({
		...options,
		startN8n: async (given) => {
			const n8n = await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...given });
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
