import type { INodeProperties } from 'n8n-workflow';

import { sendMessage } from '../../api/digitalConnect';
import {
	conversationIdProperty,
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readOptions,
	readText,
	type Operation,
} from '../operation';

const textProperty: INodeProperties = {
	displayName: 'Text',
	name: 'text',
	type: 'string',
	typeOptions: { rows: 3 },
	required: true,
	default: '',
	placeholder: 'e.g. {{ $json.text }}',
	description: 'What the customer says to the human agent',
};

export const send: Operation = {
	option: {
		name: 'Send',
		value: 'send',
		action: 'Send message',
		description: 'Pass a message of the customer on to the human agent in an open conversation',
	},
	properties: [conversationIdProperty, textProperty, optionsProperty([idempotencyKeyProperty])],
	async execute(context) {
		const conversationId = readText(context, conversationIdProperty);
		const content = readText(context, textProperty);
		const options = readOptions(context);
		const sent = await sendMessage(
			context.client,
			{ conversationId, content },
			{
				idempotencyKey: options.idempotencyKey || idempotencyKey(context, conversationId, content),
				timeout: options.timeout,
			},
		);
		return [
			outputItem(
				{ conversationId, ...sent, attachments: [], conversationEnded: false },
				context.itemIndex,
			),
		];
	},
};
