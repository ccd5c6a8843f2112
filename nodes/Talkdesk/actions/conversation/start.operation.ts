import { createHash } from 'crypto';
import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { startConversation } from '../../api/digitalConnect';
import { toPreviousMessages } from '../../transcript/prepare';
import {
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readOptions,
	readText,
	type Operation,
	type OperationContext,
} from '../operation';
import { readTranscript, transcriptLimitProperty, transcriptProperties } from '../transcript';
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

const touchpointIdProperty: INodeProperties = {
	displayName: 'Touchpoint ID',
	name: 'touchpointId',
	type: 'string',
	default: '',
	description: 'The Digital Connect touchpoint to start in, instead of the one in the credential',
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
			transcriptLimitProperty,
		]),
	],
	async execute(context) {
		const { parameters, emailAddress } = readContactCenterParameters(context);
		const contactEmail = readContactEmail(context, emailAddress);
		const options = readOptions(context);
		const touchpointId = options.touchpointId || context.client.settings.touchpointId;
		if (!touchpointId) {
			throw new NodeOperationError(
				context.functions.getNode(),
				'There is no touchpoint to start in',
				{
					itemIndex: context.itemIndex,
					description:
						'Enter the Touchpoint ID in the credential, or in the option Touchpoint ID of this node (Talkdesk: Admin > Channels > Digital Connect).',
				},
			);
		}
		const { messages, omitted } = await readTranscript(context);
		const { conversationId } = await startConversation(
			context.client,
			{
				touchpointId,
				contactEmail,
				subject: options.subject,
				contextParameters: parameters,
				previousMessages: toPreviousMessages(messages, Date.now()),
			},
			{
				idempotencyKey: options.idempotencyKey || idempotencyKey(context),
				timeout: options.timeout,
			},
		);
		const alreadyStarted =
			options.idempotencyKey !== undefined &&
			options.idempotencyKey !== '' &&
			(await wasStartedBefore(context, conversationId));
		return [
			outputItem(
				{
					conversationId,
					touchpointId,
					contactEmail,
					alreadyStarted,
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
					message: alreadyStarted
						? 'This chat has been handed over to a human agent already, and nothing new was started. The human agent answers here: do not answer any further yourself.'
						: 'A human agent has been asked to take over this chat and will answer here. Tell the customer so, and do not answer any further yourself.',
				},
				context.itemIndex,
			),
		];
	},
};

function readContactEmail(context: OperationContext, emailAddress: string): string {
	const email = readText(context, contactEmailProperty) || emailAddress;
	if (z.string().email().safeParse(email).success) return email;
	throw new NodeOperationError(
		context.functions.getNode(),
		`The parameter ${contactEmailProperty.displayName} is ${email === '' ? 'empty' : 'not an e-mail address'}`,
		{
			itemIndex: context.itemIndex,
			description: 'Talkdesk takes one address, such as name@example.com, and nothing around it.',
		},
	);
}

/** How many conversations n8n remembers for a node. */
const REMEMBERED = 10_000;

/**
 * Whether this node has started the conversation before. Talkdesk answers a repeated key like a new one, so the
 * conversations are remembered in n8n's database: across restarts, and by all workers.
 */
async function wasStartedBefore(
	{ functions }: OperationContext,
	conversationId: string,
): Promise<boolean> {
	const entry = createHash('sha256').update(conversationId).digest('hex');
	const { processed } = await functions.helpers.checkProcessedAndRecord([entry], 'node', {
		mode: 'entries',
		maxEntries: REMEMBERED,
	});
	return processed.length > 0;
}
