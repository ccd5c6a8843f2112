import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { filePolicyOptions } from '../../files/policyOptions';
import { queueKey } from '../conversationQueue';
import { defineOperation, outputItem } from '../operation';
import { idempotencyKey, idempotencyKeyOption } from '../../parameters/idempotencyKey';
import { conversationIdProperty, readText } from '../../parameters/item';
import { option } from '../../parameters/options';
import { sha256Json } from '../../text/hash';
import { commaSeparated } from '../../parameters/schemas';
import { readFieldNames } from '../../files/fieldNames';
import { attachmentFingerprint, attachmentsOutput, collectAttachments } from './attachments';
import { deliver, deliveryOptions, deliveryOutput } from './deliver';

const textProperty: INodeProperties = {
	displayName: 'Text',
	name: 'text',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	placeholder: 'e.g. {{ $json.text }}',
	description: 'What the customer says to the human agent; may be empty if there are files',
};

const inputDataFieldNamesProperty: INodeProperties = {
	displayName: 'Input Data Field Names',
	name: 'inputDataFieldNames',
	type: 'string',
	default: '',
	placeholder: 'e.g. data, photo',
	hint: 'The names of the input fields that hold files to send, separated by commas; * sends all files of the item',
};

const options = {
	attachmentIds: option(
		{
			displayName: 'Attachment IDs',
			name: 'attachmentIds',
			type: 'string',
			default: '',
			description: 'Attachments that are in Talkdesk already, separated by commas',
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
		action: 'Send message',
		description: 'Pass a message of the customer on to the human agent in an open conversation',
	},
	properties: [conversationIdProperty, textProperty, inputDataFieldNamesProperty],
	options,
	sequenceKey: (context) => queueKey(readText(context, conversationIdProperty)),
	async execute(context) {
		const { functions, itemIndex, options: chosen } = context;
		const conversationId = readText(context, conversationIdProperty);
		const content = readText(context, textProperty);
		const fields = readFieldNames(context, inputDataFieldNamesProperty);
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
					: `The parameter ${textProperty.displayName} is empty, and there is no file`,
				{
					itemIndex,
					description:
						reasons.join(' ') ||
						`Enter ${textProperty.displayName} or ${inputDataFieldNamesProperty.displayName}. If they are expressions, item ${itemIndex} has no value for them.`,
				},
			);
		}
		const own = chosen.idempotencyKey;
		// What is in it belongs to the key: a message with other words, or with a file that could not be read before, is another
		// one, whatever the user's own key says.
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
