import { endConversation } from '../../api/digitalConnect';
import {
	conversationIdProperty,
	optionsProperty,
	outputItem,
	readText,
	type Operation,
} from '../operation';

export const end: Operation = {
	option: {
		name: 'End',
		value: 'end',
		action: 'End conversation',
		description:
			'End the conversation with the human agent. A conversation that has ended already is a success.',
	},
	properties: [conversationIdProperty, optionsProperty()],
	orderedBy: (context) => readText(context, conversationIdProperty),
	async execute(context) {
		const conversationId = readText(context, conversationIdProperty);
		const { alreadyEnded } = await endConversation(context.client, { conversationId });
		return [outputItem({ conversationId, ended: true, alreadyEnded }, context.itemIndex)];
	},
};
