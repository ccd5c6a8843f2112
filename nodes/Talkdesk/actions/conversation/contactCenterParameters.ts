import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { parseParameter, type ItemContext } from '../../parameters/item';
import {
	jsonObject,
	namedValueRows,
	namedValues,
	readNamedValues,
} from '../../parameters/namedValues';
import { text } from '../../parameters/schemas';

export const contactCenterParametersProperty: INodeProperties = {
	displayName: 'Contact Center Parameters',
	name: 'contactCenterParameters',
	type: 'collection',
	placeholder: 'Add parameter',
	default: {},
	description: 'Customer data shown to the agent and available in the Studio flow',
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
					values: namedValueRows('e.g. order_number'),
				},
			],
		},
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. Nathan Smith',
			description: 'Name of the customer, sent as contact_name',
		},
		{
			displayName: 'Parameters (JSON)',
			name: 'json',
			type: 'json',
			default: '{}',
			description:
				"More parameters as one JSON object, with nested values if needed. Its emailAddress is used if 'Contact Email' is empty.",
		},
		{
			displayName: 'Phone',
			name: 'phone',
			type: 'string',
			default: '',
			placeholder: 'e.g. +15551234567',
			description: 'Phone number of the customer, sent as contact_phone',
		},
	],
};

const JSON_NAME = 'Contact Center Parameters > Parameters (JSON)';

const objectSchema = jsonObject
	// Other integrations expect the parameters inside of an object: { "ContactCenterParameters": { … } }.
	.transform((value) => {
		const inner = z.record(z.unknown()).safeParse(value.ContactCenterParameters);
		return inner.success ? inner.data : value;
	});

const parametersSchema = z.preprocess(
	(value) => value ?? undefined,
	z
		.object({ phone: z.unknown(), name: z.unknown(), custom: z.unknown(), json: z.unknown() })
		.default({}),
);

const pairsSchema = namedValues('parameter');

/**
 * The contact center parameters of the item, under Talkdesk's names. Own fields override the pairs, and the pairs override
 * the JSON object. Null and empty values count as not set.
 *
 * @returns the parameters, and the `emailAddress` of the JSON object; empty if it has none
 * @throws NodeOperationError that names the parameter and the item
 */
export function readContactCenterParameters(context: ItemContext): {
	parameters: IDataObject;
	emailAddress: string;
} {
	const { functions, itemIndex } = context;
	const parse = <Schema extends z.ZodTypeAny>(name: string, value: unknown, schema: Schema) =>
		parseParameter(context, name, value, schema);
	const values = parse(
		contactCenterParametersProperty.displayName,
		functions.getNodeParameter('contactCenterParameters', itemIndex, {}),
		parametersSchema,
	);
	const inCollection = (name: string) => `${contactCenterParametersProperty.displayName} > ${name}`;
	const name = parse(inCollection('Name'), values.name, text);
	const phone = parse(inCollection('Phone'), values.phone, text);
	const pairs = parse(inCollection('Custom Parameters'), values.custom, pairsSchema);
	const object = parseObject(context, values.json);

	const parameters: IDataObject = {};
	Object.assign(
		parameters,
		object,
		readNamedValues(context, inCollection('Custom Parameters'), pairs),
	);
	// Source: the example of docs.talkdesk.com/reference/start-conversation.
	const otherPhone = textOrEmpty(object.phone);
	if (name) parameters.contact_name = name;
	if (phone) parameters.contact_phone = phone;
	else if (otherPhone) parameters.contact_phone ??= otherPhone;
	return { parameters, emailAddress: textOrEmpty(object.emailAddress) };
}

/** A value of the JSON object as text; empty for any other type, so that the hand-over goes on. */
function textOrEmpty(value: unknown): string {
	return text.safeParse(value).data ?? '';
}

function parseObject(
	{ functions, itemIndex }: ItemContext,
	json: unknown,
): Record<string, unknown> {
	const object = objectSchema.safeParse(json);
	if (object.success) return object.data;
	throw new NodeOperationError(
		functions.getNode(),
		`The '${JSON_NAME}' parameter must be a valid JSON object`,
		{
			itemIndex,
			description:
				'Enter an object such as { "order_number": "4711" }. To use expressions, make the whole field one expression: {{ { "reason": $json.text } }}. An expression inside quotation marks breaks the JSON if its value has a line break or a quotation mark.',
		},
	);
}
