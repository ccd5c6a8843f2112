import { z } from 'zod';

import { withoutLoneSurrogates } from '../text/wellFormed';

/*
 * Schemas for values that users enter or expressions return. Null, undefined and empty text mean "not set", since n8n
 * passes on the empty cells of databases and sheets. The messages follow the name of the parameter.
 */

const notSet = (value: unknown) =>
	value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;

/** Trimmed text, undefined if not set. Numbers are accepted, since an ID may be one; objects and lists are not. */
export const text = z.preprocess(
	notSet,
	z
		.union([z.string(), z.number().finite(), z.bigint()], {
			errorMap: (_issue, { data }) => ({ message: `must be text, not ${describeType(data)}` }),
		})
		.transform((value) => withoutLoneSurrogates(String(value)).trim())
		.optional(),
);

/** A number or numeric text, undefined if not set. */
function numberWith(
	check: (schema: z.ZodNumber, message: string) => z.ZodNumber,
	expected: string,
) {
	const message = `must be ${expected}`;
	const toNumber = (value: unknown) => {
		const set = notSet(value);
		return typeof set === 'string' ? Number(set) : set;
	};
	const errorMap: z.ZodErrorMap = () => ({ message });
	return z.preprocess(toNumber, check(z.number({ errorMap }).finite(), message).optional());
}

export const positiveNumber = numberWith(
	(schema, message) => schema.positive({ message }),
	'a number greater than 0',
);
export const numberFromZero = numberWith(
	(schema, message) => schema.nonnegative({ message }),
	'a number of 0 or more',
);

/** A whole number of at least `minimum`, undefined if not set. */
export function wholeNumberFrom(minimum: number) {
	return numberWith(
		(schema, message) => schema.int({ message }).min(minimum, { message }),
		`a whole number of ${minimum} or more`,
	);
}

/** A boolean, undefined if not set. */
export const flag = z.preprocess(
	(value) => {
		const set = notSet(value);
		return set === 'true' ? true : set === 'false' ? false : set;
	},
	z.boolean({ errorMap: () => ({ message: 'must be true or false' }) }).optional(),
);

/** One of several values; the first one if not set. */
export function oneOf<const Word extends string>(words: readonly [Word, ...Word[]]) {
	const errorMap: z.ZodErrorMap = () => ({ message: `must be one of: ${words.join(', ')}` });
	return z
		.preprocess(notSet, z.enum(words, { errorMap }).optional())
		.transform((word) => word ?? words[0]);
}

/** A list of texts, entered as comma-separated text or returned as a list. */
export const commaSeparated = z
	.union(
		[
			z.preprocess((value) => (Array.isArray(value) ? value : undefined), z.array(text)),
			text.transform((value) => (value ?? '').split(',').map((part) => part.trim())),
		],
		{ errorMap: () => ({ message: 'must be a comma-separated text or a list of texts' }) },
	)
	.transform((parts) => parts.flatMap((part) => part || []));

function describeType(value: unknown): string {
	if (Array.isArray(value)) return 'a list';
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
