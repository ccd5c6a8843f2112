import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { noteCustomerWrites } from './chatDisplay';
import { lastConversationOf } from './register';
import { CUSTOMER_MESSAGE, parseWait, sentMessageOf } from './wait';

/**
 * Wakes the execution with what the customer has written in n8n's own chat. n8n calls it, and passes the item on through the
 * first output.
 */
export async function onChatMessage(
	context: IExecuteFunctions,
	{ json, binary }: INodeExecutionData,
): Promise<INodeExecutionData[][]> {
	const now = Date.now();
	noteCustomerWrites(context, now);
	// n8n may have read the execution just as another call woke it: then its input is an event.
	const current = parseWait(context.getInputData()[0]?.json);
	const wait = current ?? lastConversationOf(context);
	const item = {
		json: {
			event: CUSTOMER_MESSAGE,
			conversationId: wait?.conversationId,
			sessionId: wait?.sessionId ?? json.sessionId,
			timestamp: new Date(now).toISOString(),
			text: json.chatInput,
			author: { kind: 'customer' },
			...(current && sentMessageOf(current)),
		},
		...(binary && { binary }),
		pairedItem: { item: 0 },
	};
	return await Promise.resolve([[item]]);
}
