import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import {
	sendMessage,
	startConversation,
	type NewMessage,
	type SentMessage,
} from '../../api/digitalConnect';
import { isProblem, TalkdeskApiError } from '../../api/errors';
import {
	checkEmail,
	hashOf,
	readTouchpointId,
	touchpointIdProperty,
	type OperationContext,
} from '../operation';

const whereNewOnesStart = { show: { ifConversationEnded: ['startNew'] } };

const contactEmailProperty: INodeProperties = {
	displayName: 'Contact Email',
	name: 'contactEmail',
	type: 'string',
	default: '',
	placeholder: 'e.g. name@example.com',
	displayOptions: whereNewOnesStart,
	description:
		'The e-mail address of the customer, for the new conversation. Talkdesk tells nobody who the contact of an old one was.',
};

/** What to do when a message can't simply be sent. */
export const deliveryProperties: INodeProperties[] = [
	contactEmailProperty,
	{ ...touchpointIdProperty, displayOptions: whereNewOnesStart },
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
	{
		displayName: 'If Outcome Is Unknown',
		name: 'ifOutcomeUnknown',
		type: 'options',
		options: [
			{
				name: 'Repeat',
				value: 'repeat',
				description:
					'Send again with the same idempotency key. Nothing is lost; nothing arrives twice where Talkdesk honours the key.',
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
			'What to do when nobody knows whether a message arrived: the answer was lost, or late',
	},
];

/** What became of a message. */
export type Delivery =
	/** `previousConversationId` is set where it went into a new conversation. */
	| {
			outcome: 'sent';
			conversationId: string;
			previousConversationId?: string;
			sent: SentMessage;
	  }
	| { outcome: 'ended'; conversationId: string; previousConversationId?: string }
	/** It may have arrived or not. */
	| { outcome: 'unknown'; conversationId: string; previousConversationId?: string };

/**
 * How many conversations in a row may have ended: where the workflow goes on sending to the first one, each that ended
 * since is asked before the one that is open.
 */
const MOST_SUCCESSORS = 10;

/**
 * Sends a message, and does what the options say where the conversation is over or the outcome unknown.
 *
 * The successor of an ended conversation is started with a key made of that conversation's id: Talkdesk finds the same one
 * for all messages that come late, out of whichever execution.
 *
 * @param key the idempotency key of the message
 * @throws TalkdeskApiError; NodeOperationError where a parameter for the new conversation is missing
 */
export async function deliver(
	context: OperationContext,
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
						`Options > ${contactEmailProperty.displayName}`,
						options.contactEmail ?? '',
					),
					touchpointId: readTouchpointId(context),
				}
			: undefined;

	let { conversationId } = message;
	for (let successors = 0; ; successors++) {
		const isFirst = successors === 0;
		const place = {
			conversationId,
			...(!isFirst && { previousConversationId: message.conversationId }),
		};
		const outcome = await sendMessage(
			client,
			{ ...message, conversationId },
			{
				// Whether keys count for a conversation or for the account isn't documented.
				idempotencyKey: isFirst ? key : hashOf([key, conversationId]),
				repeatable: ifOutcomeUnknown === 'repeat',
			},
		).then(
			(sent) => ({ sent }),
			(error: unknown) => ({ error }),
		);
		if ('sent' in outcome) return { outcome: 'sent', ...place, sent: outcome.sent };
		const { error } = outcome;
		if (isUnknown(error) && ifOutcomeUnknown === 'report') return { outcome: 'unknown', ...place };
		if (!isProblem(error, 'conversationEnded') || ifConversationEnded === 'error') throw error;
		if (!successor) return { outcome: 'ended', ...place };
		if (successors === MOST_SUCCESSORS) break;
		({ conversationId } = await startConversation(client, successor, {
			idempotencyKey: hashOf(['successor of', conversationId]),
		}));
	}
	throw new NodeOperationError(
		functions.getNode(),
		`${MOST_SUCCESSORS} conversations in a row have ended`,
		{
			itemIndex,
			description:
				'The message was sent to a conversation that ended long ago. Let the workflow keep the conversationId of the output, and send to that one.',
		},
	);
}

/** A delivery for the output of the node. */
export function describeDelivery(delivery: Delivery): IDataObject {
	const { outcome, conversationId, previousConversationId } = delivery;
	return {
		conversationId,
		...(previousConversationId !== undefined && { previousConversationId }),
		...(outcome === 'sent' && delivery.sent),
		...(outcome === 'unknown' && { outcomeUnknown: true }),
		conversationEnded: outcome === 'ended',
	};
}

function isUnknown(error: unknown): boolean {
	return error instanceof TalkdeskApiError && error.problem.outcomeUnknown === true;
}
