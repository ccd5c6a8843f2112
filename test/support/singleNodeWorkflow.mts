import type { N8nApi } from '../tools/n8n/api.mts';
import type { WorkflowNode } from '../tools/n8n/schemas.mts';

/** Creates a workflow of a Manual Trigger and one node. @returns its id */
export async function createSingleNodeWorkflow(
	api: N8nApi,
	node: Pick<WorkflowNode, 'name' | 'type' | 'typeVersion' | 'parameters' | 'credentials'>,
): Promise<string> {
	const { id } = await api.createWorkflow({
		name: node.name,
		nodes: [
			{
				id: '1',
				name: 'Begin',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{ id: '2', position: [200, 0], ...node },
		],
		connections: { Begin: { main: [[{ node: node.name, type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	});
	return id;
}
