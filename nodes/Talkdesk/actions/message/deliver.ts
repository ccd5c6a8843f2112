import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import {
	sendMessage,
	startConversation,
	type NewMessage,
	type SentMessage,
} from '../../api/digitalConnect';
import { isProblem, TalkdeskApiError } from '../../api/errors';
import { linkSuccessor } from '../queueKey';
import { resolveTouchpointId, type OperationContext } from '../operation';
import { checkEmail, emailProperty } from '../../parameters/email';
import { option, touchpointIdOption } from '../../parameters/options';
import { oneOf, text } from '../../parameters/schemas';
import type { SessionOfConversation } from '../../sessions/conversation';
import { sessionsOf } from '../../sessions/dataTableSessions';
import { whileStarting } from '../../sessions/starts';
import { sha256Json } from '../../text/hash';

const shownForStartNew = { show: { ifConversationEnded: ['startNew'] } };

/** Options for messages that cannot be delivered at once. */
export const deliveryOptions = {
	contactEmail: option(
		{
			...emailProperty,
			displayOptions: shownForStartNew,
			description:
				"Email address of the customer, for the new conversation. Talkdesk's API does not return the contact of an ended conversation.",
		},
		text,
	),
	touchpointId: {
		...touchpointIdOption,
		property: { ...touchpointIdOption.property, displayOptions: shownForStartNew },
	},
	ifConversationEnded: option(
		{
			displayName: 'If Conversation Has Ended',
			name: 'ifConversationEnded',
			type: 'options',
			options: [
				{
					name: 'Continue',
					value: 'continue',
					description: 'Send nothing and set conversationEnded to true in the output',
				},
				{ name: 'Error', value: 'error', description: 'Fail the item with an explanation' },
				{
					name: 'Start New Conversation',
					value: 'startNew',
					description: 'Send the message in a new conversation with the same customer',
				},
			],
			default: 'error',
			description:
				'What to do if the conversation has already ended. If a new conversation is started, the output has the ended one as previousConversationId.',
		},
		oneOf(['error', 'startNew', 'continue']),
	),
	ifOutcomeUnknown: option(
		{
			displayName: 'If Outcome Is Unknown',
			name: 'ifOutcomeUnknown',
			type: 'options',
			options: [
				{
					name: 'Repeat',
					value: 'repeat',
					description:
						'Send the message again with the same idempotency key. It is not lost, and arrives once if Talkdesk honors the key.',
				},
				{
					name: 'Report',
					value: 'report',
					description:
						'Do not send the message again, and set outcomeUnknown to true in the output. It never arrives twice, but may be lost.',
				},
			],
			default: 'repeat',
			description:
				'What to do if the response was lost and the message may or may not have arrived',
		},
		oneOf(['repeat', 'report']),
	),
};

/** The outcome of a message. */
export type Delivery = {
	conversationId: string;
	/** The original conversation, if the message was sent to a successor. */
	previousConversationId?: string;
	/** Whether an earlier attempt may have arrived as well. */
	outcomeUnknown?: boolean;
} & ({ outcome: 'sent'; message: SentMessage } | { outcome: 'ended' } | { outcome: 'unknown' });

/**
 * Ended conversations that are tried in a row. If a workflow keeps sending to the first conversation, all its ended
 * successors are tried before the open one.
 */
const MAX_SUCCESSORS = 10;

/**
 * Sends a message, and applies the options if the conversation has ended or the outcome is unknown.
 *
 * A successor is started with a key derived from the ended conversation, so that late messages of all executions share one
 * successor.
 *
 * @param key identifies the message. It is hashed with the conversation: a user's own key may be unique within one chat
 * only, and Talkdesk doesn't document the scope of its keys.
 * @throws TalkdeskApiError; NodeOperationError if a parameter for the successor is missing
 */
export async function deliver(
	context: OperationContext<typeof deliveryOptions>,
	message: NewMessage,
	key: string,
): Promise<Delivery> {
	const { client, functions, itemIndex, options } = context;
	const { ifConversationEnded, ifOutcomeUnknown } = options;
	// Checked first, so that an invalid option fails before anything is sent.
	const successor =
		ifConversationEnded === 'startNew'
			? {
					contactEmail: checkEmail(
						context,
						`Options > ${emailProperty.displayName}`,
						options.contactEmail ?? '',
					),
					touchpointId: resolveTouchpointId(context),
				}
			: undefined;

	let { conversationId } = message;
	let outcomeUnknown = false;
	for (let successors = 0; ; successors++) {
		const common = () => ({
			conversationId,
			...(successors > 0 && { previousConversationId: message.conversationId }),
			...(outcomeUnknown && { outcomeUnknown }),
		});
		const outcome = await sendMessage(
			client,
			{ ...message, conversationId },
			{
				idempotencyKey: sha256Json(['message', key, conversationId]),
				repeatable: ifOutcomeUnknown === 'repeat',
			},
		).then(
			(sent) => ({ message: sent }),
			(error: unknown) => ({ error }),
		);
		if ('message' in outcome) return { outcome: 'sent', ...common(), message: outcome.message };
		const { error } = outcome;
		if (isOutcomeUnknown(error) && ifOutcomeUnknown === 'report') {
			return { outcome: 'unknown', ...common() };
		}
		if (!isProblem(error, 'conversationEnded') || ifConversationEnded === 'error') throw error;
		// An earlier attempt may have succeeded before the conversation ended.
		outcomeUnknown ||= error.problem.earlierAttemptMayHaveSucceeded === true;
		if (!successor) return { outcome: 'ended', ...common() };
		if (outcomeUnknown && ifOutcomeUnknown === 'report') return { outcome: 'ended', ...common() };
		if (successors === MAX_SUCCESSORS) break;
		const endedId = conversationId;
		conversationId = await whileStarting(async () => {
			const started = await startConversation(client, successor, {
				idempotencyKey: sha256Json([
					'successor of',
					endedId,
					successor.touchpointId,
					successor.contactEmail,
				]),
			});
			linkSuccessor(endedId, started.conversationId);
			await passSessionOn(functions, endedId, { ...successor, ...started });
			return started.conversationId;
		});
	}
	throw new NodeOperationError(
		functions.getNode(),
		`${MAX_SUCCESSORS} conversations in a row have ended`,
		{
			itemIndex,
			description:
				'The conversation ended long ago. Store the conversationId of the output and send later messages to it.',
		},
	);
}

/** Gives the session of an ended conversation, if it has one, to its successor. */
async function passSessionOn(
	functions: IExecuteFunctions,
	endedId: string,
	successor: Pick<SessionOfConversation, 'conversationId' | 'contactEmail' | 'touchpointId'>,
): Promise<void> {
	const sessions = sessionsOf(functions);
	const session = (await sessions.exist()) ? await sessions.of(endedId) : undefined;
	if (!session) return;
	await sessions.end(endedId, new Date().toISOString());
	await sessions.remember({ ...session, ...successor });
}

/** A delivery as node output. */
export function deliveryOutput(delivery: Delivery): IDataObject {
	const { outcome, conversationId, previousConversationId, outcomeUnknown } = delivery;
	return {
		conversationId,
		...(previousConversationId !== undefined && { previousConversationId }),
		...(outcome === 'sent' && delivery.message),
		...((outcome === 'unknown' || outcomeUnknown) && { outcomeUnknown: true }),
		conversationEnded: outcome === 'ended',
	};
}

function isOutcomeUnknown(error: unknown): boolean {
	return error instanceof TalkdeskApiError && error.problem.outcomeUnknown === true;
}
