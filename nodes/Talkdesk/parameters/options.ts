import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { DEFAULT_REQUEST_OPTIONS } from '../api/client';
import { parseParameter, type ItemContext } from './item';
import { numberFromZero, positiveNumber, text, wholeNumberFrom } from './schemas';

/** An option: how it is shown, and what its values may be. Its schema takes undefined for "not set". */
export interface Option<Schema extends z.ZodTypeAny = z.ZodTypeAny> {
	property: INodeProperties;
	schema: Schema;
}

/** Options under their names, as an operation declares them. */
export type Options = Record<string, Option>;

/** What is read of them. */
export type OptionValues<Declared extends Options> = {
	[Name in keyof Declared]: z.output<Declared[Name]['schema']>;
};

/** Declares an option; its name is the property's. */
export function option<Schema extends z.ZodTypeAny>(
	property: INodeProperties,
	schema: Schema,
): Option<Schema> {
	return { property, schema };
}

/** Milliseconds that a timer can wait at most, 24 days. One that is set for longer fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
const asTimer = (milliseconds: number) => Math.min(milliseconds, LONGEST_TIMER);

/** What all operations have. The defaults are those of the client; n8n's linter wants them written out. */
export const requestOptions = {
	maxRetries: option(
		{
			displayName: 'Max Retries',
			name: 'maxRetries',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 5,
			description:
				'How often a request is sent again when Talkdesk limits the rate, its servers fail, or the connection breaks. The waits grow from half a second to 15; if Talkdesk says how long to wait, that counts.',
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
			description: 'For how long a request is sent again at most, in milliseconds',
		},
		numberFromZero.transform((value) => asTimer(value ?? DEFAULT_REQUEST_OPTIONS.maxRetryTime)),
	),
	timeout: option(
		{
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 30_000,
			description: 'How long one attempt of a request to Talkdesk may take, in milliseconds',
		},
		positiveNumber.transform((value) => asTimer(value ?? DEFAULT_REQUEST_OPTIONS.timeout)),
	),
};

export const touchpointIdOption = option(
	{
		displayName: 'Touchpoint ID',
		name: 'touchpointId',
		type: 'string',
		default: '',
		description: 'The Digital Connect touchpoint to start in, instead of the one in the credential',
	},
	text,
);

/** A collection of options, as n8n wants it in a node's description. */
export function collectionProperty(
	named: Pick<INodeProperties, 'displayName' | 'name' | 'placeholder'>,
	declared: Options,
): INodeProperties {
	return {
		...named,
		type: 'collection',
		default: {},
		// Not `localeCompare`, which loads its tables: 9 ms for the whole package.
		options: Object.values(declared)
			.map(({ property }) => property)
			.sort((a, b) => (a.displayName < b.displayName ? -1 : 1)),
	};
}

const OPTIONS = { displayName: 'Options', name: 'options', placeholder: 'Add option' };

/** The collection that a node ends with. */
export const optionsProperty = (declared: Options) => collectionProperty(OPTIONS, declared);

/** @throws NodeOperationError that names the option with a wrong value, and the item */
export const readOptions = <Declared extends Options>(context: ItemContext, declared: Declared) =>
	readCollection(context, OPTIONS, declared);

const collection = z
	.record(z.unknown(), { errorMap: () => ({ message: 'is not an object' }) })
	.nullish()
	.transform((values) => values ?? {});

/**
 * The values of a collection, for the item.
 *
 * @throws NodeOperationError that names the option with a wrong value, and the item
 */
export function readCollection<Declared extends Options>(
	context: ItemContext,
	{ displayName, name }: Pick<INodeProperties, 'displayName' | 'name'>,
	declared: Declared,
): OptionValues<Declared> {
	const { functions, itemIndex } = context;
	const given = parseParameter(
		context,
		`The parameter ${displayName}`,
		functions.getNodeParameter(name, itemIndex, {}),
		collection,
	);
	const read = Object.entries(declared).map(([key, { property, schema }]) => [
		key,
		parseParameter(
			context,
			`The parameter ${displayName} > ${property.displayName}`,
			given[key],
			schema,
		),
	]);
	// `Object.fromEntries` forgets which name has which type.
	return Object.fromEntries(read);
}
