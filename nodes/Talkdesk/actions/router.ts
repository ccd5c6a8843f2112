import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ApplicationError, NodeApiError, NodeOperationError } from 'n8n-workflow';

import { talkdeskClient } from '../api/client';
import { TalkdeskApiError } from '../api/errors';
import { resources } from './index';
import { limitsOf, readOptions, type ItemContext, type Operation } from './operation';
import { sideBySide } from './sideBySide';

/**
 * Runs the chosen operation for every input item: items of one conversation in their order, others side by side. With
 * Continue On Fail an item that fails becomes an item with its error.
 */
export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = this.getInputData();
	const resource = this.getNodeParameter('resource', 0);
	const operation = this.getNodeParameter('operation', 0);
	const chosen = resources
		.find(({ name }) => name === resource)
		?.operations.find(({ option }) => option.value === operation);
	if (!chosen) {
		throw new NodeOperationError(
			this.getNode(),
			`There is no operation '${resource}: ${operation}'`,
			{
				description: 'Choose Resource and Operation again.',
			},
		);
	}

	const client = await talkdeskClient(this);
	const signal = this.getExecutionCancelSignal();
	const failures: NodeFailure[] = [];
	const run = async (itemIndex: number): Promise<INodeExecutionData[]> => {
		const context = { functions: this, itemIndex };
		try {
			const options = readOptions(context);
			return await chosen.execute({
				...context,
				options,
				client: client.with(limitsOf(options)),
			});
		} catch (error) {
			const failure = asNodeError(context, error);
			if (this.continueOnFail()) {
				return [{ json: errorJson(failure), pairedItem: { item: itemIndex } }];
			}
			failures.push(failure);
			return [];
		}
	};

	const output = items.map((): INodeExecutionData[] => []);
	await sideBySide(inOrder(this, chosen), CONCURRENCY, async (group) => {
		for (const itemIndex of group) {
			// Nothing new begins. After a failure, what is under way is finished; after a stop, n8n breaks it off.
			if (failures.length > 0 || signal?.aborted) return;
			output[itemIndex] = await run(itemIndex);
		}
	});
	const [first] = failures;
	if (first) throw first;
	return [output.flat()];
}

/** How many items are on their way side by side: with 50 ms to Talkdesk, 500 messages wait half a second in all. */
const CONCURRENCY = 50;

/** The items in groups that go side by side; those of one group go one after the other. */
function inOrder(functions: IExecuteFunctions, { orderedBy }: Operation): number[][] {
	const groups = new Map<string, number[]>();
	for (const itemIndex of functions.getInputData().keys()) {
		const key = orderedBy ? keyOf({ functions, itemIndex }, orderedBy) : `item ${itemIndex}`;
		const group = groups.get(key);
		if (group) group.push(itemIndex);
		else groups.set(key, [itemIndex]);
	}
	return [...groups.values()];
}

function keyOf(context: ItemContext, orderedBy: NonNullable<Operation['orderedBy']>): string {
	try {
		return `group ${orderedBy(context)}`;
	} catch {
		// The item itself will say what is wrong with its parameter.
		return `item ${context.itemIndex}`;
	}
}

type NodeFailure = NodeApiError | NodeOperationError;

/** The error with the index of the item that it is about. */
function asNodeError({ functions, itemIndex }: ItemContext, error: unknown): NodeFailure {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) {
		error.context.itemIndex = itemIndex;
		return error;
	}
	const cause = error instanceof Error ? error : new ApplicationError(String(error));
	return new NodeOperationError(functions.getNode(), cause, { itemIndex });
}

/**
 * What a workflow can branch on. n8n takes an item for an error, and sends it to the error output, when it has just these
 * three keys; beside an item's own `error` property it would drop the rest of the JSON.
 */
function errorJson(error: NodeFailure): IDataObject {
	const details: IDataObject = {};
	if (error instanceof TalkdeskApiError) {
		const { kind, status, code, fields, retryAfter, outcomeUnknown, mayBeOurs } = error.problem;
		Object.assign(details, { kind, status, code, fields });
		if (retryAfter !== undefined) details.retryAfterMs = retryAfter;
		if (outcomeUnknown || mayBeOurs) details.outcomeUnknown = true;
	} else {
		details.kind = 'parameter';
	}
	return { error: error.message, message: error.description ?? error.message, details };
}
