import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { sendMessage, type SentMessage } from '../../api/digitalConnect';
import { toTexts } from '../../transcript/prepare';
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
import { readTranscript, transcriptLimitProperty, transcriptProperties } from '../transcript';

/**
 * Characters of one message. Talkdesk documents no limit; this is short enough to be read in the agent's chat window.
 */
const DEFAULT_MESSAGE_LENGTH = 4000;

const sendAsProperty: INodeProperties = {
	displayName: 'Send As',
	name: 'sendAs',
	type: 'options',
	options: [
		{
			name: 'Message',
			value: 'message',
			description: 'As text in the chat, in several messages where it is long',
		},
	],
	default: 'message',
	description: 'How the agent gets the transcript',
};

const messageLengthProperty: INodeProperties = {
	displayName: 'Message Length',
	name: 'messageLength',
	type: 'number',
	typeOptions: { minValue: 100 },
	default: DEFAULT_MESSAGE_LENGTH,
	description:
		'How many characters one message may have. A longer transcript goes out in several, split between what was said.',
};

export const sendTranscript: Operation = {
	option: {
		name: 'Send Transcript',
		value: 'sendTranscript',
		action: 'Send transcript',
		description: 'Write what was said before into a conversation that is already open',
	},
	properties: [
		conversationIdProperty,
		...transcriptProperties({ optional: false }),
		sendAsProperty,
		optionsProperty([idempotencyKeyProperty, messageLengthProperty, transcriptLimitProperty]),
	],
	async execute(context) {
		const conversationId = readText(context, conversationIdProperty);
		const options = readOptions(context);
		const { messages, omitted } = await readTranscript(context);
		const texts = toTexts(messages, options.messageLength ?? DEFAULT_MESSAGE_LENGTH);
		const sent: SentMessage[] = [];
		for (const [part, content] of texts.entries()) {
			sent.push(
				await sendMessage(
					context.client,
					{ conversationId, content },
					{
						// A repetition finds the parts that are there already, and goes on with the first that isn't.
						idempotencyKey: options.idempotencyKey
							? `${options.idempotencyKey}-${part}`
							: idempotencyKey(context, conversationId, 'transcript', String(part), content),
						timeout: options.timeout,
					},
				),
			);
		}
		const last = sent.at(-1);
		if (!last) {
			throw new NodeOperationError(context.functions.getNode(), 'The transcript is empty', {
				itemIndex: context.itemIndex,
				description:
					'There is no message of the customer or the bot in it. Check the expression, or the session of the memory node.',
			});
		}
		return [
			outputItem(
				{
					conversationId,
					...last,
					messageIds: sent.map(({ messageId }) => messageId),
					attachments: [],
					conversationEnded: false,
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
				},
				context.itemIndex,
			),
		];
	},
};
