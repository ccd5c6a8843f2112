import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import type { FilePolicy } from './policy';

/** The options that say which files may pass. */
export const filePolicyProperties: INodeProperties[] = [
	{
		displayName: 'Allowed MIME Types',
		name: 'allowedMimeTypes',
		type: 'string',
		default: '',
		placeholder: 'e.g. image/*, application/pdf',
		description: 'Which types of files may pass, separated by commas. Empty allows all.',
	},
	{
		displayName: 'Check File Signature',
		name: 'checkSignature',
		type: 'boolean',
		default: false,
		description: 'Whether to refuse a file whose first bytes contradict its type',
	},
	{
		displayName: 'Maximum File Size',
		name: 'maxFileSize',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'How large a file may be, in megabytes; 0 for no limit',
	},
];

const policySchema = z.object({
	allowedMimeTypes: z.coerce.string().default(''),
	maxFileSize: z.coerce.number().nonnegative().default(0),
	checkSignature: z.boolean().default(false),
});

/** The policy out of the options of a node. @throws ZodError where one has a wrong value */
export function readFilePolicy(options: object): FilePolicy {
	const { allowedMimeTypes, maxFileSize, checkSignature } = policySchema.parse(options);
	return {
		allowedMimeTypes: splitList(allowedMimeTypes).map((type) => type.toLowerCase()),
		maxSize: maxFileSize * 1_000_000,
		checkSignature,
	};
}

/** A list that is entered as a text with commas. */
export function splitList(text: string): string[] {
	return text
		.split(',')
		.map((part) => part.trim())
		.filter(Boolean);
}
