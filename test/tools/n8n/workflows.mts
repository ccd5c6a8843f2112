import type { z } from 'zod';

import {
	type Execution,
	type Item,
	type NodeType,
	type WorkflowInput,
	type WorkflowNode,
	workflowSchema,
} from './schemas.mts';

/** Credentials to use, by credential type. */
export type CredentialChoice = Record<string, { id: string; name: string }>;

type ParsedWorkflow = z.output<typeof workflowSchema>;

/** What belongs to the instance that a workflow was exported from. */
const FOREIGN = [
	'id',
	'versionId',
	'activeVersionId',
	'active',
	'isArchived',
	'tags',
	'shared',
	'createdAt',
	'updatedAt',
	'triggerCount',
	'parentFolder',
];

/**
 * Prepares an exported workflow for this instance, as n8n's editor does on import: without the ids of its
 * origin, and with credentials of this instance. A node gets the credential of each type that it names; and,
 * since an export may come without any, of each type that its node type always takes.
 *
 * @param workflow an exported workflow
 * @param credentials the credentials to use, by type
 * @param nodeTypes n8n's node types; without them, only nodes that name a credential get one
 * @returns a new workflow, ready to be created
 * @throws if there is no credential of a type that a node names
 */
export function prepareImport(
	workflow: WorkflowInput,
	credentials: CredentialChoice,
	nodeTypes: NodeType[] = [],
): ParsedWorkflow {
	const parsed = workflowSchema.parse(workflow);
	const own = Object.entries(parsed).filter(([key]) => !FOREIGN.includes(key));
	return workflowSchema.parse({
		...Object.fromEntries(own),
		nodes: parsed.nodes.map((node) => withCredentials(node, credentials, nodeTypes)),
	});
}

function withCredentials(
	node: WorkflowNode,
	credentials: CredentialChoice,
	nodeTypes: NodeType[],
): WorkflowNode {
	const named = Object.keys(node.credentials ?? {});
	const always = (nodeTypes.find((type) => type.name === node.type)?.credentials ?? [])
		.filter((credential) => credential.displayOptions === undefined)
		.map((credential) => credential.name);
	const filled = { ...node.credentials };
	for (const type of new Set([...named, ...always])) {
		const choice = credentials[type];
		if (choice) filled[type] = { id: choice.id, name: choice.name };
		else if (named.includes(type)) {
			throw new Error(`Node "${node.name}" needs a credential of type ${type}, and none is given.`);
		}
	}
	return Object.keys(filled).length > 0 ? { ...node, credentials: filled } : node;
}

export interface WebhookCandidate {
	node: string;
	method: string;
	path: string;
}

/** Evaluates the two expressions of webhook descriptions; undefined for any other. */
function resolveTemplate(template: string, node: WorkflowNode): string | undefined {
	if (!template.startsWith('=')) return template;
	const filled = template
		.slice(1)
		.replace(/\{\{\s*\$webhookId\s*\}\}/g, node.webhookId ?? '')
		.replace(
			/\{\{\s*\$parameter(?:\["(\w+)"\]|\.(\w+))(?:\s*\|\|\s*["']([^"']*)["'])?\s*\}\}/g,
			(whole, quoted: string | undefined, dotted: string | undefined, fallback?: string) => {
				const value = node.parameters[quoted ?? dotted ?? ''] ?? fallback;
				return typeof value === 'string' && !value.startsWith('=') ? value : whole;
			},
		);
	return filled.includes('{{') ? undefined : filled;
}

/**
 * Gives the production webhooks in the descriptions of a workflow's nodes, as far as that is possible without
 * n8n's expression engine.
 */
export function webhookCandidates(
	nodes: WorkflowNode[],
	nodeTypes: NodeType[],
): WebhookCandidate[] {
	return nodes
		.filter((node) => !node.disabled)
		.flatMap((node) => {
			// A name can stand for several versions of a node type, each with its own webhooks.
			const descriptions = nodeTypes
				.filter((type) => type.name === node.type)
				.flatMap((type) => type.webhooks ?? []);
			return descriptions.flatMap((webhook) => {
				const path = resolveTemplate(webhook.path, node)?.replace(/^\/|\/$/g, '');
				const method = resolveTemplate(webhook.httpMethod, node) ?? 'POST';
				if (path === undefined) return [];
				const isFull = webhook.isFullPath === true || webhook.isFullPath === 'true';
				const full = isFull ? path || node.webhookId : `${node.webhookId ?? ''}/${path}`;
				return full ? [{ node: node.name, method: method || 'GET', path: full }] : [];
			});
		});
}

/**
 * Gives the items that a node put out in an execution.
 *
 * @param node the node's name
 * @param position the run of the node (the last by default), the output, and the kind of connection
 * @returns the items; empty if the node didn't run or has no output there
 */
export function itemsOf(
	execution: Execution,
	node: string,
	position: { run?: number; output?: number; connection?: string } = {},
): Item[] {
	const runs = execution.data.resultData.runData[node] ?? [];
	const run = runs.at(position.run ?? -1);
	return run?.data?.[position.connection ?? 'main']?.[position.output ?? 0] ?? [];
}

/** Gives the error message of an execution with its description; undefined if it didn't fail. */
export function errorOf(execution: Execution): string | undefined {
	const error = execution.data.resultData.error;
	return error && [error.message, error.description].filter(Boolean).join(' – ');
}

/**
 * Whether n8n has kept the data for a retry. It drops them when it gives up an execution whose worker has died, and a retry of
 * that does nothing.
 */
export function canBeRetried(execution: Execution): boolean {
	return (execution.data.executionData?.nodeExecutionStack ?? []).length > 0;
}
