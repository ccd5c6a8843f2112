import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { filePolicyOptions } from '../../files/policyOptions';
import { queueKey } from '../conversationQueue';
import { defineOperation, outputItem } from '../operation';
import { idempotencyKey, idempotencyKeyOption } from '../../parameters/idempotencyKey';
import { conversationIdProperty, readTextParameter } from '../../parameters/item';
import { option } from '../../parameters/options';
import { sha256Json } from '../../text/hash';
import { commaSeparated } from '../../parameters/schemas';
import { readFieldNamesParameter } from '../../files/fieldNames';
import { attachmentFingerprint, attachmentsOutput, collectAttachments } from './attachments';
import { deliver, deliveryOptions, deliveryOutput } from './deliver';

const textProperty: INodeProperties = {
	displayName: 'Text',
	name: 'text',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	placeholder: 'e.g. {{ $json.text }}',
	description: 'Message of the customer to the agent. May be empty if files are sent.',
};

const inputDataFieldNamesProperty: INodeProperties = {
	displayName: 'Input Data Field Names',
	name: 'inputDataFieldNames',
	type: 'string',
	default: '',
	placeholder: 'e.g. data, photo',
	hint: 'Comma-separated names of the input fields containing files to send. Enter * to send all files of the item.',
};

const options = {
	attachmentIds: option(
		{
			displayName: 'Attachment IDs',
			name: 'attachmentIds',
			type: 'string',
			default: '',
			description: 'Comma-separated IDs of attachments that are already in Talkdesk',
		},
		commaSeparated,
	),
	idempotencyKey: idempotencyKeyOption,
	...deliveryOptions,
	...filePolicyOptions,
};

export const send = defineOperation({
	option: {
		name: 'Send',
		value: 'send',
		action: 'Send message to human agent',
		description: 'Send a customer message to the agent in an open conversation',
	},
	toolDescription:
		'Sends a message of the customer to the human agent in an open conversation. Call this tool when the customer says something to the human agent. The human agent answers the customer in the chat, not here: do not answer yourself.',
	properties: [conversationIdProperty, textProperty, inputDataFieldNamesProperty],
	options,
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		const { functions, itemIndex, options: chosen } = context;
		const conversationId = readTextParameter(context, conversationIdProperty);
		const content = readTextParameter(context, textProperty);
		const fields = readFieldNamesParameter(context, inputDataFieldNamesProperty);
		const ids = chosen.attachmentIds;
		const files = await collectAttachments(context, { fields, ids });

		const attachments = files.flatMap((file) =>
			file.outcome === 'ready' ? [file.attachment] : [],
		);
		if (content === '' && attachments.length === 0) {
			const reasons = files.flatMap((file) =>
				file.outcome === 'failed' ? [`${file.name}: ${file.error}`] : [],
			);
			throw new NodeOperationError(
				functions.getNode(),
				reasons.length > 0
					? 'None of the files could be sent'
					: `The '${textProperty.displayName}' parameter is empty, and there is no file`,
				{
					itemIndex,
					description:
						reasons.join(' ') ||
						`Enter '${textProperty.displayName}' or '${inputDataFieldNamesProperty.displayName}'. If they are expressions, they return no value for item ${itemIndex}.`,
				},
			);
		}
		const own = chosen.idempotencyKey;
		// The content is part of the key: with another text, or other ready files, it is another message.
		const parts = [conversationId, content, ...attachmentFingerprint(files)];
		const delivery = await deliver(
			context,
			{ conversationId, content, attachments },
			own === undefined ? idempotencyKey(context, ...parts) : sha256Json([own, ...parts]),
		);
		return [
			outputItem(
				{ ...deliveryOutput(delivery), attachments: attachmentsOutput(files, delivery) },
				itemIndex,
			),
		];
	},
});
