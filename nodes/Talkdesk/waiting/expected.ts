import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

const waitingNodeSchema = z.object({
	type: z.string().regex(/\.talkdesk$/),
	disabled: z.literal(false),
	parameters: z.object({ operation: z.literal('sendAndWaitForReply') }),
});

/**
 * Whether the workflow waits for the events of a conversation that this node starts. Its first events must not be put out by
 * the trigger before. A tool isn't part of the workflow's path, so the path begins at the chat.
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
