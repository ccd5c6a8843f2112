import { getAttachment } from '../../api/attachments';
import { readTextParameter } from '../../parameters/item';
import { defineOperation, outputItem } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const get = defineOperation({
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get attachment',
		description: 'Get the name, type, size and state of an attachment',
	},
	toolDescription: 'Returns the name, type, size and state of an attachment in Talkdesk.',
	properties: [attachmentIdProperty],
	options: {},
	async execute(context) {
		const attachmentId = readTextParameter(context, attachmentIdProperty);
		return [outputItem(await getAttachment(context.client, attachmentId), context.itemIndex)];
	},
});
