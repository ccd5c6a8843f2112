import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { uploadFile } from '../../files/upload';
import { toTextChunks } from '../../transcript/format';
import {
	conversationIdProperty,
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readText,
	type Operation,
	type OperationContext,
} from '../operation';
import { deliver, deliveryProperties, describeDelivery, type Delivery } from './deliver';
import {
	describeUnrecognized,
	readTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../transcript';

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
		optionsProperty([
			idempotencyKeyProperty,
			messageLengthProperty,
			...transcriptOptions,
			...deliveryProperties,
		]),
	],
	orderedBy: (context) => readText(context, conversationIdProperty),
	async execute(context) {
		const { options, functions, itemIndex } = context;
		const conversationId = readText(context, conversationIdProperty);
		const { messages, omitted, unrecognized } = await readTranscript(context);
		if (messages.length === 0) {
			throw new NodeOperationError(functions.getNode(), 'The transcript is empty', {
				itemIndex,
				description: `There is no message of the customer or the bot in it. ${describeUnrecognized(unrecognized) || 'Check the expression, or the session of the memory node.'}`,
			});
		}
		const asFile = functions.getNodeParameter('sendAs', itemIndex) === 'file';
		const texts = toTextChunks(
			messages,
			asFile ? Infinity : (options.messageLength ?? DEFAULT_MESSAGE_LENGTH),
		);
		const attachment = asFile ? await uploadTranscript(context, texts.join('')) : undefined;
		const parts = attachment
			? [{ content: '', attachments: [attachment] }]
			: texts.map((content) => ({ content }));

		const deliveries: Delivery[] = [];
		for (const [part, message] of parts.entries()) {
			const delivery = await deliver(
				context,
				// Where the first part went into a new conversation, the others follow it.
				{ conversationId: deliveries.at(-1)?.conversationId ?? conversationId, ...message },
				// A repetition finds the parts that are there already, and goes on with the first that isn't.
				options.idempotencyKey
					? `${options.idempotencyKey}-${part}`
					: idempotencyKey(context, conversationId, 'transcript', String(part), texts[part] ?? ''),
			);
			deliveries.push(delivery);
			if (delivery.outcome === 'ended') break;
		}
		return [
			outputItem(
				{
					...describeDeliveries(deliveries, conversationId),
					attachments: attachment ? [attachment] : [],
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
					transcriptMessagesUnrecognized: unrecognized.count,
				},
				itemIndex,
			),
		];
	},
};

/** The parts as one: the last message, the ids of all, and what any of them has to say. */
function describeDeliveries(deliveries: Delivery[], conversationId: string): IDataObject {
	const last = deliveries.at(-1);
	const isElsewhere = last !== undefined && last.conversationId !== conversationId;
	return {
		...(last && describeDelivery(last)),
		...(isElsewhere && { previousConversationId: conversationId }),
		...(deliveries.some(({ outcome }) => outcome === 'unknown') && { outcomeUnknown: true }),
		messageIds: deliveries.flatMap((delivery) =>
			delivery.outcome === 'sent' ? [delivery.sent.messageId] : [],
		),
	};
}

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
		},
	);
	return { id, name, type, size };
}
