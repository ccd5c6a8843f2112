import { createHash, randomUUID } from 'crypto';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { DEFAULT_LIMITS, type RequestLimits, type TalkdeskClient } from '../api/client';

/** What an operation works on: one item of the node's input. */
export interface OperationContext {
	functions: IExecuteFunctions;
	/** With the limits of the item's options. */
	client: TalkdeskClient;
	itemIndex: number;
	/** The item's options, checked. */
	options: Options;
}

/** Where a parameter of the item is read. */
export type ItemContext = Pick<OperationContext, 'functions' | 'itemIndex'>;

/** One thing the user can do. A new one is a file of its own and a line in the index of its resource. */
export interface Operation {
	/** How it appears in the list of operations. */
	option: INodePropertyOptions & { value: string };
	/** Its parameters; when they are shown is added by the resource. */
	properties: INodeProperties[];
	/**
	 * What the item belongs to, a conversation: items of one go one after the other, in their order. Others go side by side.
	 */
	orderedBy?(context: ItemContext): string;
	/** @returns the output items of this input item; the router pairs them. */
	execute(context: OperationContext): Promise<INodeExecutionData[]>;
}

const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: '',
};

/** The list of a resource's operations, and the parameters of each, as n8n wants them in a node's description. */
export function describeOperations(
	resource: string,
	operations: Operation[],
	defaultOperation: Operation,
): INodeProperties[] {
	return [
		{
			...operationProperty,
			displayOptions: { show: { resource: [resource] } },
			options: operations.map(({ option }) => option),
			default: defaultOperation.option.value,
		},
		...operations.flatMap(({ option, properties }) =>
			properties.map((property) => ({
				...property,
				displayOptions: {
					...property.displayOptions,
					show: {
						...property.displayOptions?.show,
						resource: [resource],
						operation: [option.value],
					},
				},
			})),
		),
	];
}

/** The defaults are those of DEFAULT_LIMITS; n8n's linter wants them written out. */
const limitProperties: INodeProperties[] = [
	{
		displayName: 'Max Retries',
		name: 'maxRetries',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 5,
		description:
			'How often a request is sent again when Talkdesk limits the rate, its gateway fails, or the connection breaks. The waits grow from half a second to 15; where Talkdesk says how long to wait, that counts.',
	},
	{
		displayName: 'Max Retry Time',
		name: 'maxRetryTime',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 60_000,
		description: 'For how long a request is sent again at most, in milliseconds',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 30_000,
		description: 'How long one try of a request to Talkdesk may take, in milliseconds',
	},
];

/** The collection every operation ends with: what all of them have, and the operation's own. */
export function optionsProperty(own: INodeProperties[] = []): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		// Not `localeCompare`, which loads its tables: 9 ms for the whole package.
		options: [...own, ...limitProperties].sort((a, b) => (a.displayName < b.displayName ? -1 : 1)),
	};
}

export const idempotencyKeyProperty: INodeProperties = {
	displayName: 'Idempotency Key',
	name: 'idempotencyKey',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.sessionId }}',
	description:
		'Talkdesk does the same piece of work only once for a key. By default the key is made from workflow, execution, node, run and item.',
};

export const conversationIdProperty: INodeProperties = {
	displayName: 'Conversation ID',
	name: 'conversationId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. {{ $json.conversationId }}',
	description: 'The ID that Start gave, or that the Talkdesk Trigger gives with every event',
};

export const touchpointIdProperty: INodeProperties = {
	displayName: 'Touchpoint ID',
	name: 'touchpointId',
	type: 'string',
	default: '',
	description: 'The Digital Connect touchpoint to start in, instead of the one in the credential',
};

/** @throws NodeOperationError where neither the options nor the credential names one */
export function readTouchpointId({
	client,
	functions,
	itemIndex,
	options,
}: OperationContext): string {
	const touchpointId = options.touchpointId || client.settings.touchpointId;
	if (touchpointId) return touchpointId;
	throw new NodeOperationError(functions.getNode(), 'There is no touchpoint to start in', {
		itemIndex,
		description:
			'Enter the Touchpoint ID in the credential, or in the option Touchpoint ID of this node (Talkdesk: Admin > Channels > Digital Connect).',
	});
}

/**
 * An e-mail address as Talkdesk takes it.
 *
 * @throws NodeOperationError that names the parameter and the item
 */
