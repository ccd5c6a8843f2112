import type { INodeProperties } from 'n8n-workflow';

import { startConversation } from '../../api/digitalConnect';
import { isFirstTime } from '../../firstTime';
import { toPreviousMessages } from '../../transcript/format';
import {
	checkEmail,
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readOptions,
	readText,
	readTouchpointId,
	touchpointIdProperty,
	type Operation,
} from '../operation';
import { readTranscript, transcriptOptions, transcriptProperties } from '../transcript';
import {
	contactCenterParametersProperty,
	readContactCenterParameters,
} from './contactCenterParameters';

/** Not `required`: n8n would refuse to run the node where the parameters hold the address. */
const contactEmailProperty: INodeProperties = {
	displayName: 'Contact Email',
	name: 'contactEmail',
	type: 'string',
	default: '',
	placeholder: 'e.g. name@example.com',
	description:
		'The e-mail address of the customer, by which Talkdesk knows the contact. Always needed; it may also stand in Parameters (JSON) as emailAddress.',
};

const subjectProperty: INodeProperties = {
	displayName: 'Subject',
	name: 'subject',
	type: 'string',
	default: '',
	placeholder: 'e.g. Question about an invoice',
	description: 'What the conversation is about',
};

export const start: Operation = {
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
		optionsProperty([
			idempotencyKeyProperty,
			subjectProperty,
			touchpointIdProperty,
			...transcriptOptions,
		]),
	],
	// Items with the same key start one conversation: the second finds what the first has started.
	orderedBy: (context) => readOptions(context).idempotencyKey || `item ${context.itemIndex}`,
	async execute(context) {
		const { parameters, emailAddress } = readContactCenterParameters(context);
		const contactEmail = checkEmail(
			context,
			contactEmailProperty.displayName,
			readText(context, contactEmailProperty) || emailAddress,
		);
		const { options } = context;
		const touchpointId = readTouchpointId(context);
		const { messages, omitted, unrecognized } = await readTranscript(context);
		const { conversationId } = await startConversation(
			context.client,
			{
				touchpointId,
				contactEmail,
				subject: options.subject,
				contextParameters: parameters,
				previousMessages: toPreviousMessages(messages, Date.now()),
			},
			{ idempotencyKey: options.idempotencyKey || idempotencyKey(context) },
		);
		const alreadyStarted =
			options.idempotencyKey !== undefined &&
			options.idempotencyKey !== '' &&
			// Talkdesk answers a repeated key like a new one.
			!(await isFirstTime(context.functions, conversationId));
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
				context.itemIndex,
			),
		];
	},
};
