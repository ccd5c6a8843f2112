import type { INodeProperties } from 'n8n-workflow';

import { startConversation } from '../../api/digitalConnect';
import { sha256Json } from '../../text/hash';
import { toPreviousMessages } from '../../transcript/format';
import { defineOperation, outputItem, resolveTouchpointId } from '../operation';
import { checkEmail, emailProperty } from '../../parameters/email';
import {
	idempotencyKey,
	idempotencyKeyOption,
	workflowIdentity,
} from '../../parameters/idempotencyKey';
import { isTool } from '../../parameters/isTool';
import { readTextParameter, type ItemContext } from '../../parameters/item';
import { option, readOptions, touchpointIdOption } from '../../parameters/options';
import { text } from '../../parameters/schemas';
import {
	loadTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import {
	contactCenterParametersProperty,
	readContactCenterParameters,
} from './contactCenterParameters';
import { wasStartedEarlier } from './alreadyStarted';

/** Not `required`: n8n would not run the node if only the parameters have the address. */
const contactEmailProperty: INodeProperties = {
	...emailProperty,
	description:
		"Email address of the customer, which identifies the contact in Talkdesk. Required here, or as emailAddress in 'Parameters (JSON)'.",
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
			description: 'Topic of the conversation',
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
		action: 'Start conversation with human agent',
		description: 'Hand the customer over to a human agent, with the transcript and customer data',
	},
	toolDescription:
		'Hands the customer over to a human agent in the contact center. Call this tool when the customer asks for a human, or when you cannot help. It needs the email address that the customer has written in this chat; ask for it, and never make one up. Afterwards a human agent answers the customer: say so, and stop answering.',
	properties: [
		contactEmailProperty,
		contactCenterParametersProperty,
		...transcriptProperties({ optional: true }),
	],
	options,
	// Items with the same key run one by one, so that the second finds the conversation of the first.
	sequenceKey(context) {
		const key = readOptions(context, { idempotencyKey: idempotencyKeyOption }).idempotencyKey;
		return key === undefined ? undefined : `start ${scopedKey(context, key)}`;
	},
	async execute(context) {
		const { client, functions, itemIndex, options: chosen } = context;
		const { parameters, emailAddress } = readContactCenterParameters(context);
		const contactEmail = checkEmail(
			context,
			contactEmailProperty.displayName,
			readTextParameter(context, contactEmailProperty) || emailAddress,
			{ isTool: isTool(functions) },
		);
		const touchpointId = resolveTouchpointId(context);
		const { messages, omitted, unrecognized } = await loadTranscript(context);
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
					key === undefined
						? work
						: sha256Json([scopedKey(context, key), touchpointId, contactEmail]),
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
						? 'This chat has already been handed over to a human agent, and nothing new was started. The human agent answers here: do not answer any further yourself.'
						: 'A human agent has been asked to take over this chat and will answer here. Tell the customer so, and do not answer any further yourself.',
				},
				itemIndex,
			),
		];
	},
});

/** The user's own key, hashed with the workflow. The caller adds the contact: docs/decisions/0016. */
function scopedKey(context: ItemContext, key: string): string {
	return sha256Json(['start', ...workflowIdentity(context), key]);
}
