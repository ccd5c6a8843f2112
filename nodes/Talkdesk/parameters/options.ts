import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { DEFAULT_REQUEST_OPTIONS } from '../api/client';
import { parseParameter, type ItemContext } from './item';
import { numberFromZero, positiveNumber, text, wholeNumberFrom } from './schemas';

/** An option: its property in the editor, and the schema of its values. Undefined means "not set". */
export interface Option<Schema extends z.ZodTypeAny = z.ZodTypeAny> {
	property: INodeProperties;
	schema: Schema;
}

/** Declared options by name. */
export type Options = Record<string, Option>;

/** The values of declared options. */
export type OptionValues<Declared extends Options> = {
	[Name in keyof Declared]: z.output<Declared[Name]['schema']>;
};

/** Declares an option. */
export function option<Schema extends z.ZodTypeAny>(
	property: INodeProperties,
	schema: Schema,
): Option<Schema> {
	return { property, schema };
}

/** The longest timer of Node.js, 24 days. A longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const toTimer = (milliseconds: number) => Math.min(milliseconds, MAX_TIMER_MS);

/** The options of all operations. The defaults are those of the client; n8n's linter requires literals. */
export const requestOptions = {
	maxRetries: option(
		{
			displayName: 'Max Retries',
			name: 'maxRetries',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 5,
			description:
				'How often to retry a request after rate limits, server failures and broken connections. The wait grows from 0.5 to 15 seconds, or follows the Retry-After header.',
		},
		wholeNumberFrom(0).transform((value) => value ?? DEFAULT_REQUEST_OPTIONS.maxRetries),
	),
	maxRetryTime: option(
		{
			displayName: 'Max Retry Time',
			name: 'maxRetryTime',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 60_000,
			description: 'How long to keep retrying a request, in milliseconds',
		},
		numberFromZero.transform((value) => toTimer(value ?? DEFAULT_REQUEST_OPTIONS.maxRetryTime)),
	),
	timeout: option(
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 30_000,
			description: 'How long each attempt of a request may take, in milliseconds',
		},
		positiveNumber.transform((value) => toTimer(value ?? DEFAULT_REQUEST_OPTIONS.timeout)),
	),
};

export const touchpointIdOption = option(
	{
		displayName: 'Touchpoint ID',
		name: 'touchpointId',
		type: 'string',
		default: '',
		description:
			'Digital Connect touchpoint of the new conversation, instead of the one in the credential',
	},
	text,
);

/** The property of a collection with these options, in alphabetical order. */
export function collectionProperty(
	named: Pick<INodeProperties, 'displayName' | 'name' | 'placeholder'>,
	declared: Options,
): INodeProperties {
	return {
		...named,
		type: 'collection',
		default: {},
		// `localeCompare` would take 9 ms to load its tables.
		options: Object.values(declared)
			.map(({ property }) => property)
			.sort((a, b) => (a.displayName < b.displayName ? -1 : 1)),
	};
}

const OPTIONS = { displayName: 'Options', name: 'options', placeholder: 'Add option' };

/** The property of the collection Options. */
export const optionsProperty = (declared: Options) => collectionProperty(OPTIONS, declared);

/**
 * The values of the collection Options for the item.
 *
 * @throws NodeOperationError that names the invalid option and the item
 */
export const readOptions = <Declared extends Options>(context: ItemContext, declared: Declared) =>
	readCollectionParameter(context, OPTIONS, declared);

const collectionSchema = z
	.record(z.unknown(), { errorMap: () => ({ message: 'must be an object' }) })
	.nullish()
	.transform((values) => values ?? {});

/**
 * The values of a collection for the item.
 *
 * @throws NodeOperationError that names the invalid option and the item
 */
export function readCollectionParameter<Declared extends Options>(
	context: ItemContext,
	{ displayName, name }: Pick<INodeProperties, 'displayName' | 'name'>,
	declared: Declared,
): OptionValues<Declared> {
	const { functions, itemIndex } = context;
	const values = parseParameter(
		context,
		displayName,
		functions.getNodeParameter(name, itemIndex, {}),
		collectionSchema,
	);
	const read = Object.entries(declared).map(([key, { property, schema }]) => [
		key,
		parseParameter(context, `${displayName} > ${property.displayName}`, values[key], schema),
	]);
	// `Object.fromEntries` returns `any`, so the type of each name comes from the signature.
	return Object.fromEntries(read);
}
