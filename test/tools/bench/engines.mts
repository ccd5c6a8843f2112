import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import type { Progress } from './section.mts';

export interface Engine {
	title: string;
	env: NodeJS.ProcessEnv;
	/** Whether n8n makes an isolate for each call of a trigger, except for its own Webhook node from version 2 on. */
	hasIsolates: boolean;
}

export const LEGACY: Engine = {
	title: 'n8n with `N8N_EXPRESSION_ENGINE=legacy`',
	env: { N8N_EXPRESSION_ENGINE: 'legacy' },
	hasIsolates: false,
};

/**
 * The measured ways to run n8n. By default n8n evaluates expressions in isolates, which takes so much processor time that
 * differences between nodes may drown in it.
 */
export const ENGINES: Engine[] = [
	{
		title: 'n8n with its defaults',
		env: {},
		hasIsolates: true,
	},
	LEGACY,
];

/** Does some work with a new n8n. */
export async function withN8n<Result>(
	{ title, env }: Pick<Engine, 'title' | 'env'>,
	progress: Progress,
	work: (n8n: N8nInstance) => Promise<Result>,
): Promise<Result> {
	progress(`${title}:`);
	const n8n = await startN8n({ packageFolder: PROJECT_FOLDER, env, onProgress: progress });
	try {
		return await work(n8n);
	} finally {
		await n8n.stop();
	}
}
