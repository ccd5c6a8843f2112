import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { uploadFile } from '../../files/upload';
import { toTextChunks } from '../../transcript/format';
import { queueKey } from '../queueKey';
import { defineOperation, outputItem, type OperationContext } from '../operation';
import { idempotencyKey, idempotencyKeyOption } from '../../parameters/idempotencyKey';
import { conversationIdProperty, readParameter, readTextParameter } from '../../parameters/item';
import { option } from '../../parameters/options';
import { sha256Json } from '../../text/hash';
import { oneOf, wholeNumberFrom } from '../../parameters/schemas';
import {
	describeUnrecognized,
	loadTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import { deliver, deliveryOptions, deliveryOutput, type Delivery } from './deliver';

/** Characters of one message. Talkdesk documents no limit; this is short enough to read in a chat window. */
const DEFAULT_MESSAGE_LENGTH = 4000;

const sendAsProperty: INodeProperties = {
	displayName: 'Send As',
	name: 'sendAs',
	type: 'options',
	options: [
		{
			name: 'File',
			value: 'file',
			description: 'As a text file attached to a message',
		},
		{
			name: 'Message',
			value: 'message',
			description: 'As text in the chat, split into several messages if it is long',
		},
	],
	default: 'message',
	description: 'How to send the transcript to the agent',
};

const options = {
	idempotencyKey: idempotencyKeyOption,
	messageLength: option(
		{
			displayName: 'Message Length',
			name: 'messageLength',
			displayOptions: { show: { '/sendAs': ['message'] } },
			type: 'number',
			typeOptions: { minValue: 100 },
			default: DEFAULT_MESSAGE_LENGTH,
			description:
				'Maximum number of characters per message. A longer transcript is sent as several messages.',
		},
		wholeNumberFrom(100).transform((length) => length ?? DEFAULT_MESSAGE_LENGTH),
	),
	...transcriptOptions,
	...deliveryOptions,
};

export const sendTranscript = defineOperation({
	option: {
		name: 'Send Transcript',
		value: 'sendTranscript',
		action: 'Send transcript to human agent',
		description: 'Send the earlier messages to an open conversation',
	},
	toolDescription:
		'Sends the earlier messages of this chat to the human agent in an open conversation, so that the agent can read them.',
	properties: [
		conversationIdProperty,
		...transcriptProperties({ optional: false }),
		sendAsProperty,
	],
	options,
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		const { options: chosen, functions, itemIndex } = context;
		const conversationId = readTextParameter(context, conversationIdProperty);
		const { messages, omitted, unrecognized } = await loadTranscript(context);
		if (messages.length === 0) {
			const problem = describeUnrecognized(unrecognized);
			const remedy = problem
				? `It ${problem}`
				: 'Check the expression, or the session of the memory node.';
			throw new NodeOperationError(functions.getNode(), 'The transcript is empty', {
				itemIndex,
				description: `It has no message of the customer or the bot. ${remedy}`,
			});
		}
		const asFile = readParameter(context, sendAsProperty, oneOf(['message', 'file'])) === 'file';
		const texts = toTextChunks(messages, asFile ? Infinity : chosen.messageLength);
		const attachment = asFile ? await uploadTranscript(context, texts.join('')) : undefined;
		const parts = attachment
			? [{ content: '', attachments: [attachment] }]
			: texts.map((content) => ({ content }));

		const own = chosen.idempotencyKey;
		const keyOf = (content: unknown[]) =>
			own === undefined ? idempotencyKey(context, ...content) : sha256Json([own, ...content]);
		const deliveries: Delivery[] = [];
		for (const [part, message] of parts.entries()) {
			const delivery = await deliver(
				context,
				// If the first part was sent to a new conversation, the others follow.
				{ conversationId: deliveries.at(-1)?.conversationId ?? conversationId, ...message },
				// Each part has its own key, so that a retry resumes at the first missing part. The text is part of the key: a
				// longer transcript is another one.
				keyOf(['transcript', conversationId, part, texts[part]]),
			);
			deliveries.push(delivery);
			if (delivery.outcome === 'ended') break;
		}
		return [
			outputItem(
				{
					...deliveriesOutput(deliveries, conversationId),
					attachments: attachment ? [attachment] : [],
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
					transcriptMessagesUnrecognized: unrecognized.count,
				},
				itemIndex,
			),
		];
	},
});

/** The deliveries of all parts as one output: the last one, with all message IDs. */
function deliveriesOutput(deliveries: Delivery[], conversationId: string): IDataObject {
	const last = deliveries.at(-1);
	const isElsewhere = last !== undefined && last.conversationId !== conversationId;
	return {
		...(last && deliveryOutput(last)),
		...(isElsewhere && { previousConversationId: conversationId }),
		...(deliveries.some(
			({ outcome, outcomeUnknown }) => outcome === 'unknown' || outcomeUnknown,
		) && { outcomeUnknown: true }),
		messageIds: deliveries.flatMap((delivery) =>
			delivery.outcome === 'sent' && delivery.message.messageId !== undefined
				? [delivery.message.messageId]
				: [],
		),
	};
}

/** Uploads the transcript as a text file. */
async function uploadTranscript(
	context: Pick<OperationContext, 'functions' | 'client'>,
	text: string,
) {
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
		},
	);
	return { id, name, type, size };
}
