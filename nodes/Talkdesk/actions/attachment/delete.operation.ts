import { deleteAttachment } from '../../api/attachments';
import { readText } from '../../parameters/item';
import { defineOperation, outputItem } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const deleteOperation = defineOperation({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete attachment',
		description: 'Delete an attachment',
	},
	properties: [attachmentIdProperty],
	options: {},
	async execute(context) {
		const attachmentId = readText(context, attachmentIdProperty);
		await deleteAttachment(context.client, attachmentId);
		return [outputItem({ deleted: true }, context.itemIndex)];
	},
});
