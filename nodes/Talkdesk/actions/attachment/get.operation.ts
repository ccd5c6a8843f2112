import { getAttachment } from '../../api/attachments';
import { optionsProperty, outputItem, readText, type Operation } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const get: Operation = {
	option: {
		name: 'Get',
		value: 'get',
		action: 'Get attachment',
		description: 'Get name, type, size and state of an attachment',
	},
	properties: [attachmentIdProperty, optionsProperty()],
	async execute(context) {
		const attachmentId = readText(context, attachmentIdProperty);
		return [outputItem(await getAttachment(context.client, attachmentId), context.itemIndex)];
	},
};
