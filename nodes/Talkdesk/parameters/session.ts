import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { option } from './options';

export const sessionIdProperty: INodeProperties = {
	displayName: 'Session ID',
	name: 'sessionId',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.sessionId }}',
	description:
		"ID of the customer's chat in your channel, such as a chat ID or a phone number. n8n then remembers which conversation belongs to this chat.",
};

/** Any JSON value, or a text. Kept as JSON text; undefined if not set. */
const sessionDataSchema = z.unknown().transform((value) => {
	if (value === undefined || value === null || value === '') return undefined;
	if (typeof value !== 'string') return JSON.stringify(value);
	try {
		return JSON.stringify(JSON.parse(value));
	} catch {
		return JSON.stringify(value);
	}
});

export const sessionDataOption = option(
	{
		displayName: 'Session Data',
		name: 'sessionData',
		type: 'json',
		default: '',
		placeholder: 'e.g. {{ { "channel": "telegram" } }}',
		description:
			'Anything that later steps need to reach the customer. The Talkdesk Trigger adds it to every event of the conversation.',
	},
	sessionDataSchema,
);
