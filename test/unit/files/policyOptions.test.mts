import type { FilePolicy } from '../../../nodes/Talkdesk/files/policy';
import { filePolicyOf, filePolicyOptions } from '../../../nodes/Talkdesk/files/policyOptions';

const NO_LIMITS: FilePolicy = { allowedMimeTypes: [], maxSize: 0, checkSignature: false };

const { allowedMimeTypes, checkSignature, maxFileSize } = filePolicyOptions;
const readFilePolicy = (options: Record<string, unknown>) =>
	filePolicyOf({
		allowedMimeTypes: allowedMimeTypes.schema.parse(options.allowedMimeTypes),
		checkSignature: checkSignature.schema.parse(options.checkSignature),
		maxFileSize: maxFileSize.schema.parse(options.maxFileSize),
	});

it('the options become a policy', () => {
	expect(readFilePolicy({})).toEqual(NO_LIMITS);
	expect(
		readFilePolicy({
			allowedMimeTypes: 'Image/*, text/plain',
			maxFileSize: 0.5,
			checkSignature: true,
		}),
	).toEqual({
		allowedMimeTypes: ['image/*', 'text/plain'],
		maxSize: 500_000,
		checkSignature: true,
	});
});

it.each([null, undefined, ''])('an option that is %j is not set', (nothing) => {
	expect(
		readFilePolicy({ allowedMimeTypes: nothing, maxFileSize: nothing, checkSignature: nothing }),
	).toEqual(NO_LIMITS);
});

it('numbers and switches may be texts', () => {
	expect(readFilePolicy({ maxFileSize: ' 0.5 ', checkSignature: 'true' })).toEqual({
		...NO_LIMITS,
		maxSize: 500_000,
		checkSignature: true,
	});
});

it.each([
	[{ maxFileSize: 'ten' }, 'is not a number from 0 on'],
	[{ maxFileSize: -1 }, 'is not a number from 0 on'],
	[{ maxFileSize: Infinity }, 'is not a number from 0 on'],
	[{ maxFileSize: [] }, 'is not a number from 0 on'],
	[{ maxFileSize: {} }, 'is not a number from 0 on'],
	[{ maxFileSize: false }, 'is not a number from 0 on'],
	[
		{ allowedMimeTypes: { type: 'image/png' } },
		'is neither a text with commas nor a list of texts',
	],
	[{ checkSignature: 'maybe' }, 'is neither true nor false'],
	[{ checkSignature: {} }, 'is neither true nor false'],
])('an option of a wrong type is an error, and never removes a limit: %j', (options, message) => {
	expect(() => readFilePolicy(options)).toThrow(message);
});
