import { deleteAttachment } from '../../api/attachments';
import { readTextParameter } from '../../parameters/item';
import { defineOperation, outputItem } from '../operation';
import { attachmentIdProperty } from './attachmentId';

export const deleteOperation = defineOperation({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete attachment',
		description: 'Delete an attachment',
	},
	toolDescription: 'Deletes an attachment from Talkdesk.',
	properties: [attachmentIdProperty],
	options: {},
	async execute(context) {
		const attachmentId = readTextParameter(context, attachmentIdProperty);
		await deleteAttachment(context.client, attachmentId);
		return [outputItem({ deleted: true }, context.itemIndex)];
	},
});
