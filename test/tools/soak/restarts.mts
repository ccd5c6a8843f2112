import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nInstance } from '../n8n/instance.mts';
import type { QueueN8n } from '../n8n/queue.mts';

/** What happens to n8n, one after the other. Each gives a description. */
export function restartsOf(n8n: N8nInstance | QueueN8n): Array<() => Promise<string>> {
	if (!('workers' in n8n)) return [async () => await restart(n8n), async () => await restart(n8n)];
	const [first, second] = n8n.workers;
	return [
		async () => {
			await first.kill('SIGKILL');
			await sleep(5000);
			await first.start();
			return 'a worker was killed with SIGKILL, and started again after 5 s';
		},
		async () => {
			await second.kill('SIGTERM');
			await second.start();
			return 'the other worker was ended with SIGTERM, and started again';
		},
	];
}

/** As a service manager does: n8n finishes its executions. */
async function restart(n8n: N8nInstance): Promise<string> {
	await n8n.kill('SIGTERM');
	await n8n.restart();
	return 'n8n was ended with SIGTERM, and started again';
}