export function checkEmail(
	{ functions, itemIndex }: ItemContext,
	name: string,
	email: string,
): string {
	if (z.string().email().safeParse(email).success) return email;
	throw new NodeOperationError(
		functions.getNode(),
		`The parameter ${name} is ${email === '' ? 'empty' : 'not an e-mail address'}`,
		{
			itemIndex,
			description: 'Talkdesk takes one address, such as name@example.com, and nothing around it.',
		},
	);
}

const optionsSchema = z
	.object({
		timeout: z.coerce.number().positive().default(DEFAULT_LIMITS.timeout),
		maxRetries: z.coerce.number().int().nonnegative().default(DEFAULT_LIMITS.maxRetries),
		maxRetryTime: z.coerce.number().nonnegative().default(DEFAULT_LIMITS.maxRetryTime),
		idempotencyKey: z.coerce.string().trim().optional(),
		subject: z.coerce.string().trim().optional(),
		touchpointId: z.coerce.string().trim().optional(),
		transcriptLimit: z.coerce.number().int().nonnegative().optional(),
		transcriptOrder: z.enum(['auto', 'oldestFirst', 'newestFirst']).nullish(),
		ifMessageUnrecognized: z.enum(['leaveOut', 'error']).nullish(),
		messageLength: z.coerce.number().int().min(100).optional(),
		attachmentIds: z.coerce.string().trim().optional(),
		allowedMimeTypes: z.coerce.string().trim().optional(),
		maxFileSize: z.coerce.number().nonnegative().optional(),
		checkSignature: z.boolean().optional(),
		fileName: z.coerce.string().trim().optional(),
		ifConversationEnded: z.enum(['error', 'startNew', 'continue']).default('error'),
		ifOutcomeUnknown: z.enum(['repeat', 'report']).default('repeat'),
		contactEmail: z.coerce.string().trim().optional(),
	})
	.passthrough();

export type Options = z.output<typeof optionsSchema>;

/** @throws NodeOperationError that names the options with wrong values, and the item */
export function readOptions({ functions, itemIndex }: ItemContext): Options {
	const parsed = optionsSchema.safeParse(functions.getNodeParameter('options', itemIndex, {}));
	if (parsed.success) return parsed.data;
	const names = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
	throw new NodeOperationError(functions.getNode(), `The option ${names} has a wrong value`, {
		itemIndex,
		description:
			'Timeout is a number of milliseconds above 0, Max Retry Time a number of milliseconds, Max Retries and Transcript Limit are whole numbers, Message Length is a whole number of at least 100, Maximum File Size a number; the others are texts.',
	});
}

/** How long a request may take and how often it is tried, out of the options. */
export function limitsOf({ timeout, maxRetries, maxRetryTime }: Options): RequestLimits {
	return { timeout, maxRetries, maxRetryTime };
}

/**
 * A text parameter of the item, without white space around it.
 *
 * @throws NodeOperationError that names the parameter and the item where it is required and empty
 */
export function readText(
	{ functions, itemIndex }: ItemContext,
	property: Pick<INodeProperties, 'name' | 'displayName' | 'required' | 'placeholder'>,
): string {
	const value: unknown = functions.getNodeParameter(property.name, itemIndex, '');
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	if (property.required && text === '') {
		throw new NodeOperationError(
			functions.getNode(),
			`The parameter ${property.displayName} is empty`,
			{
				itemIndex,
				description: `Enter a value${property.placeholder ? `, ${property.placeholder}` : ''}. Where it is an expression, item ${itemIndex} has no value for it.`,
			},
		);
	}
	return text;
}

/**
 * A key that is the same whenever n8n repeats this piece of work, and another for any other piece.
 *
 * @param content what else tells two pieces of work apart. A message adds its text: an AI agent may send
 * several messages out of one run of the node.
 */
export function idempotencyKey(
	{ functions, itemIndex }: ItemContext,
	...content: string[]
): string {
	const executionId = functions.getExecutionId();
	// Without an execution there is nothing that n8n could repeat.
	if (!executionId) return randomUUID();
	const { $runIndex } = functions.getWorkflowDataProxy(itemIndex);
	const work = [
		functions.getWorkflow().id,
		executionId,
		functions.getNode().id,
		$runIndex,
		itemIndex,
	];
	return hashOf([...work, ...content]);
}

/** A key out of parts; as JSON, so that no parts can look like others. */
export function hashOf(parts: unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** One output item with this JSON. */
export function outputItem(json: IDataObject, itemIndex: number): INodeExecutionData {
	return { json, pairedItem: { item: itemIndex } };
}
