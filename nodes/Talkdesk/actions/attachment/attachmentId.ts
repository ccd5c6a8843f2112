import type { INodeProperties } from 'n8n-workflow';

import { conversationIdProperty } from '../../parameters/item';

export const attachmentIdProperty: INodeProperties = {
	...conversationIdProperty,
	displayName: 'Attachment ID',
	name: 'attachmentId',
	placeholder: 'e.g. {{ $json.attachments[0].id }}',
	description: 'The ID that Upload gave, or that the Talkdesk Trigger gives with a message',
};
