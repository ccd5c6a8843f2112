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
	return starts.some((name) =>
		functions
			.getChildNodes(name, { includeNodeParameters: true })
			.some((node) => waitingNodeSchema.safeParse(node).success),
	);
}
