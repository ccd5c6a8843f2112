import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { keepNewest } from '../transcript/prepare';
import { recogniseTranscript, type SaidMessage } from '../transcript/recognise';
import { type ItemContext } from '../parameters/item';
import { option } from '../parameters/options';
import { wholeNumberFrom } from '../parameters/schemas';
import type { OperationContext } from './operation';

const sources = [
	{
		name: 'Define Below',
		value: 'define',
		description: 'Enter the messages one by one',
	},
	{
		name: 'JSON',
		value: 'json',
		description: 'An expression that gives the messages, in any common form',
	},
	{
		name: 'Memory',
		value: 'memory',
		description:
			'The memory of your AI agent: connect the same memory node here. Not available where this node is a tool.',
	},
];

const transcriptSourceProperty: INodeProperties = {
	displayName: 'Transcript Source',
	name: 'transcriptSource',
	type: 'options',
	options: [
		...sources,
		{ name: 'None', value: 'none', description: 'The agent sees no transcript' },
	],
	default: 'none',
	description: 'Where the conversation so far comes from',
};

/** Where the transcript comes from, and the parameters of each source. */
export function transcriptProperties({ optional }: { optional: boolean }): INodeProperties[] {
	return [
		optional
			? transcriptSourceProperty
			: { ...transcriptSourceProperty, options: sources, default: 'json' },
		{
			displayName: 'Transcript',
			name: 'transcript',
			type: 'json',
			default: '[]',
			placeholder: 'e.g. {{ $json.messages }}',
			displayOptions: { show: { transcriptSource: ['json'] } },
			description:
				'The messages, oldest first: with role and content, from and text, human and ai, LangChain messages, or rows with such columns. The form is recognized.',
		},
		{
			displayName: 'Messages',
			name: 'transcriptMessages',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			default: {},
			placeholder: 'Add message',
			displayOptions: { show: { transcriptSource: ['define'] } },
			options: [
				{
					displayName: 'Message',
					name: 'message',
					values: [
						{
							displayName: 'Said By',
							name: 'type',
							type: 'options',
							options: [
								{ name: 'Bot', value: 'external' },
								{ name: 'Customer', value: 'user' },
							],
							default: 'user',
						},
						{
							displayName: 'Text',
							name: 'content',
							type: 'string',
							typeOptions: { rows: 2 },
							default: '',
						},
						{
							displayName: 'Time',
							name: 'created_at',
							type: 'dateTime',
							default: '',
							description: 'When it was said. Without times the messages keep their order.',
						},
					],
				},
			],
		},
	];
}

/** An option for every operation with a transcript. */
export const transcriptOptions = {
	transcriptLimit: option(
		{
			displayName: 'Transcript Limit',
			name: 'transcriptLimit',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description:
				'How many messages to keep, the newest ones; 0 keeps all. The output says how many were left out.',
		},
		wholeNumberFrom(0),
	),
};

/**
 * The node's inputs: with the transcript source Memory there is one for a memory node. For n8n, which evaluates it in the
 * editor.
 */
export const inputs: INodeTypeDescription['inputs'] =
	'={{ $parameter["transcriptSource"] === "memory" ? [{ type: "main" }, { type: "ai_memory", displayName: "Memory", required: true, maxConnections: 1 }] : ["main"] }}';

const definedSchema = z
	.object({ message: z.array(z.unknown()).default([]) })
	.transform(({ message }) => message);

/**
 * The transcript of the item.
 *
 * @returns the messages to send, oldest first, and how many older ones the limit left out
 * @throws NodeOperationError that shows the first message that isn't understood, and the forms that are
 */
export async function readTranscript(
	context: OperationContext<typeof transcriptOptions>,
): Promise<{ messages: SaidMessage[]; omitted: number; unrecognized: number }> {
	const { functions, itemIndex } = context;
	const source = functions.getNodeParameter('transcriptSource', itemIndex);
	const result = recogniseTranscript(await readSource(context, source));
	if (!result.ok) {
		const what = source === 'memory' ? 'The connected memory' : 'The parameter Transcript';
		throw new NodeOperationError(functions.getNode(), `${what} ${result.problem}`, {
			itemIndex,
			description: result.description,
		});
	}
	return { ...keepNewest(result.messages, context.options.transcriptLimit ?? 0), unrecognized: 0 };
}

async function readSource(context: ItemContext, source: unknown): Promise<unknown> {
	const { functions, itemIndex } = context;
	switch (source) {
		case 'json':
			return functions.getNodeParameter('transcript', itemIndex);
		case 'define':
			return definedSchema.parse(functions.getNodeParameter('transcriptMessages', itemIndex, {}));
		case 'memory':
			return await readMemory(context);
		default:
			return [];
	}
}

interface Memory {
	chatHistory: { getMessages: () => Promise<unknown[]> };
}

function isMemory(value: unknown): value is Memory {
	return (
		typeof value === 'object' &&
		value !== null &&
		'chatHistory' in value &&
		typeof value.chatHistory === 'object' &&
		value.chatHistory !== null &&
		'getMessages' in value.chatHistory &&
		typeof value.chatHistory.getMessages === 'function'
	);
}

/** The messages of the connected memory node: LangChain's objects, which write themselves as JSON that is recognized. */
async function readMemory({ functions, itemIndex }: ItemContext): Promise<unknown> {
	const fail = (problem: string) => {
		throw new NodeOperationError(functions.getNode(), problem, {
			itemIndex,
			description:
				'Connect the memory node of your AI agent to the input Memory, or choose another Transcript Source. Where this node is a tool of an agent it has no such input: use the source JSON.',
		});
	};
	const memory: unknown = await functions
		.getInputConnectionData(NodeConnectionTypes.AiMemory, itemIndex)
		.catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
	if (!isMemory(memory)) return fail('What is connected to the input Memory is no memory');
	const messages = await memory.chatHistory.getMessages();
	const plain: unknown = JSON.parse(JSON.stringify(messages));
	return plain;
}
