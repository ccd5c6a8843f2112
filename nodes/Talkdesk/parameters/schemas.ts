import { z } from 'zod';

import { withoutLoneSurrogates } from '../text/wellFormed';

/**
 * The values that users enter, or that expressions give. In all of them null, undefined and an empty text mean "not set":
 * n8n hands on what a database or a sheet has in an empty cell. An object or a list for a text is an error: as a text it
 * would be `[object Object]` for everybody.
 *
 * The messages complete a sentence that begins with the name of the parameter.
 */

const notSet = (value: unknown) =>
	value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;

/** A text without white space around it, undefined if not set. Numbers are texts, too: an ID may be one. */
export const text = z.preprocess(
	notSet,
	z
		.union([z.string(), z.number().finite(), z.bigint()], {
			errorMap: (_issue, { data }) => ({ message: `is ${nameOf(data)}, and not a text` }),
		})
		.transform((value) => withoutLoneSurrogates(String(value)).trim())
		.optional(),
);

/** A number, undefined if not set. */
function numberWith(check: (schema: z.ZodNumber) => z.ZodNumber, what: string) {
	const toNumber = (value: unknown) => {
		const set = notSet(value);
		return typeof set === 'string' ? Number(set) : set;
	};
	const errorMap: z.ZodErrorMap = () => ({ message: `is not ${what}` });
	return z.preprocess(toNumber, check(z.number({ errorMap }).finite()).optional());
}

export const positiveNumber = numberWith(
	(schema) => schema.positive({ message: 'is not a number above 0' }),
	'a number above 0',
);
export const numberFromZero = numberWith(
	(schema) => schema.nonnegative({ message: 'is not a number from 0 on' }),
	'a number from 0 on',
);
/** @param least the smallest one that is allowed */
export function wholeNumberFrom(least: number) {
	const what = `a whole number of at least ${least}`;
	return numberWith(
		(schema) => schema.int({ message: `is not ${what}` }).min(least, { message: `is not ${what}` }),
		what,
	);
}

/** A switch, undefined if not set. */
export const flag = z.preprocess(
	(value) => {
		const set = notSet(value);
		return set === 'true' ? true : set === 'false' ? false : set;
	},
	z.boolean({ errorMap: () => ({ message: 'is neither true nor false' }) }).optional(),
);

/** One of several words, the first of them if not set. */
export function oneOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
	const errorMap: z.ZodErrorMap = () => ({ message: `is none of ${words.join(', ')}` });
	return z
		.preprocess(notSet, z.enum(words, { errorMap }).optional())
		.transform((word) => word ?? words[0]);
}

/** A list that is entered as a text with commas, or given as a list of texts. */
export const commaSeparated = z
	.union(
		[
			z.preprocess((value) => (Array.isArray(value) ? value : undefined), z.array(text)),
			text.transform((value) => (value ?? '').split(',').map((part) => part.trim())),
		],
		{ errorMap: () => ({ message: 'is neither a text with commas nor a list of texts' }) },
	)
	.transform((parts) => parts.flatMap((part) => part || []));

function nameOf(value: unknown): string {
	if (Array.isArray(value)) return 'a list';
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
