import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ApplicationError, NodeApiError, NodeOperationError } from 'n8n-workflow';

import { talkdeskClient, type TalkdeskClient } from '../api/client';
import { TalkdeskApiError } from '../api/errors';
import { FileRejectedError } from '../files/policy';
import { noteExecution } from '../sessions/processRole';
import { enqueue } from '../collections/orderedQueue';
import { resources } from './index';
import type { Operation } from './operation';
import type { ItemContext } from '../parameters/item';
import { mapWithConcurrency } from './mapWithConcurrency';

/**
 * Runs the selected operation for every input item. Items of one conversation run in their order, others in parallel. If
 * the node continues on errors, a failed item becomes an item with its error.
 *
 * Nothing may throw outside of an item's own `try`: docs/decisions/0019.
 */
export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	noteExecution(this.getMode());
	const signal = this.getExecutionCancelSignal();
	const failures: NodeFailure[] = [];
	let client: Promise<TalkdeskClient> | undefined;
	const runItem = async (itemIndex: number): Promise<INodeExecutionData[][]> => {
		const context = { functions: this, itemIndex };
		try {
			const operation = findOperation(this);
			// No `await` in between: an unhandled rejection of the client would end the process.
			client ??= talkdeskClient(this);
			return await operation.execute(context, await client);
		} catch (error) {
			const failure = asNodeError(context, error);
			if (this.continueOnFail()) {
				const json = errorJson(failure, failureKind(error));
				return [[{ json, pairedItem: { item: itemIndex } }]];
			}
			failures.push(failure);
			return [];
		}
	};

	const output = this.getInputData().map((): INodeExecutionData[][] => []);
	// All queues are joined before the first `await`: docs/decisions/0018.
	const order = Number(this.getExecutionId()) || 0;
	const sequences = groupBySequence(this).map((items) => ({
		...items,
		ticket: items.key === undefined ? undefined : enqueue(items.key, order),
	}));
	try {
		await mapWithConcurrency(sequences, CONCURRENCY, async ({ indexes, ticket }) => {
			const isTurn = await ticket?.acquire(signal);
			if (isTurn === false && !signal?.aborted) {
				this.logger.warn(
					`${this.getNode().name}: a message was sent before an earlier one that takes too long`,
				);
			}
			for (const itemIndex of indexes) {
				// No new item starts. After a failure, running items finish; after a stop, n8n aborts them.
				if (failures.length > 0 || signal?.aborted) break;
				output[itemIndex] = await runItem(itemIndex);
			}
			ticket?.release();
		});
	} finally {
		for (const { ticket } of sequences) ticket?.release();
	}
	const [first] = failures;
	if (first) throw first;
	return joinOutputs(output);
}

/** The items of each output, from the outputs of each input item. */
function joinOutputs(results: INodeExecutionData[][][]): INodeExecutionData[][] {
	const outputs = Math.max(1, ...results.map((result) => result.length));
	return Array.from({ length: outputs }, (_, index) =>
		results.flatMap((result) => result[index] ?? []),
	);
}

/** Items that run at the same time. At 50 ms per request, 500 messages take half a second. */
const CONCURRENCY = 50;

function findOperation(functions: IExecuteFunctions): Operation {
	const resource = functions.getNodeParameter('resource', 0);
	const operation = functions.getNodeParameter('operation', 0);
	const chosen = resources
		.find(({ name }) => name === resource)
		?.operations.find(({ option }) => option.value === operation);
	if (chosen) return chosen;
	throw new NodeOperationError(
		functions.getNode(),
		`The operation '${String(resource)}: ${String(operation)}' is not supported`,
		{ description: "Select 'Resource' and 'Operation' again." },
	);
}

/** Items that run one after the other. */
interface Sequence {
	/** Undefined for an item without a sequence. */
	key?: string;
	indexes: number[];
}

function groupBySequence(functions: IExecuteFunctions): Sequence[] {
	const sequences: Sequence[] = [];
	const byKey = new Map<string, Sequence>();
	for (const itemIndex of functions.getInputData().keys()) {
		const key = safeSequenceKey({ functions, itemIndex });
		const known = key === undefined ? undefined : byKey.get(key);
		if (known) {
			known.indexes.push(itemIndex);
			continue;
		}
		const sequence: Sequence = { key, indexes: [itemIndex] };
		sequences.push(sequence);
		if (key !== undefined) byKey.set(key, sequence);
	}
	return sequences;
}

function safeSequenceKey(context: ItemContext): string | undefined {
	try {
		return findOperation(context.functions).sequenceKey?.(context);
	} catch {
		// The execution of the item reports the invalid parameter.
		return undefined;
	}
}

type NodeFailure = NodeApiError | NodeOperationError;

/** The error as n8n shows it, with the index of its item. */
function asNodeError({ functions, itemIndex }: ItemContext, error: unknown): NodeFailure {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) {
		error.context.itemIndex = itemIndex;
		return error;
	}
	const cause = error instanceof Error ? error : new ApplicationError(String(error));
	return new NodeOperationError(functions.getNode(), cause, { itemIndex });
}

/** The kind of a failure that isn't an error of Talkdesk. */
function failureKind(error: unknown): 'parameter' | 'fileRejected' | 'internal' {
	if (error instanceof NodeOperationError) return 'parameter';
	return error instanceof FileRejectedError ? 'fileRejected' : 'internal';
}

/** n8n takes an item with an empty error message for a success. */
const UNNAMED_ERROR = 'The operation failed without a message';

/** The JSON of a failed item. It may have no other keys: docs/decisions/0026. */
function errorJson(error: NodeFailure, fallbackKind: ReturnType<typeof failureKind>): IDataObject {
	const details: IDataObject = {};
	if (error instanceof TalkdeskApiError) {
		const {
			kind,
			status,
			code,
			fields,
			retryAfter,
			outcomeUnknown,
			earlierAttemptMayHaveSucceeded,
		} = error.problem;
		Object.assign(details, { kind, status, code, fields });
		if (retryAfter !== undefined) details.retryAfterMs = retryAfter;
		if (outcomeUnknown || earlierAttemptMayHaveSucceeded) details.outcomeUnknown = true;
	} else {
		details.kind = fallbackKind;
	}
	const message = error.message || UNNAMED_ERROR;
	return { error: message, message: error.description || message, details };
}
