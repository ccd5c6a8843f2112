import { deleteAttachment } from '../../api/attachments';
import { optionsProperty, outputItem, readOptions, readText, type Operation } from '../operation';
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
		const { timeout } = readOptions(context);
		await deleteAttachment(context.client, attachmentId, { timeout });
		return [outputItem({ deleted: true }, context.itemIndex)];
	},
};
