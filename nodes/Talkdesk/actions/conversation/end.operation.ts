import { endConversation } from '../../api/digitalConnect';
import { TalkdeskApiError } from '../../api/errors';
import {
	conversationIdProperty,
	optionsProperty,
	outputItem,
	readOptions,
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
	async execute(context) {
		const conversationId = readText(context, conversationIdProperty);
		const { timeout } = readOptions(context);
		const alreadyEnded = await endConversation(
			context.client,
			{ conversationId },
			{ timeout },
		).then(
			() => false,
			// Over is over: that somebody else ended it first is an outcome, not a failure.
			(error: unknown) => {
				if (error instanceof TalkdeskApiError && error.problem.kind === 'conversationEnded')
					return true;
				throw error;
			},
		);
		return [outputItem({ conversationId, ended: true, alreadyEnded }, context.itemIndex)];
	},
};
