import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { uploadFile } from '../../files/upload';
import { toTextChunks } from '../../transcript/format';
import { queueKey } from '../conversationQueue';
import { defineOperation, outputItem, type OperationContext } from '../operation';
import { idempotencyKey, idempotencyKeyOption } from '../../parameters/idempotencyKey';
import { conversationIdProperty, readParameter, readText } from '../../parameters/item';
import { option } from '../../parameters/options';
import { sha256Json } from '../../text/hash';
import { oneOf, wholeNumberFrom } from '../../parameters/schemas';
import {
	describeUnrecognized,
	readTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import { deliver, deliveryOptions, deliveryOutput, type Delivery } from './deliver';

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
				'How many characters one message may have. A longer transcript goes out in several, split between what was said.',
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
		action: 'Send transcript',
		description: 'Write what was said before into a conversation that is already open',
	},
	properties: [
		conversationIdProperty,
		...transcriptProperties({ optional: false }),
		sendAsProperty,
	],
	options,
	sequenceKey: (context) => queueKey(readText(context, conversationIdProperty)),
	async execute(context) {
		const { options: chosen, functions, itemIndex } = context;
		const conversationId = readText(context, conversationIdProperty);
		const { messages, omitted, unrecognized } = await readTranscript(context);
		if (messages.length === 0) {
			throw new NodeOperationError(functions.getNode(), 'The transcript is empty', {
				itemIndex,
				description: `There is no message of the customer or the bot in it. ${describeUnrecognized(unrecognized) || 'Check the expression, or the session of the memory node.'}`,
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
				// Where the first part went into a new conversation, the others follow it.
				{ conversationId: deliveries.at(-1)?.conversationId ?? conversationId, ...message },
				// A repetition finds the parts that are there already, and goes on with the first that isn't. What a part says
				// belongs to its key: a longer transcript under the same key is not the one that was sent.
				keyOf(['transcript', conversationId, part, texts[part]]),
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
});

/** The parts as one: the last message, the ids of all, and what any of them has to say. */
function describeDeliveries(deliveries: Delivery[], conversationId: string): IDataObject {
	const last = deliveries.at(-1);
	const isElsewhere = last !== undefined && last.conversationId !== conversationId;
	return {
		...(last && deliveryOutput(last)),
		...(isElsewhere && { previousConversationId: conversationId }),
		...(deliveries.some(
			({ outcome, outcomeUnknown }) => outcome === 'unknown' || outcomeUnknown,
		) && { outcomeUnknown: true }),
		messageIds: deliveries.flatMap((delivery) =>
			delivery.outcome === 'sent' && delivery.sent.messageId !== undefined
				? [delivery.sent.messageId]
				: [],
		),
	};
}

/** The transcript as a text file that an agent knows by its name. */
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
