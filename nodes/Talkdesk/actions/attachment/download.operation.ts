import type { INodeProperties } from 'n8n-workflow';

import { getAttachment } from '../../api/attachments';
import { downloadFile } from '../../files/download';
import { filePolicyOptions, filePolicyOf } from '../../files/policyOptions';
import { readText } from '../../parameters/item';
import { defineOperation } from '../operation';
import { attachmentIdProperty } from './attachmentId';

const outputDataFieldNameProperty: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'outputDataFieldName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output field to put the file in',
};

export const download = defineOperation({
	option: {
		name: 'Download',
		value: 'download',
		action: 'Download attachment',
		description: 'Fetch a file, for example one that the human agent has sent',
	},
	properties: [attachmentIdProperty, outputDataFieldNameProperty],
	options: filePolicyOptions,
	async execute(context) {
		const { client, itemIndex, options } = context;
		const attachmentId = readText(context, attachmentIdProperty);
		const field = readText(context, outputDataFieldNameProperty);
		const attachment = await getAttachment(client, attachmentId);
		const file = await downloadFile(context, attachment, { policy: filePolicyOf(options) });
		return [{ json: attachment, binary: { [field]: file }, pairedItem: { item: itemIndex } }];
	},
});
