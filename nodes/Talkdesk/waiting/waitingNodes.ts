import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

const waitingNodeSchema = z.object({
	type: z.string().regex(/\.talkdesk$/),
	disabled: z.literal(false),
	parameters: z.object({ operation: z.literal('sendAndWaitForReply') }),
});

/**
 * Whether the workflow will wait for the events of a conversation that this node starts. If it will, the trigger must
 * not output the first events before the wait begins. A tool isn't on the path of the workflow, so the search also
 * starts at the Chat Trigger.
 */
export function isWaitExpected(
	functions: Pick<IExecuteFunctions, 'getNode' | 'getChildNodes' | 'getChatTrigger'>,
): boolean {
	const starts = [functions.getNode().name, functions.getChatTrigger()?.name ?? []].flat();
	return starts.some((name) => waitingNodesBehind(functions, name).length > 0);
}

/** Whether another node behind this one waits, which can take every second message in n8n's own chat. */
export function hasSecondNode(
	functions: Pick<IExecuteFunctions, 'getNode' | 'getChildNodes'>,
): boolean {
	const { name } = functions.getNode();
	return waitingNodesBehind(functions, name).some((node) => node.name !== name);
}

const waitingNodesBehind = (functions: Pick<IExecuteFunctions, 'getChildNodes'>, name: string) =>
	functions
		.getChildNodes(name, { includeNodeParameters: true })
		.filter((node) => waitingNodeSchema.safeParse(node).success);
