import { endConversation } from '../../api/digitalConnect';
import { queueKey } from '../queueKey';
import { defineOperation, outputItem } from '../operation';
import { sessionsOf } from '../../sessions/dataTableSessions';
import { conversationIdProperty, readTextParameter } from '../../parameters/item';

export const end = defineOperation({
	option: {
		name: 'End',
		value: 'end',
		action: 'End conversation',
		description: 'End a conversation. Succeeds also if the conversation has already ended.',
	},
	toolDescription:
		'Ends the conversation between the customer and the human agent in the contact center. Call this tool when the customer no longer needs the human agent.',
	properties: [conversationIdProperty],
	options: {},
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		const conversationId = readTextParameter(context, conversationIdProperty);
		const { alreadyEnded } = await sessionsOf(context.functions).whileEnding(
			conversationId,
			new Date().toISOString(),
			async () => await endConversation(context.client, { conversationId }),
		);
		return [outputItem({ conversationId, ended: true, alreadyEnded }, context.itemIndex)];
	},
});
