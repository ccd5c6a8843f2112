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
	[{ maxFileSize: 'ten' }, 'must be a number of 0 or more'],
	[{ maxFileSize: -1 }, 'must be a number of 0 or more'],
	[{ maxFileSize: Infinity }, 'must be a number of 0 or more'],
	[{ maxFileSize: [] }, 'must be a number of 0 or more'],
	[{ maxFileSize: {} }, 'must be a number of 0 or more'],
	[{ maxFileSize: false }, 'must be a number of 0 or more'],
	[
		{ allowedMimeTypes: { type: 'image/png' } },
		'must be a comma-separated text or a list of texts',
	],
	[{ checkSignature: 'maybe' }, 'must be true or false'],
	[{ checkSignature: {} }, 'must be true or false'],
])('an option of a wrong type is an error, and never removes a limit: %j', (options, message) => {
	expect(() => readFilePolicy(options)).toThrow(message);
});
