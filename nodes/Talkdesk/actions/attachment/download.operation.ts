import type { INodeProperties } from 'n8n-workflow';

import { getAttachment } from '../../api/attachments';
import { downloadFile } from '../../files/download';
import { filePolicyProperties, readFilePolicy } from '../../files/options';
import { optionsProperty, readText, type Operation } from '../operation';
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

export const download: Operation = {
	option: {
		name: 'Download',
		value: 'download',
		action: 'Download attachment',
		description: 'Fetch a file, for example one that the human agent has sent',
	},
	properties: [
		attachmentIdProperty,
		outputDataFieldNameProperty,
		optionsProperty(filePolicyProperties),
	],
	async execute(context) {
		const { client, itemIndex, options } = context;
		const attachmentId = readText(context, attachmentIdProperty);
		const field = readText(context, outputDataFieldNameProperty);
		const attachment = await getAttachment(client, attachmentId);
		const file = await downloadFile(context, attachment, { policy: readFilePolicy(options) });
		return [{ json: attachment, binary: { [field]: file }, pairedItem: { item: itemIndex } }];
	},
};
