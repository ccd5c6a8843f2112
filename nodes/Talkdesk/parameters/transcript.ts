import type { IExecuteFunctions, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { quoteParameter, readParameter } from './item';
import { option } from './options';
import { oneOf, wholeNumberFrom } from './schemas';
import { takeLast } from '../transcript/format';
import type { TranscriptMessage, Unrecognized } from '../transcript/recognize';
import { loadMemory } from './memory';
import type { OperationContext } from '../actions/operation';

const sources = [
	{
		name: 'Define Below',
		value: 'define',
		description: 'Enter the messages one by one',
	},
	{
		name: 'JSON',
		value: 'json',
		description:
			'Use an expression that returns the messages; common formats are detected automatically',
	},
	{
		name: 'Memory',
		value: 'memory',
		description:
			'Use the memory of your AI agent: connect the same memory node to this node. Not available in tools.',
	},
];

const transcriptSourceProperty: INodeProperties = {
	displayName: 'Transcript Source',
	name: 'transcriptSource',
	type: 'options',
	options: [...sources, { name: 'None', value: 'none', description: 'Send no transcript' }],
	default: 'none',
	description: 'Where to get the earlier messages of the chat from',
};

/** The parameters for the source of the transcript. @param options.optional whether the source None is offered */
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
				'The messages in any common format, such as a list with role and content, LangChain messages, rows with questions and answers, or text with User: and AI: at the start of each line. They are sorted by time; without times, the oldest message comes first.',
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
							displayName: 'Sender',
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
							description: 'When the message was sent. Messages without a time keep their order.',
						},
					],
				},
			],
		},
	];
}

/** The options of every operation with a transcript. */
export const transcriptOptions = {
	ifMessageUnrecognized: option(
		{
			displayName: "If a Message Isn't Recognized",
			name: 'ifMessageUnrecognized',
			type: 'options',
			options: [
				{
					name: 'Leave It Out',
					value: 'leaveOut',
					description:
						'Skip it and count it in the output. A hint and the n8n log describe its structure.',
				},
				{
					name: 'Stop with an Error',
					value: 'error',
					description: 'Fail the item and send nothing',
				},
			],
			default: 'leaveOut',
			description: 'What to do with a part of the transcript in an unknown format',
		},
		oneOf(['leaveOut', 'error']),
	),
	transcriptLimit: option(
		{
			displayName: 'Transcript Limit',
			name: 'transcriptLimit',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description:
				'Maximum number of messages. Older messages are omitted and counted in the output; 0 sends all.',
		},
		wholeNumberFrom(0),
	),
	transcriptOrder: option(
		{
			displayName: 'Transcript Order',
			name: 'transcriptOrder',
			type: 'options',
			options: [
				{
					name: 'Automatic',
					value: 'auto',
					description:
						'By the times of the messages; without times, the oldest message comes first',
				},
				{
					name: 'Newest First',
					value: 'newestFirst',
					description: 'The newest message comes first, as with LRANGE in Redis',
				},
				{
					name: 'Oldest First',
					value: 'oldestFirst',
					description: 'The oldest message comes first',
				},
			],
			default: 'auto',
			description: 'Order of the messages in the source. The agent always sees the oldest first.',
		},
		oneOf(['auto', 'oldestFirst', 'newestFirst']),
	),
};

/** The inputs of the node: the transcript source Memory adds one for a memory node. */
export const inputs: INodeTypeDescription['inputs'] =
	'={{ $parameter["transcriptSource"] === "memory" ? [{ type: "main" }, { type: "ai_memory", displayName: "Memory", required: true, maxConnections: 1 }] : ["main"] }}';

const definedProperty = { displayName: 'Messages', name: 'transcriptMessages' };
const definedSchema = z
	.object(
		{ message: z.array(z.unknown()).nullish() },
		{
			errorMap: () => ({ message: 'must be a list of messages' }),
		},
	)
	.nullish()
	.transform((value) => value?.message ?? []);

/** An unknown source is an error, since the transcript would be missing without notice. */
const sourceSchema = oneOf(['none', 'define', 'json', 'memory']);

/** The transcript of an item. */
export interface ItemTranscript {
	/** Oldest first. */
	messages: TranscriptMessage[];
	/** How many older messages the option Transcript Limit has removed. */
	omitted: number;
	unrecognized: Unrecognized;
}

/**
 * The transcript of the item. Unrecognized parts, and a memory that cannot be read, are counted and described without
 * their content in a hint and in n8n's log.
 *
 * @throws NodeOperationError if no memory is connected; and for unrecognized parts, if the option says so
 */
export async function loadTranscript(
	context: OperationContext<typeof transcriptOptions>,
): Promise<ItemTranscript> {
	const { functions, itemIndex, options } = context;
	const source = readParameter(context, transcriptSourceProperty, sourceSchema);
	const { messages, unrecognized } = await loadSource(context, source);
	if (unrecognized.count > 0) {
		const subject = source === 'memory' ? 'The connected memory' : quoteParameter('Transcript');
		const problem = `${subject} ${problemOf(unrecognized)}`;
		if (options.ifMessageUnrecognized === 'error') {
			throw new NodeOperationError(functions.getNode(), problem, {
				itemIndex,
				description: unrecognized.remedy,
			});
		}
		warn(functions, `Item ${itemIndex}: ${subject} ${describeUnrecognized(unrecognized)}`);
	}
	return { ...takeLast(messages, options.transcriptLimit ?? 0), unrecognized };
}

/** The unrecognized parts and the remedy in words, to follow the name of their source; empty if there are none. */
export function describeUnrecognized(unrecognized: Unrecognized): string {
	const problem = problemOf(unrecognized);
	return problem && `${problem}. ${unrecognized.remedy ?? ''}`;
}

function problemOf({ count, shapes }: Unrecognized): string {
	if (count === 0) return '';
	if (shapes.length === 0) return 'cannot be read';
	return `contains ${count === 1 ? 'a part' : `${count} parts`} in an unknown format (${shapes.join('; ')})`;
}

/** Runs that have a hint: one is enough for thousands of items. */
const runsWithHint = new WeakSet<object>();

/** Logs a warning for the item, and adds one hint to the output of the run. */
function warn(functions: IExecuteFunctions, message: string): void {
	functions.logger.warn(message);
	if (runsWithHint.has(functions)) return;
	runsWithHint.add(functions);
	functions.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
}

async function loadSource(
	context: OperationContext<typeof transcriptOptions>,
	source: z.output<typeof sourceSchema>,
) {
	const { functions, itemIndex, options } = context;
	const order = options.transcriptOrder;
	const zone = functions.getTimezone();
	// Loaded with the first transcript: docs/decisions/0028.
	const { recognizeTranscript } = await import('../transcript/recognize');
	const recognize = (value: unknown) => recognizeTranscript(value, { order, zone });
	switch (source) {
		case 'json':
			return recognize(functions.getNodeParameter('transcript', itemIndex));
		case 'define':
			return recognize(readParameter(context, definedProperty, definedSchema));
		case 'memory': {
			const memory = await loadMemory(context);
			return 'failure' in memory ? unreadableMemory(memory.failure) : recognize(memory.messages);
		}
		case 'none':
			return recognize([]);
	}
}

/** The result for a memory that cannot be read. */
function unreadableMemory(failure: string): {
	messages: TranscriptMessage[];
	unrecognized: Unrecognized;
} {
	return {
		messages: [],
		unrecognized: {
			count: 1,
			shapes: [],
			remedy: `The memory node reports: ${failure}`,
		},
	};
}
