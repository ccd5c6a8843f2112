import type {
	IDataObject,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { TalkdeskClient } from '../api/client';
import type { ItemContext } from '../parameters/item';
import {
	optionsProperty,
	readOptions,
	requestOptions,
	type Options,
	type OptionValues,
} from '../parameters/options';

/** One input item, with all that an operation needs for it. */
export interface OperationContext<Declared extends Options = Options> extends ItemContext {
	/** Has the request options of the item. */
	client: TalkdeskClient;
	/** The options of the item, validated. */
	options: OptionValues<Declared>;
}

export interface Operation {
	/** The entry in the list of operations. `action` is shown in the node panel and names new nodes. */
	option: INodePropertyOptions & { value: string };
	/** The default description of the tool for AI agents: when to call it, and what happens then. None if it can't be a tool. */
	toolDescription?: string;
	/** Its parameters, without the `displayOptions` for resource and operation. */
	properties: INodeProperties[];
	/** The key of the sequence that the item belongs to, such as its conversation. Items of a sequence run one by one. */
	sequenceKey?(context: ItemContext): string | undefined;
	/** @returns the output items of this input item, by output */
	execute(context: ItemContext, client: TalkdeskClient): Promise<INodeExecutionData[][]>;
}

interface Declaration<Own extends Options, Output> extends Omit<Operation, 'execute'> {
	/** Its own options; the request options are added. */
	options: Own;
	execute(context: OperationContext<Own>): Promise<Output>;
}

/** Declares an operation with one output. */
export function defineOperation<Own extends Options>({
	execute,
	...rest
}: Declaration<Own, INodeExecutionData[]>): Operation {
	return defineBranchingOperation({
		...rest,
		execute: async (context) => [await execute(context)],
	});
}

/** Declares an operation with several outputs, which `outputs` of the node's description names. */
export function defineBranchingOperation<Own extends Options>({
	options,
	properties,
	execute,
	...rest
}: Declaration<Own, INodeExecutionData[][]>): Operation {
	return {
		...rest,
		properties: [...properties, optionsProperty({ ...requestOptions, ...options })],
		async execute(context, client) {
			return await execute({
				...context,
				client: client.extend(readOptions(context, requestOptions)),
				options: readOptions(context, options),
			});
		},
	};
}

const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: '',
};

/**
 * The description for the model if the node is a tool. n8n's own default would be just "Start conversation in Talkdesk"
 * (`makeDescription` in n8n-workflow), so this takes the place of n8n's parameter of the same name.
 */
const toolDescriptionProperty: INodeProperties = {
	displayName: 'Tool Description',
	name: 'toolDescription',
	type: 'string',
	typeOptions: { rows: 7 },
	default: '',
	description: 'Tells the AI agent when to call this tool and what happens then',
	displayOptions: { show: { '@tool': [true] } },
};

/** The properties of a resource: its list of operations, and the parameters of each. */
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
		...operations.flatMap(({ option, properties, toolDescription }) =>
			[
				...(toolDescription ? [{ ...toolDescriptionProperty, default: toolDescription }] : []),
				...properties,
			].map((property) => ({
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

/**
 * The touchpoint of the item's options, or that of the credential.
 *
 * @throws NodeOperationError if neither has one
 */
export function resolveTouchpointId({
	client,
	functions,
	itemIndex,
	options,
}: ItemContext & {
	client: TalkdeskClient;
	options: { touchpointId?: string };
}): string {
	const touchpointId = options.touchpointId ?? client.settings.touchpointId;
	if (touchpointId) return touchpointId;
	throw new NodeOperationError(functions.getNode(), 'No touchpoint is set', {
		itemIndex,
		description:
			"Enter the 'Touchpoint ID' in the credential or in the options of this node. In Talkdesk, it is under Admin > Channels > Digital Connect.",
	});
}

/** An output item, paired with its input item. */
export function outputItem(json: IDataObject, itemIndex: number): INodeExecutionData {
	return { json, pairedItem: { item: itemIndex } };
}
