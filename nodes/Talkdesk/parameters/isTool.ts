import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether an AI agent calls the node: n8n makes a twin of it for that, whose type ends in `Tool`. */
export function isTool(functions: Pick<IExecuteFunctions, 'getNode'>): boolean {
	return functions.getNode().type.endsWith('Tool');
}
