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

/** What an operation works on: one item of the node's input. */
export interface OperationContext<Declared extends Options = Options> extends ItemContext {
	/** With the item's options for requests. */
	client: TalkdeskClient;
	/** The item's options, checked. */
	options: OptionValues<Declared>;
}

/** One thing the user can do, for the router. */
export interface Operation {
	/** How it appears in the list of operations. */
	option: INodePropertyOptions & { value: string };
	/** Its parameters; when they are shown is added by the resource. */
	properties: INodeProperties[];
	/**
	 * What the item belongs to: a conversation, for example. What belongs together is done one after the other, in its order.
	 */
	sequenceKey?(context: ItemContext): string | undefined;
	/** @returns the output items of this input item, by output */
	execute(context: ItemContext, client: TalkdeskClient): Promise<INodeExecutionData[][]>;
}

interface Declaration<Own extends Options, Output> {
	option: Operation['option'];
	properties: INodeProperties[];
	/** The options of its own, each with its schema; those for requests are added. */
	options: Own;
	sequenceKey?(context: ItemContext): string | undefined;
	execute(context: OperationContext<Own>): Promise<Output>;
}

/** Declares an operation with one output. A new one is a file of its own and a line in `index.ts`. */
export function defineOperation<Own extends Options>(
	declaration: Declaration<Own, INodeExecutionData[]>,
): Operation {
	return defineBranchingOperation({
		...declaration,
		execute: async (context) => [await declaration.execute(context)],
	});
}

/** Declares an operation with several outputs, which the node's description has to name as well. */
export function defineBranchingOperation<Own extends Options>({
	options,
	properties,
	sequenceKey,
	execute,
	...rest
}: Declaration<Own, INodeExecutionData[][]>): Operation {
	return {
		...rest,
		sequenceKey,
		properties: [...properties, optionsProperty({ ...requestOptions, ...options })],
		async execute(context, client) {
			const limits = readOptions(context, requestOptions);
			return await execute({
				...context,
				options: readOptions(context, options),
				client: client.extend(limits),
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

/** @throws NodeOperationError if neither the options nor the credential names one */
export function touchpointOf({
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
	throw new NodeOperationError(functions.getNode(), 'There is no touchpoint to start in', {
		itemIndex,
		description:
			'Enter the Touchpoint ID in the credential, or in the option Touchpoint ID of this node (Talkdesk: Admin > Channels > Digital Connect).',
	});
}

/** One output item with this JSON. */
export function outputItem(json: IDataObject, itemIndex: number): INodeExecutionData {
	return { json, pairedItem: { item: itemIndex } };
}
