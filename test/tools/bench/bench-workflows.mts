import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import type { N8nInstance } from '../n8n/instance.mts';
import type { Execution } from '../n8n/schemas.mts';
import { errorOf } from '../n8n/workflows.mts';

export const TALKDESK = 'n8n-nodes-talkdesk.talkdesk';
export const TALKDESK_TRIGGER = 'n8n-nodes-talkdesk.talkdeskTrigger';
export const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

export interface BenchNode {
	name: string;
	type: string;
	/** A new one by default. */
	id?: string;
	/** 1 by default. */
	typeVersion?: number;
	parameters: Record<string, unknown>;
	webhookId?: string;
	credentials?: Record<string, { id: string; name: string }>;
}

/** The trigger of a workflow that is run by hand. */
export const begin: BenchNode = {
	name: 'Begin',
	type: 'n8n-nodes-base.manualTrigger',
	parameters: {},
};

/**
 * Creates a workflow of nodes in a row.
 *
 * @returns its id
 */
export async function createChain(
	{ api }: N8nInstance,
	name: string,
	nodes: BenchNode[],
): Promise<string> {
	const { id } = await api.createWorkflow({ name, ...chain(nodes) });
	return id;
}

/** Nodes in a row, as n8n takes them. */
export function chain(nodes: BenchNode[]) {
	const next = nodes.slice(1).map((node) => [{ node: node.name, type: 'main', index: 0 }]);
	return {
		nodes: nodes.map((node) => ({
			typeVersion: 1,
			id: randomUUID(),
			position: [0, 0],
			...node,
		})),
		connections: Object.fromEntries(
			next.map((target, index) => [nodes[index]?.name, { main: [target] }]),
		),
		settings: { executionOrder: 'v1' },
	};
}

/**
 * Runs a workflow that begins with `begin`.
 *
 * @throws with the message of the failed node
 */
export async function run(n8n: N8nInstance, workflowId: string): Promise<Execution> {
	const execution = await n8n.api.run(workflowId, { timeoutMs: 600_000 });
	const error = errorOf(execution);
	if (error !== undefined) throw new Error(error);
	return execution;
}

const timedSchema = z.object({ executionTime: z.number() });

/** How long the last run of a node took, in milliseconds, as n8n itself measures it. */
export function executionTimeOf(execution: Execution, node: string): number {
	return timedSchema.parse(execution.data.resultData.runData[node]?.at(-1)).executionTime;
}
