import { conversationIdProperty, readTextParameter } from '../../parameters/item';
import { queueKey } from '../queueKey';
import { defineOperation, outputItem } from '../operation';
import {
	customerMessageOptions,
	customerMessageProperties,
	sendCustomerMessage,
} from './customerMessage';
import { deliveryOptions } from './deliver';

export const send = defineOperation({
	option: {
		name: 'Send',
		value: 'send',
		action: 'Send message to human agent',
		description: 'Send a customer message to the agent in an open conversation',
	},
	toolDescription:
		'Sends a message of the customer to the human agent in an open conversation. Call this tool when the customer says something to the human agent. The human agent answers the customer in the chat, not here: do not answer yourself.',
	properties: [conversationIdProperty, ...customerMessageProperties],
	options: { ...customerMessageOptions, ...deliveryOptions },
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		const conversationId = readTextParameter(context, conversationIdProperty);
		const { output } = await sendCustomerMessage(context, conversationId);
		return [outputItem(output, context.itemIndex)];
	},
});
