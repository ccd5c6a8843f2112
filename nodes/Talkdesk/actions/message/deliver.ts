import type { IDataObject } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import {
	sendMessage,
	startConversation,
	type NewMessage,
	type SentMessage,
} from '../../api/digitalConnect';
import { isProblem, TalkdeskApiError } from '../../api/errors';
import { linkSuccessor } from '../conversationQueue';
import { touchpointOf, type OperationContext } from '../operation';
import { checkEmail } from '../../parameters/email';
import { option, touchpointIdOption } from '../../parameters/options';
import { oneOf, text } from '../../parameters/schemas';
import { sha256Json } from '../../text/hash';

const shownForStartNew = { show: { ifConversationEnded: ['startNew'] } };

/** What to do when a message can't simply be sent. */
export const deliveryOptions = {
	contactEmail: option(
		{
			displayName: 'Contact Email',
			name: 'contactEmail',
			type: 'string',
			default: '',
			placeholder: 'e.g. name@example.com',
			displayOptions: shownForStartNew,
			description:
				'The e-mail address of the customer, for the new conversation. Talkdesk tells nobody who the contact of an old one was.',
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
					description: 'Send nothing, and say so in the output: conversationEnded is true',
				},
				{ name: 'Error', value: 'error', description: 'Fail, with the remedy' },
				{
					name: 'Start New Conversation',
					value: 'startNew',
					description:
						'Send the message in a new conversation with the same customer. The output has its ID, and the old one as previousConversationId.',
				},
			],
			default: 'error',
			description: 'What to do when the human agent, or anybody else, has ended the conversation',
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
						'Send again with the same idempotency key. Nothing is lost; nothing arrives twice if Talkdesk honors the key.',
				},
				{
					name: 'Report',
					value: 'report',
					description:
						'Do not send again, and say so in the output: outcomeUnknown is true. Nothing arrives twice; the message may be lost.',
				},
			],
			default: 'repeat',
			description:
				'What to do when nobody knows whether a message arrived: the answer was lost, or late, or a server failed',
		},
		oneOf(['repeat', 'report']),
	),
};

/** What became of a message. */
export type Delivery = {
	conversationId: string;
	/** The conversation that it was meant for, if it went into a new one. */
	previousConversationId?: string;
	/** It may have arrived, beside what the outcome says. */
	outcomeUnknown?: boolean;
} & (
	| { outcome: 'sent'; sent: SentMessage }
	| { outcome: 'ended' }
	/** It may have arrived or not. */
	| { outcome: 'unknown' }
);

/**
 * How many conversations in a row may have ended: where the workflow goes on sending to the first one, each that ended
 * since is asked before the one that is open.
 */
const MAX_SUCCESSORS = 10;

/**
 * Sends a message, and does what the options say if the conversation is over or the outcome unknown.
 *
 * The successor of an ended conversation is started with a key made of that conversation's ID: Talkdesk finds the same one
 * for all messages that come late, out of whichever execution.
 *
 * @param key what makes it the same message when it is sent again. The conversation is added: keys of a chat channel are
 * unique for one chat only, and whether Talkdesk counts keys for a conversation or for the account isn't documented.
 * @throws TalkdeskApiError; NodeOperationError if a parameter for the new conversation is missing
 */
export async function deliver(
	context: OperationContext<typeof deliveryOptions>,
	message: NewMessage,
	key: string,
): Promise<Delivery> {
	const { client, functions, itemIndex, options } = context;
	const { ifConversationEnded, ifOutcomeUnknown } = options;
	// Before anything is sent: what is missing is missing for the first ended conversation too.
	const successor =
		ifConversationEnded === 'startNew'
			? {
					contactEmail: checkEmail(
						context,
						`Options > ${deliveryOptions.contactEmail.property.displayName}`,
						options.contactEmail ?? '',
					),
					touchpointId: touchpointOf(context),
				}
			: undefined;

	let { conversationId } = message;
	let outcomeUnknown = false;
	for (let successors = 0; ; successors++) {
		const place = () => ({
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
			(sent) => ({ sent }),
			(error: unknown) => ({ error }),
		);
		if ('sent' in outcome) return { outcome: 'sent', ...place(), sent: outcome.sent };
		const { error } = outcome;
		if (isUnknown(error) && ifOutcomeUnknown === 'report') {
			return { outcome: 'unknown', ...place() };
		}
		if (!isProblem(error, 'conversationEnded') || ifConversationEnded === 'error') throw error;
		// An earlier attempt may have arrived before the conversation ended.
		outcomeUnknown ||= error.problem.earlierAttemptMayHaveSucceeded === true;
		if (!successor) return { outcome: 'ended', ...place() };
		if (outcomeUnknown && ifOutcomeUnknown === 'report') return { outcome: 'ended', ...place() };
		if (successors === MAX_SUCCESSORS) break;
		const ended = conversationId;
		({ conversationId } = await startConversation(client, successor, {
			idempotencyKey: sha256Json([
				'successor of',
				ended,
				successor.touchpointId,
				successor.contactEmail,
			]),
		}));
		linkSuccessor(ended, conversationId);
	}
	throw new NodeOperationError(
		functions.getNode(),
		`${MAX_SUCCESSORS} conversations in a row have ended`,
		{
			itemIndex,
			description:
				'The message was sent to a conversation that ended long ago. Let the workflow keep the conversationId of the output, and send to that one.',
		},
	);
}

/** A delivery for the output of the node. */
export function deliveryOutput(delivery: Delivery): IDataObject {
	const { outcome, conversationId, previousConversationId, outcomeUnknown } = delivery;
	return {
		conversationId,
		...(previousConversationId !== undefined && { previousConversationId }),
		...(outcome === 'sent' && delivery.sent),
		...((outcome === 'unknown' || outcomeUnknown) && { outcomeUnknown: true }),
		conversationEnded: outcome === 'ended',
	};
}

function isUnknown(error: unknown): boolean {
	return error instanceof TalkdeskApiError && error.problem.outcomeUnknown === true;
}
