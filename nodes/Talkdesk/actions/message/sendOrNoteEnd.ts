import { sessionsOf } from '../../sessions/dataTableSessions';
import type { OperationContext } from '../operation';
import {
	sendCustomerMessage,
	type customerMessageOptions,
	type CustomerMessage,
	type MessageOutput,
} from './customerMessage';
import type { deliveryOptions } from './deliver';

type Declared = typeof customerMessageOptions & Pick<typeof deliveryOptions, 'ifOutcomeUnknown'>;

/**
 * Sends a message of the customer. If the conversation turns out to have ended, that is noted.
 *
 * @param message of the parameters, if none is given
 * @param isTold whether the node tells the workflow of an end. If not, the trigger's event does (`handedBack`)
 * @returns the output of the node for the message; undefined if the conversation has ended
 * @throws NodeOperationError if there is nothing to send; TalkdeskApiError
 */
export async function sendOrNoteEnd(
	context: OperationContext<Declared>,
	conversationId: string,
	{ message, isTold = true }: { message?: CustomerMessage; isTold?: boolean } = {},
): Promise<MessageOutput | undefined> {
	const options = {
		...context.options,
		ifConversationEnded: 'continue' as const,
		contactEmail: undefined,
		touchpointId: undefined,
	};
	const { delivery, output } = await sendCustomerMessage(
		{ ...context, options },
		conversationId,
		message,
	);
	if (delivery.outcome !== 'ended') return output;
	const sessions = sessionsOf(context.functions);
	const note = isTold ? sessions.end : sessions.endFound;
	await note(conversationId, new Date().toISOString());
	return undefined;
}
