import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ApplicationError, NodeApiError, NodeOperationError } from 'n8n-workflow';

import { talkdeskClient } from '../api/client';
import { TalkdeskApiError } from '../api/errors';
import { resources } from './index';
import type { OperationContext } from './operation';

/** Runs the chosen operation for every input item. With Continue On Fail an item that fails becomes an item with its error. */
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
	const output: INodeExecutionData[] = [];
	for (let itemIndex = 0; itemIndex < items.length; itemIndex++) {
		const context: OperationContext = { functions: this, client, itemIndex };
		const outcome = await chosen
			.execute(context)
			.catch((error: unknown) => asNodeError(context, error));
		if (Array.isArray(outcome)) {
			output.push(...outcome);
		} else if (this.continueOnFail()) {
			output.push({ json: errorJson(outcome), pairedItem: { item: itemIndex } });
		} else {
			throw outcome;
		}
	}
	return [output];
}

type NodeFailure = NodeApiError | NodeOperationError;

/** The error with the index of the item that it is about. */
function asNodeError({ functions, itemIndex }: OperationContext, error: unknown): NodeFailure {
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
		const { kind, status, code, fields } = error.problem;
		Object.assign(details, { kind, status, code, fields });
	} else {
		details.kind = 'parameter';
	}
	return { error: error.message, message: error.description ?? error.message, details };
}
