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

/** An expression may give nothing: then the option counts as not set. */
const orNotSet = <Schema extends z.ZodTypeAny>(schema: Schema) =>
	z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());

const numberSchema = z
	.union([z.number(), z.string().trim().min(1).pipe(z.coerce.number())])
	.refine((number) => Number.isFinite(number) && number >= 0);
const switchSchema = z.union([
	z.boolean(),
	z.enum(['true', 'false']).transform((word) => word === 'true'),
]);

/** What an error says of an option. */
const WRONG = Object.entries({
	allowedMimeTypes: 'Allowed MIME Types is not a text',
	maxFileSize: 'Maximum File Size is not a number of megabytes',
	checkSignature: 'Check File Signature is neither true nor false',
});

const policySchema = z.object({
	allowedMimeTypes: orNotSet(z.string()),
	maxFileSize: orNotSet(numberSchema),
	checkSignature: orNotSet(switchSchema),
});

/** An option has a wrong value. Its message names the option by its display name. */
export class WrongOption extends Error {}

/**
 * The policy out of the options of a node. `null` and an empty text mean that an option isn't set.
 *
 * @throws WrongOption; a limit that can't be read is never no limit
 */
export function readFilePolicy(options: object): FilePolicy {
	const parsed = policySchema.safeParse(options);
	if (!parsed.success) {
		const named = parsed.error.issues.map(({ path }) => path[0]);
		const wrong = WRONG.flatMap(([name, words]) => (named.includes(name) ? [words] : []));
		throw new WrongOption(`The option ${wrong.join(', ')}`);
	}
	const { allowedMimeTypes = '', maxFileSize = 0, checkSignature = false } = parsed.data;
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
