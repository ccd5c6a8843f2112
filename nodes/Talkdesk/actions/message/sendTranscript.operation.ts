import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { sendMessage, type SentMessage } from '../../api/digitalConnect';
import { uploadFile } from '../../files/upload';
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
	type OperationContext,
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
			name: 'File',
			value: 'file',
			description: 'As a text file that is attached to a message',
		},
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
	displayOptions: { show: { '/sendAs': ['message'] } },
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
		if (messages.length === 0) {
			throw new NodeOperationError(context.functions.getNode(), 'The transcript is empty', {
				itemIndex: context.itemIndex,
				description:
					'There is no message of the customer or the bot in it. Check the expression, or the session of the memory node.',
			});
		}
		const asFile = context.functions.getNodeParameter('sendAs', context.itemIndex) === 'file';
		const texts = toTexts(
			messages,
			asFile ? Infinity : (options.messageLength ?? DEFAULT_MESSAGE_LENGTH),
		);
		const attachment = asFile ? await uploadTranscript(context, texts.join('')) : undefined;
		const parts = attachment
			? [{ content: '', attachments: [attachment] }]
			: texts.map((content) => ({ content }));
		const sent: SentMessage[] = [];
		for (const [part, message] of parts.entries()) {
			sent.push(
				await sendMessage(
					context.client,
					{ conversationId, ...message },
					{
						// A repetition finds the parts that are there already, and goes on with the first that isn't.
						idempotencyKey: options.idempotencyKey
							? `${options.idempotencyKey}-${part}`
							: idempotencyKey(
									context,
									conversationId,
									'transcript',
									String(part),
									texts[part] ?? '',
								),
						timeout: options.timeout,
					},
				),
			);
		}
		return [
			outputItem(
				{
					conversationId,
					...sent.at(-1),
					messageIds: sent.map(({ messageId }) => messageId),
					attachments: attachment ? [attachment] : [],
					conversationEnded: false,
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
				},
				context.itemIndex,
			),
		];
	},
};

/** The transcript as a text file that an agent knows by its name. */
async function uploadTranscript(context: OperationContext, text: string) {
	const content = Buffer.from(`${text}\n`);
	const { id, name, type, size } = await uploadFile(
		context,
		{
			name: `chat-transcript-${new Date().toISOString().slice(0, 10)}.txt`,
			type: 'text/plain',
			size: content.length,
			open: async () => content,
		},
		{
			policy: { allowedMimeTypes: [], maxSize: 0, checkSignature: false },
			timeout: readOptions(context).timeout,
		},
	);
	return { id, name, type, size };
}
