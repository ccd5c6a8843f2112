import { deleteAttachment } from '../../api/attachments';
import { optionsProperty, outputItem, readText, type Operation } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const deleteOperation: Operation = {
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete attachment',
		description: 'Delete an attachment',
	},
	properties: [attachmentIdProperty, optionsProperty()],
	async execute(context) {
		const attachmentId = readText(context, attachmentIdProperty);
		await deleteAttachment(context.client, attachmentId);
		return [outputItem({ deleted: true }, context.itemIndex)];
	},
};
