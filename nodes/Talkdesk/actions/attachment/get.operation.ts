import { getAttachment } from '../../api/attachments';
import { readText } from '../../parameters/item';
import { defineOperation, outputItem } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const get = defineOperation({
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get attachment',
		description: 'Get name, type, size and state of an attachment',
	},
	properties: [attachmentIdProperty],
	options: {},
	async execute(context) {
		const attachmentId = readText(context, attachmentIdProperty);
		return [outputItem(await getAttachment(context.client, attachmentId), context.itemIndex)];
	},
});
