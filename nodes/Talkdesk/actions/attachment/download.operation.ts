import type { INodeProperties } from 'n8n-workflow';

import { getAttachment } from '../../api/attachments';
import { downloadFile } from '../../files/download';
import { filePolicyOptions, filePolicyOf } from '../../files/policyOptions';
import { readTextParameter } from '../../parameters/item';
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
		description: 'Download a file, for example one that the agent has sent',
	},
	toolDescription: 'Downloads the file of an attachment from Talkdesk.',
	properties: [attachmentIdProperty, outputDataFieldNameProperty],
	options: filePolicyOptions,
	async execute(context) {
		const { client, itemIndex, options } = context;
		const attachmentId = readTextParameter(context, attachmentIdProperty);
		const field = readTextParameter(context, outputDataFieldNameProperty);
		const attachment = await getAttachment(client, attachmentId);
		const file = await downloadFile(context, attachment, { policy: filePolicyOf(options) });
		return [{ json: attachment, binary: { [field]: file }, pairedItem: { item: itemIndex } }];
	},
});
