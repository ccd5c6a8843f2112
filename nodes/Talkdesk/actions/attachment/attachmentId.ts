import type { INodeProperties } from 'n8n-workflow';

import { conversationIdProperty } from '../../parameters/item';

export const attachmentIdProperty: INodeProperties = {
	...conversationIdProperty,
	displayName: 'Attachment ID',
	name: 'attachmentId',
	placeholder: 'e.g. {{ $json.attachments[0].id }}',
	description: 'ID from the Upload operation, or from a message event of the Talkdesk Trigger',
};
