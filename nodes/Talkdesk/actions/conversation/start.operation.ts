import type { INodeProperties } from 'n8n-workflow';

import { startConversation } from '../../api/digitalConnect';
import { sha256Json } from '../../text/hash';
import { toPreviousMessages } from '../../transcript/format';
import { defineOperation, outputItem, touchpointOf } from '../operation';
import { checkEmail } from '../../parameters/email';
import {
	idempotencyKey,
	idempotencyKeyOption,
	workflowIdentity,
} from '../../parameters/idempotencyKey';
import { isTool } from '../../parameters/isTool';
import { readText, type ItemContext } from '../../parameters/item';
import { option, readOptions, touchpointIdOption } from '../../parameters/options';
import { text } from '../../parameters/schemas';
import {
	readTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import {
	contactCenterParametersProperty,
	readContactCenterParameters,
} from './contactCenterParameters';
import { wasStartedEarlier } from './alreadyStarted';

/** Not `required`: n8n would refuse to run the node if the parameters hold the address. */
const contactEmailProperty: INodeProperties = {
	displayName: 'Contact Email',
	name: 'contactEmail',
	type: 'string',
	default: '',
	placeholder: 'e.g. name@example.com',
	description:
		'The e-mail address of the customer, by which Talkdesk knows the contact. Always needed; it may also stand in Parameters (JSON) as emailAddress.',
};

const options = {
	idempotencyKey: idempotencyKeyOption,
	subject: option(
		{
			displayName: 'Subject',
			name: 'subject',
			type: 'string',
			default: '',
			placeholder: 'e.g. Question about an invoice',
			description: 'What the conversation is about',
		},
		text,
	),
	touchpointId: touchpointIdOption,
	...transcriptOptions,
};

export const start = defineOperation({
	option: {
		name: 'Start',
		value: 'start',
		action: 'Start conversation',
		// An AI agent reads this as the manual of its tool.
		description:
			'Hand the customer over to a human agent: starts a conversation in Talkdesk, with transcript and parameters. Use it when the customer asks for a human, or when you cannot help. Afterwards a human answers: say so, and stop answering.',
	},
	properties: [
		contactEmailProperty,
		contactCenterParametersProperty,
		...transcriptProperties({ optional: true }),
	],
	options,
	// What starts with the same key goes one after the other: the second finds what the first has started.
	sequenceKey(context) {
		const key = readOptions(context, { idempotencyKey: idempotencyKeyOption }).idempotencyKey;
		return key === undefined ? undefined : `start ${ownKey(context, key)}`;
	},
	async execute(context) {
		const { client, functions, itemIndex, options: chosen } = context;
		const { parameters, emailAddress } = readContactCenterParameters(context);
		const contactEmail = checkEmail(
			context,
			contactEmailProperty.displayName,
			readText(context, contactEmailProperty) || emailAddress,
			{ isTool: isTool(functions) },
		);
		const touchpointId = touchpointOf(context);
		const { messages, omitted, unrecognized } = await readTranscript(context);
		const work = idempotencyKey(context, 'start', touchpointId, contactEmail);
		const key = chosen.idempotencyKey;
		const { conversationId } = await startConversation(
			client,
			{
				touchpointId,
				contactEmail,
				subject: chosen.subject,
				contextParameters: parameters,
				previousMessages: toPreviousMessages(messages, Date.now()),
			},
			{
				idempotencyKey:
					key === undefined ? work : sha256Json([ownKey(context, key), touchpointId, contactEmail]),
			},
		);
		const alreadyStarted =
			key !== undefined &&
			(await wasStartedEarlier(functions, {
				apiBaseUrl: client.settings.apiBaseUrl,
				touchpointId,
				conversationId,
				work,
			}));
		return [
			outputItem(
				{
					conversationId,
					touchpointId,
					contactEmail,
					alreadyStarted,
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
					transcriptMessagesUnrecognized: unrecognized.count,
					message: alreadyStarted
						? 'This chat has been handed over to a human agent already, and nothing new was started. The human agent answers here: do not answer any further yourself.'
						: 'A human agent has been asked to take over this chat and will answer here. Tell the customer so, and do not answer any further yourself.',
				},
				itemIndex,
			),
		];
	},
});

/**
 * The user's own key, for this workflow. The customer is added to it: an expression that gives nothing, inside a text, makes
 * the same key for everybody, and nobody must land in another customer's conversation.
 */
function ownKey(context: ItemContext, key: string): string {
	return sha256Json(['start', ...workflowIdentity(context), key]);
}
