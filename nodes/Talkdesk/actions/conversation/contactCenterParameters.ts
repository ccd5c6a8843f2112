import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import type { OperationContext } from '../operation';

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

const text = z.coerce.string().trim().catch('');

const objectSchema = z
	.union([
		z.record(z.unknown()),
		z
			.string()
			.transform((json, issues) => {
				try {
					const value: unknown = json.trim() === '' ? {} : JSON.parse(json);
					return value;
				} catch {
					issues.addIssue({ code: 'custom', message: 'is not valid JSON' });
					return z.NEVER;
				}
			})
			.pipe(z.record(z.unknown(), { message: 'is not one JSON object' })),
	])
	.default({})
	// The object that other integrations take as a whole: { "ContactCenterParameters": { … }, … }.
	.transform((value) => {
		const inner = z.record(z.unknown()).safeParse(value.ContactCenterParameters);
		return inner.success ? inner.data : value;
	});

const parametersSchema = z.object({
	phone: text.default(''),
	name: text.default(''),
	custom: z
		.object({
			parameter: z.array(z.object({ name: text, value: z.unknown() })).default([]),
		})
		.default({}),
	json: z.unknown(),
});

/**
 * The contact-center parameters of the item under Talkdesk's names: what has a field of its own wins over the pairs, the
 * pairs over the JSON object.
 *
 * @returns the parameters, and the e-mail address that the JSON object holds, if any
 * @throws NodeOperationError that names the parameter and the item
 */
export function readContactCenterParameters({ functions, itemIndex }: OperationContext): {
	parameters: IDataObject;
	emailAddress: string;
} {
	const { phone, name, custom, json } = parametersSchema.parse(
		functions.getNodeParameter('contactCenterParameters', itemIndex, {}),
	);
	const object = objectSchema.safeParse(json ?? undefined);
	if (!object.success) {
		throw new NodeOperationError(
			functions.getNode(),
			'The parameter Contact Center Parameters > Parameters (JSON) is not one valid JSON object',
			{ itemIndex, description: 'Enter an object such as { "order_number": "4711" }.' },
		);
	}
	const parameters: IDataObject = {};
	const pairs = custom.parameter.filter((pair) => pair.name !== '');
	Object.assign(
		parameters,
		object.data,
		Object.fromEntries(pairs.map((pair) => [pair.name, pair.value])),
	);
	// The names of the documentation's own example (docs.talkdesk.com/reference/start-conversation).
	if (name) parameters.contact_name = name;
	const otherPhone = text.parse(object.data.phone ?? '');
	if (phone) parameters.contact_phone = phone;
	else if (otherPhone) parameters.contact_phone ??= otherPhone;
	return { parameters, emailAddress: text.parse(object.data.emailAddress ?? '') };
}
