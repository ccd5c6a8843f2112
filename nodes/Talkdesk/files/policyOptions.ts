import type { FilePolicy } from './policy';
import { option, type OptionValues } from '../parameters/options';
import { commaSeparated, flag, numberFromZero } from '../parameters/schemas';

/** The options that say which files may pass. */
export const filePolicyOptions = {
	allowedMimeTypes: option(
		{
			displayName: 'Allowed MIME Types',
			name: 'allowedMimeTypes',
			type: 'string',
			default: '',
			placeholder: 'e.g. image/*, application/pdf',
			description: 'Which types of files may pass, separated by commas. Empty allows all.',
		},
		commaSeparated,
	),
	checkSignature: option(
		{
			displayName: 'Check File Signature',
			name: 'checkSignature',
			type: 'boolean',
			default: false,
			description: 'Whether to refuse a file whose first bytes contradict its type',
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
			description: 'How large a file may be, in megabytes; 0 for no limit',
		},
		numberFromZero,
	),
};

/** The policy out of a node's options. */
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
