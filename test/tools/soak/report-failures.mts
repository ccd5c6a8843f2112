import { randomUUID } from 'node:crypto';

import type { N8nInstance } from '../n8n/instance.mts';

/**
 * Gives a published workflow an error workflow, as docs/delivery-guarantees.md says, and publishes it again.
 *
 * @param url gets a POST with each failure
 */
export async function reportFailures(
	{ api }: N8nInstance,
	workflowId: string,
	url: string,
): Promise<void> {
	const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
		...{ id: randomUUID(), name, type: `n8n-nodes-base.${type}`, typeVersion },
		...{ position: [0, 0], parameters: { ...parameters } },
	});
	const { id: errorWorkflow } = await api.createWorkflow({
		name: 'When something fails',
		nodes: [
			node('Error Trigger', 'errorTrigger', 1, {}),
			node('Report', 'httpRequest', 4.2, {
				method: 'POST',
				url,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: '={{ JSON.stringify($json) }}',
				options: {},
			}),
		],
		connections: { 'Error Trigger': { main: [[{ node: 'Report', type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	});
	await api.activate(errorWorkflow);
	const { settings } = await api.workflow(workflowId);
	await api.updateWorkflow(workflowId, { settings: { ...settings, errorWorkflow } });
	await api.activate(workflowId);
}
