import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { noteText } from './chatDisplay';
import { endAtLimit, timeForN8n } from './endAtLimit';
import { timeoutItem, type Wait } from './wait';

/**
 * Puts the execution to wait for the next event of a conversation.
 *
 * @param wait.chatText shown to the customer in n8n's own chat
 * @param wait.until the end of the wait; never if it is undefined
 * @returns the output of the node while it waits, which n8n's chat looks at
 */
export async function putToWait(
	functions: IExecuteFunctions,
	{ chatText, until, ...wait }: Omit<Wait, 'opensAt'> & { chatText?: string; until?: Date },
): Promise<INodeExecutionData> {
	const now = Date.now();
	const opensAt = chatText ? noteText(functions, chatText, now) : now;
	const pairedItem = { item: 0 };
	const timeout = timeoutItem({ ...wait, opensAt }, until?.getTime() ?? now);
	// n8n puts out the input of the node when the time is over.
	functions.getExecuteData().data = { main: [[{ ...timeout, pairedItem }]] };
	await functions.putExecutionToWait(timeForN8n(until));
	endAtLimit(functions, until);
	const { conversationId, sessionId } = wait;
	const json: IDataObject = { conversationId, ...(sessionId && { sessionId }), waiting: true };
	return { json, pairedItem, ...(chatText && { sendMessage: chatText }) };
}
