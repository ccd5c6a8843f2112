import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { parseJson } from '../text/json';
import { parseParameter, type ItemContext } from './item';
import { text } from './schemas';

/*
 * Names and values of the user's own choice: as rows of a name and a value, or as one JSON object.
 */

/** The rows of a property: each has a name and a value. */
export const namedValueRows = (namePlaceholder: string): INodeProperties[] => [
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		default: '',
		placeholder: namePlaceholder,
	},
	{ displayName: 'Value', name: 'value', type: 'string', default: '' },
];

const nullAsUnset = <Schema extends z.ZodTypeAny>(schema: Schema) =>
	z.preprocess((value) => value ?? undefined, schema);

const errorMap: z.ZodErrorMap = () => ({ message: 'must be a list of names and values' });
const row = z.object({ name: z.unknown(), value: z.unknown() }, { errorMap });
const rows = nullAsUnset(z.array(row, { errorMap }).default([]));

/** The rows of a collection, as n8n gives it. @param group the name of the rows in it */
export const namedValues = (group: string) =>
	nullAsUnset(
		z
			.record(z.unknown(), { errorMap })
			.default({})
			.transform((value) => value[group])
			.pipe(rows),
	);

/** A row as it was entered. */
export type NamedValue = z.output<typeof rows>[number];

/**
 * The rows as an object. Rows without a name or a value count as not set.
 *
 * @param label of the collection, as shown in the editor
 * @throws NodeOperationError that names the parameter and the item
 */
export function readNamedValues(
	context: ItemContext,
	label: string,
	entered: NamedValue[],
): IDataObject {
	const values: IDataObject = {};
	for (const row of entered) {
		const key = parseParameter(context, `${label} > Name`, row.name, text);
		const value = typeof row.value === 'string' ? row.value.trim() : (row.value ?? '');
		if (key !== undefined && value !== '') {
			Object.assign(values, Object.fromEntries([[key, value]]));
		}
	}
	return values;
}

const objectError = () => ({ message: 'must be a valid JSON object' });
const anyObject = z.record(z.unknown(), { errorMap: objectError });

/** A JSON object, as text or as an expression gives it; empty if not set. */
export const jsonObject = z.preprocess(
	(value) => (value === null || value === '' ? undefined : value),
	z
		.union(
			[
				anyObject,
				z
					.string()
					.transform((json) => (json.trim() === '' ? {} : parseJson(json)))
					.pipe(anyObject),
			],
			{ errorMap: objectError },
		)
		.default({}),
);
