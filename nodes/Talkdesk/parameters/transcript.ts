import type { IExecuteFunctions, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { readParameter } from './item';
import { option } from './options';
import { oneOf, wholeNumberFrom } from './schemas';
import { takeLast } from '../transcript/format';
import type { TranscriptMessage, Unrecognized } from '../transcript/recognize';
import { readMemory } from './memory';
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
				'The messages in any common form: with role and content, from and text, human and ai, question and answer, LangChain messages, rows with such columns, the history of a chat service, or text with User: and AI: on its lines. Times decide the order; without times the oldest comes first.',
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
					description: 'The output counts it, a hint and the log of n8n describe its shape',
				},
				{ name: 'Stop with an Error', value: 'error', description: 'Nothing is sent' },
			],
			default: 'leaveOut',
			description: 'What to do about a part of the transcript that is in none of the known forms',
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
				'How many messages to keep, the newest ones; 0 keeps all. The output says how many were left out.',
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
					description: 'By their times; without times as they are listed, oldest first',
				},
				{
					name: 'Newest First',
					value: 'newestFirst',
					description: 'As LRANGE of Redis gives them',
				},
				{ name: 'Oldest First', value: 'oldestFirst', description: 'As they are listed' },
			],
			default: 'auto',
			description: 'In which order the messages come. The agent sees the oldest first.',
		},
		oneOf(['auto', 'oldestFirst', 'newestFirst']),
	),
};

/**
 * The node's inputs: with the transcript source Memory there is one for a memory node. For n8n, which evaluates it in the
 * editor.
 */
export const inputs: INodeTypeDescription['inputs'] =
	'={{ $parameter["transcriptSource"] === "memory" ? [{ type: "main" }, { type: "ai_memory", displayName: "Memory", required: true, maxConnections: 1 }] : ["main"] }}';

const definedProperty = { displayName: 'Messages', name: 'transcriptMessages' };
const definedSchema = z
	.object(
		{ message: z.array(z.unknown()).nullish() },
		{
			errorMap: () => ({ message: 'is not a list of messages' }),
		},
	)
	.nullish()
	.transform((value) => value?.message ?? []);

/** A word that is none of them is an error: the human would see nothing of what was said, and nobody would know. */
const sourceSchema = oneOf(['none', 'define', 'json', 'memory']);

/** The transcript of an item, as an operation sends it. */
export interface ItemTranscript {
	/** Oldest first. */
	messages: TranscriptMessage[];
	/** How many older ones the option Transcript Limit left out. */
	omitted: number;
	unrecognized: Unrecognized;
}

/**
 * The transcript of the item. What isn't understood, and a memory that can't be read, costs nothing but itself: it is counted, and a
 * hint of the execution and n8n's log describe it without its words.
 *
 * @throws NodeOperationError if no memory is connected; with the option "If a Message Isn't Recognized" on Error also for what
 * isn't understood, with its shape and the forms that are
 */
export async function readTranscript(
	context: OperationContext<typeof transcriptOptions>,
): Promise<ItemTranscript> {
	const { functions, itemIndex, options } = context;
	const source = readParameter(context, transcriptSourceProperty, sourceSchema);
	const { messages, unrecognized } = await recognizeSource(context, source);
	if (unrecognized.count > 0) {
		const what = source === 'memory' ? 'The connected memory' : 'The parameter Transcript';
		const problem = `${what} has something that isn't understood: ${unrecognized.shapes[0] ?? 'unknown'}`;
		if (options.ifMessageUnrecognized === 'error') {
			throw new NodeOperationError(functions.getNode(), problem, {
				itemIndex,
				description: unrecognized.remedy,
			});
		}
		warn(functions, `Item ${itemIndex}: ${what} ${describeUnrecognized(unrecognized)}`);
	}
	return { ...takeLast(messages, options.transcriptLimit ?? 0), unrecognized };
}

/** What wasn't understood, in words; empty if there is nothing. Goes on after the name of what was read. */
export function describeUnrecognized({ count, shapes, remedy = '' }: Unrecognized): string {
	if (count === 0) return '';
	const things = count === 1 ? 'one thing' : `${count} things`;
	return `has ${things} that ${count === 1 ? "isn't" : "aren't"} understood (${shapes.join('; ')}). ${remedy}`;
}

/** One hint for a run of the node: a run may have thousands of items. */
const hinted = new WeakSet<object>();

/** A hint beside the output, and a line in n8n's log for each item. Old versions of n8n have no hints. */
function warn(functions: IExecuteFunctions, message: string): void {
	functions.logger.warn(message);
	if (hinted.has(functions)) return;
	hinted.add(functions);
	if (typeof functions.addExecutionHints !== 'function') return;
	functions.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
}

async function recognizeSource(
	context: OperationContext<typeof transcriptOptions>,
	source: z.output<typeof sourceSchema>,
) {
	const { functions, itemIndex, options } = context;
	const order = options.transcriptOrder;
	const zone = functions.getTimezone();
	// Loaded with the first transcript: n8n loads the nodes of all packages when it starts.
	const { recognizeTranscript } = await import('../transcript/recognize');
	const recognize = (value: unknown) => recognizeTranscript(value, { order, zone });
	switch (source) {
		case 'json':
			return recognize(functions.getNodeParameter('transcript', itemIndex));
		case 'define':
			return recognize(readParameter(context, definedProperty, definedSchema));
		case 'memory': {
			const memory = await readMemory(context);
			return 'failure' in memory ? unreadable(memory.failure) : recognize(memory.messages);
		}
		case 'none':
			return recognize([]);
	}
}

/** A transcript of which nothing is known but that it couldn't be read. */
function unreadable(failure: string): {
	messages: TranscriptMessage[];
	unrecognized: Unrecognized;
} {
	return {
		messages: [],
		unrecognized: {
			count: 1,
			shapes: ['a memory that could not be read'],
			remedy: `Its node says: ${failure}`,
		},
	};
}
