import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nInstance } from '../n8n/instance.mts';
import type { QueueN8n } from '../n8n/queue.mts';

/** Kills a worker, or restarts an n8n without workers. @returns a description */
export async function causeChaos(n8n: N8nInstance | QueueN8n): Promise<string> {
	if ('workers' in n8n) {
		const [worker] = n8n.workers;
		await worker.kill('SIGKILL');
		await sleep(5000);
		await worker.start();
		return 'a worker was killed with SIGKILL, and started again after 5 s';
	}
	// As a service manager does: n8n finishes its executions.
	await n8n.kill('SIGTERM');
	await n8n.restart();
	return 'n8n was ended with SIGTERM, and started again';
}
