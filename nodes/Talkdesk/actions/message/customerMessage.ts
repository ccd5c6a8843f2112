import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { readFieldNamesParameter } from '../../files/fieldNames';
import { filePolicyOptions } from '../../files/policyOptions';
import { idempotencyKey, idempotencyKeyOption } from '../../parameters/idempotencyKey';
import { readTextParameter, type ItemContext } from '../../parameters/item';
import { option } from '../../parameters/options';
import { commaSeparated } from '../../parameters/schemas';
import { sha256Json } from '../../text/hash';
import type { OperationContext } from '../operation';
import {
	attachmentFingerprint,
	attachmentsOutput,
	collectAttachments,
	type FileOutput,
} from './attachments';
import { deliver, deliveryOutput, type Delivery, type deliveryOptions } from './deliver';

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

/** The parameters of a message of the customer. */
export const customerMessageProperties = [textProperty, inputDataFieldNamesProperty];

/** The options of a message of the customer. */
export const customerMessageOptions = {
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
	...filePolicyOptions,
};

/** What the customer says: a text, and the names of the item's fields that hold files. */
export interface CustomerMessage {
	content: string;
	fields: string[];
}

/** A message that was sent, as node output. */
export interface MessageOutput extends IDataObject {
	attachments: FileOutput[];
}

/** The message in the parameters of the item. @throws NodeOperationError that names the parameter and the item */
export const readCustomerMessage = (context: ItemContext): CustomerMessage => ({
	content: readTextParameter(context, textProperty),
	fields: readFieldNamesParameter(context, inputDataFieldNamesProperty),
});

/**
 * Sends the text and files of a message to the agent.
 *
 * @returns what became of the message, and the output of the node for it
 * @throws NodeOperationError if there is nothing to send; TalkdeskApiError
 */
export async function sendCustomerMessage(
	context: OperationContext<typeof customerMessageOptions & typeof deliveryOptions>,
	conversationId: string,
	{ content, fields } = readCustomerMessage(context),
): Promise<{ delivery: Delivery; output: MessageOutput }> {
	const { functions, itemIndex, options } = context;
	const files = await collectAttachments(context, { fields, ids: options.attachmentIds });

	const attachments = files.flatMap((file) => (file.outcome === 'ready' ? [file.attachment] : []));
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
	const own = options.idempotencyKey;
	// The content is part of the key: with another text, or other ready files, it is another message.
	const parts = [conversationId, content, ...attachmentFingerprint(files)];
	const delivery = await deliver(
		context,
		{ conversationId, content, attachments },
		own === undefined ? idempotencyKey(context, ...parts) : sha256Json([own, ...parts]),
	);
	return {
		delivery,
		output: { ...deliveryOutput(delivery), attachments: attachmentsOutput(files, delivery) },
	};
}
