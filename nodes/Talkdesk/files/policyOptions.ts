import type { FilePolicy } from './policy';
import { option, type OptionValues } from '../parameters/options';
import { commaSeparated, flag, numberFromZero } from '../parameters/schemas';

/** The options of the file policy. */
export const filePolicyOptions = {
	allowedMimeTypes: option(
		{
			displayName: 'Allowed MIME Types',
			name: 'allowedMimeTypes',
			type: 'string',
			default: '',
			placeholder: 'e.g. image/*, application/pdf',
			description: 'Comma-separated list of accepted file types. Empty accepts all.',
		},
		commaSeparated,
	),
	checkSignature: option(
		{
			displayName: 'Check File Signature',
			name: 'checkSignature',
			type: 'boolean',
			default: false,
			description: 'Whether to reject files whose first bytes contradict their type',
		},
		flag,
	),
	maxFileSize: option(
		{
			displayName: 'Maximum File Size',
			name: 'maxFileSize',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Largest accepted file, in megabytes. 0 accepts any size.',
		},
		numberFromZero,
	),
};

/** The file policy of a node's options. */
export function filePolicyOf({
	allowedMimeTypes,
	checkSignature = false,
	maxFileSize = 0,
}: OptionValues<typeof filePolicyOptions>): FilePolicy {
	return {
		allowedMimeTypes: allowedMimeTypes.map((type) => type.toLowerCase()),
		maxSize: maxFileSize * 1_000_000,
		checkSignature,
	};
}
