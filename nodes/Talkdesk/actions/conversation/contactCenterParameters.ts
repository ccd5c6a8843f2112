import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { parseParameter, type ItemContext } from '../../parameters/item';
import { text } from '../../parameters/schemas';

export const contactCenterParametersProperty: INodeProperties = {
	displayName: 'Contact Center Parameters',
	name: 'contactCenterParameters',
	type: 'collection',
	placeholder: 'Add parameter',
	default: {},
	description: 'What the agent and the Studio flow get to know of the customer',
	options: [
		{
			displayName: 'Custom Parameters',
			name: 'custom',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add custom parameter',
			default: {},
			options: [
				{
					displayName: 'Parameter',
					name: 'parameter',
					values: [
						{
							displayName: 'Name',
							name: 'name',
							type: 'string',
							default: '',
							placeholder: 'e.g. order_number',
						},
						{ displayName: 'Value', name: 'value', type: 'string', default: '' },
					],
				},
			],
		},
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. Nathan Smith',
			description: 'Name of the customer, as contact_name',
		},
		{
			displayName: 'Parameters (JSON)',
			name: 'json',
			type: 'json',
			default: '{}',
			description:
				'Any further parameters as one JSON object, nested values too. Its emailAddress is the contact where Contact Email is empty.',
		},
		{
			displayName: 'Phone',
			name: 'phone',
			type: 'string',
			default: '',
			placeholder: 'e.g. +15551234567',
			description: 'Phone number of the customer, as contact_phone',
		},
	],
};

const JSON_NAME = 'Contact Center Parameters > Parameters (JSON)';

const objectMap = () => ({ message: 'is not one valid JSON object' });
const anyObject = z.record(z.unknown(), { errorMap: objectMap });

const objectSchema = z
	.preprocess(
		(value) => (value === null || value === '' ? undefined : value),
		z
			.union(
				[
					anyObject,
					z
						.string()
						.transform((json, issues) => {
							try {
								const value: unknown = json.trim() === '' ? {} : JSON.parse(json);
								return value;
							} catch {
								issues.addIssue({ code: 'custom', message: 'is not one valid JSON object' });
								return z.NEVER;
							}
						})
						.pipe(anyObject),
				],
				{ errorMap: objectMap },
			)
			.default({}),
	)
	// The object that other integrations take as a whole: { "ContactCenterParameters": { … }, … }.
	.transform((value) => {
		const inner = z.record(z.unknown()).safeParse(value.ContactCenterParameters);
		return inner.success ? inner.data : value;
	});

const notSet = <Schema extends z.ZodTypeAny>(schema: Schema) =>
	z.preprocess((value) => value ?? undefined, schema);

const pairsSchema = notSet(
	z
		.object(
			{
				parameter: notSet(z.array(z.object({ name: z.unknown(), value: z.unknown() })).default([])),
			},
			{ errorMap: () => ({ message: 'is not a list of names and values' }) },
		)
		.default({}),
);

const parametersSchema = notSet(
	z
		.object({ phone: z.unknown(), name: z.unknown(), custom: z.unknown(), json: z.unknown() })
		.default({}),
);

/**
 * The contact-center parameters of the item under Talkdesk's names: what has a field of its own wins over the pairs, the
 * pairs over the JSON object. A value that is null or empty is not set.
 *
 * @returns the parameters, and the e-mail address that the JSON object holds, if any
 * @throws NodeOperationError that names the parameter and the item
 */
export function readContactCenterParameters(context: ItemContext): {
	parameters: IDataObject;
	emailAddress: string;
} {
	const { functions, itemIndex } = context;
	const read = <Schema extends z.ZodTypeAny>(name: string, value: unknown, schema: Schema) =>
		parseParameter(context, `The parameter ${name}`, value, schema);
	const given = read(
		contactCenterParametersProperty.displayName,
		functions.getNodeParameter('contactCenterParameters', itemIndex, {}),
		parametersSchema,
	);
	const inCollection = (name: string) => `${contactCenterParametersProperty.displayName} > ${name}`;
	const name = read(inCollection('Name'), given.name, text);
	const phone = read(inCollection('Phone'), given.phone, text);
	const { parameter: pairs } = read(inCollection('Custom Parameters'), given.custom, pairsSchema);
	const object = readObject(context, given.json);

	const parameters: IDataObject = {};
	Object.assign(parameters, object);
	for (const pair of pairs) {
		const key = read(inCollection('Custom Parameters > Name'), pair.name, text);
		const value = typeof pair.value === 'string' ? pair.value.trim() : (pair.value ?? '');
		if (key !== undefined && value !== '') {
			Object.assign(parameters, Object.fromEntries([[key, value]]));
		}
	}
	// The names of the documentation's own example (docs.talkdesk.com/reference/start-conversation).
	const otherPhone = lenientText(object.phone);
	if (name) parameters.contact_name = name;
	if (phone) parameters.contact_phone = phone;
	else if (otherPhone) parameters.contact_phone ??= otherPhone;
	return { parameters, emailAddress: lenientText(object.emailAddress) };
}

/** A value of the JSON object as a text: what is none doesn't keep the customer from the human. */
function lenientText(value: unknown): string {
	return text.safeParse(value).data ?? '';
}

function readObject({ functions, itemIndex }: ItemContext, json: unknown): Record<string, unknown> {
	const object = objectSchema.safeParse(json);
	if (object.success) return object.data;
	throw new NodeOperationError(
		functions.getNode(),
		`The parameter ${JSON_NAME} is not one valid JSON object`,
		{
			itemIndex,
			description:
				'Enter an object such as { "order_number": "4711" }. If values come from expressions, make the whole field one expression: {{ { "reason": $json.text } }}. Inside quotation marks a line break or a quotation mark in the value breaks the JSON.',
		},
	);
}
