import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { filePolicyProperties, splitList } from '../../files/options';
import {
	conversationIdProperty,
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readText,
	type Operation,
} from '../operation';
import { describeFiles, gatherFiles } from './attachments';
import { deliver, deliveryProperties, describeDelivery } from './deliver';

const textProperty: INodeProperties = {
	displayName: 'Text',
	name: 'text',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	placeholder: 'e.g. {{ $json.text }}',
	description: 'What the customer says to the human agent; may be empty where there are files',
};

const inputDataFieldNamesProperty: INodeProperties = {
	displayName: 'Input Data Field Names',
	name: 'inputDataFieldNames',
	type: 'string',
	default: '',
	placeholder: 'e.g. data, photo',
	hint: 'The names of the input fields that hold files to send, separated by commas; * sends all files of the item',
};

const attachmentIdsProperty: INodeProperties = {
	displayName: 'Attachment IDs',
	name: 'attachmentIds',
	type: 'string',
	default: '',
	description: 'Attachments that are in Talkdesk already, separated by commas',
};

export const send: Operation = {
	option: {
		name: 'Send',
		value: 'send',
		action: 'Send message',
		description: 'Pass a message of the customer on to the human agent in an open conversation',
	},
	properties: [
		conversationIdProperty,
		textProperty,
		inputDataFieldNamesProperty,
		optionsProperty([
			attachmentIdsProperty,
			idempotencyKeyProperty,
			...deliveryProperties,
			...filePolicyProperties,
		]),
	],
	orderedBy: (context) => readText(context, conversationIdProperty),
	async execute(context) {
		const { functions, itemIndex, options } = context;
		const conversationId = readText(context, conversationIdProperty);
		const content = readText(context, textProperty);
		const fields = splitList(readText(context, inputDataFieldNamesProperty));
		const ids = splitList(options.attachmentIds ?? '');
		const files = await gatherFiles(context, { fields, ids });

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
						`Enter ${textProperty.displayName} or ${inputDataFieldNamesProperty.displayName}. Where they are expressions, item ${itemIndex} has no value for them.`,
				},
			);
		}
		const delivery = await deliver(
			context,
			{ conversationId, content, attachments },
			options.idempotencyKey || idempotencyKey(context, conversationId, content, ...fields, ...ids),
		);
		return [
			outputItem(
				{ ...describeDelivery(delivery), attachments: describeFiles(files, delivery) },
				itemIndex,
			),
		];
	},
};
