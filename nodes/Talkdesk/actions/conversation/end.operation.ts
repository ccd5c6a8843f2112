import { endConversation } from '../../api/digitalConnect';
import { queueKey } from '../conversationQueue';
import { defineOperation, outputItem } from '../operation';
import { conversationIdProperty, readText } from '../../parameters/item';

export const end = defineOperation({
	option: {
		name: 'End',
		value: 'end',
		action: 'End conversation',
		description:
			'End the conversation with the human agent. A conversation that has ended already is a success.',
	},
	properties: [conversationIdProperty],
	options: {},
	sequenceKey: (context) => queueKey(readText(context, conversationIdProperty)),
	async execute(context) {
		const conversationId = readText(context, conversationIdProperty);
		const { alreadyEnded } = await endConversation(context.client, { conversationId });
		return [outputItem({ conversationId, ended: true, alreadyEnded }, context.itemIndex)];
	},
});
