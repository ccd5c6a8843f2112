import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { startConversation } from '../../api/digitalConnect';
import { transcriptFromJson } from '../../transcript/fromJson';
import {
	idempotencyKey,
	idempotencyKeyProperty,
	optionsProperty,
	outputItem,
	readOptions,
	readText,
	type Operation,
	type OperationContext,
} from '../operation';

const contactEmailProperty: INodeProperties = {
	displayName: 'Contact Email',
	name: 'contactEmail',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. name@example.com',
	description: 'The e-mail address of the customer. Talkdesk recognizes the contact by it.',
};

const contactCenterParametersProperty: INodeProperties = {
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
			description: 'Any further parameters as one JSON object',
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

const transcriptSourceProperty: INodeProperties = {
	displayName: 'Transcript Source',
	name: 'transcriptSource',
	type: 'options',
	options: [
		{
			name: 'JSON',
			value: 'json',
			description: 'A list of messages, from an expression',
		},
		{ name: 'None', value: 'none', description: 'The agent sees no transcript' },
	],
	default: 'none',
	description: 'Where the conversation so far comes from. The agent sees it before answering.',
};

const transcriptProperty: INodeProperties = {
	displayName: 'Transcript',
	name: 'transcript',
	type: 'json',
	required: true,
	default: '[]',
	placeholder: 'e.g. {{ $json.messages }}',
	displayOptions: { show: { transcriptSource: ['json'] } },
	description:
		'The messages, oldest first, each with role (user or assistant) and content, or with type (user or external), content and created_at',
};

const subjectProperty: INodeProperties = {
	displayName: 'Subject',
	name: 'subject',
	type: 'string',
	default: '',
	placeholder: 'e.g. Question about an invoice',
	description: 'What the conversation is about',
};

const touchpointIdProperty: INodeProperties = {
	displayName: 'Touchpoint ID',
	name: 'touchpointId',
	type: 'string',
	default: '',
	description: 'The Digital Connect touchpoint to start in, instead of the one in the credential',
};

export const start: Operation = {
	option: {
		name: 'Start',
		value: 'start',
		action: 'Start conversation',
		description:
			'Hand the customer over to a human agent: starts a conversation in Talkdesk, with transcript and parameters',
	},
	properties: [
		contactEmailProperty,
		contactCenterParametersProperty,
		transcriptSourceProperty,
		transcriptProperty,
		optionsProperty([idempotencyKeyProperty, subjectProperty, touchpointIdProperty]),
	],
	async execute(context) {
		const contactEmail = readContactEmail(context);
		const options = readOptions(context);
		const touchpointId = options.touchpointId || context.client.settings.touchpointId;
		if (!touchpointId) {
			throw new NodeOperationError(
				context.functions.getNode(),
				'There is no touchpoint to start in',
				{
					itemIndex: context.itemIndex,
					description:
						'Enter the Touchpoint ID in the credential, or in the option Touchpoint ID of this node (Talkdesk: Admin > Channels > Digital Connect).',
				},
			);
		}
		const previousMessages = readTranscript(context);
		const { conversationId } = await startConversation(
			context.client,
			{
				touchpointId,
				contactEmail,
				subject: options.subject,
				contextParameters: readContactCenterParameters(context),
				previousMessages,
			},
			{
				idempotencyKey: options.idempotencyKey || idempotencyKey(context),
				timeout: options.timeout,
			},
		);
		return [
			outputItem(
				{
					conversationId,
					touchpointId,
					contactEmail,
					transcriptMessages: previousMessages.length,
					message:
						'A human agent has been asked to take over this chat and will answer here. Tell the customer so, and do not answer any further yourself.',
				},
				context.itemIndex,
			),
		];
	},
};

function readContactEmail(context: OperationContext): string {
	const email = readText(context, contactEmailProperty);
	if (z.string().email().safeParse(email).success) return email;
	throw new NodeOperationError(
		context.functions.getNode(),
		`The parameter ${contactEmailProperty.displayName} is not an e-mail address`,
		{
			itemIndex: context.itemIndex,
			description: 'Talkdesk takes one address, such as name@example.com, and nothing around it.',
		},
	);
}

function readTranscript({ functions, itemIndex }: OperationContext) {
	if (functions.getNodeParameter('transcriptSource', itemIndex) === 'none') return [];
	const result = transcriptFromJson(
		functions.getNodeParameter('transcript', itemIndex),
		Date.now(),
	);
	if (result.ok) return result.messages;
	throw new NodeOperationError(functions.getNode(), result.problem, {
		itemIndex,
		description: result.description,
	});
}

const parametersSchema = z.object({
	phone: z.coerce.string().trim().default(''),
	name: z.coerce.string().trim().default(''),
	custom: z
		.object({
			parameter: z
				.array(z.object({ name: z.coerce.string().trim(), value: z.unknown() }))
				.default([]),
		})
		.default({}),
	json: z
		.union([
			z.record(z.unknown()),
			z
				.string()
				.transform((text, issues) => {
					try {
						const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
						return value;
					} catch {
						issues.addIssue({ code: 'custom', message: 'not valid JSON' });
						return z.NEVER;
					}
				})
				.pipe(z.record(z.unknown())),
		])
		.default({}),
});

/** The parameters under Talkdesk's names. What has a field of its own wins over the pairs, the pairs over the JSON. */
function readContactCenterParameters({ functions, itemIndex }: OperationContext): IDataObject {
	const parsed = parametersSchema.safeParse(
		functions.getNodeParameter('contactCenterParameters', itemIndex, {}),
	);
	if (!parsed.success) {
		const issue = parsed.error.issues[0];
		throw new NodeOperationError(
			functions.getNode(),
			`The parameter Contact Center Parameters can't be used: ${issue?.path.join('.')}: ${issue?.message}`,
			{
				itemIndex,
				description: 'Parameters (JSON) is one object, such as { "order_number": "4711" }.',
			},
		);
	}
	const { phone, name, custom, json } = parsed.data;
	const pairs = custom.parameter.filter((pair) => pair.name !== '');
	const parameters: IDataObject = {};
	Object.assign(parameters, json, Object.fromEntries(pairs.map((pair) => [pair.name, pair.value])));
	// The names of the documentation's own example (docs.talkdesk.com/reference/start-conversation).
	if (name) parameters.contact_name = name;
	if (phone) parameters.contact_phone = phone;
	return parameters;
}
