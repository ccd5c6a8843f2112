import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ApplicationError, NodeApiError, NodeOperationError } from 'n8n-workflow';

import { talkdeskClient, type TalkdeskClient } from '../api/client';
import { TalkdeskApiError } from '../api/errors';
import { FileRejectedError } from '../files/policy';
import { enqueue } from './conversationQueue';
import { resources } from './index';
import type { Operation } from './operation';
import type { ItemContext } from '../parameters/item';
import { mapWithConcurrency } from './mapWithConcurrency';

/**
 * Runs the chosen operation for every input item: items of one conversation in their order, also over executions of this
 * process, others side by side. With Continue On Fail an item that fails becomes an item with its error.
 *
 * Nothing may throw outside of an item's own `try`: n8n would put the input on the first output, the one for success, if the
 * node is to continue on errors (`handleNodeExecutionError` in n8n-core).
 */
export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const signal = this.getExecutionCancelSignal();
	const failures: NodeFailure[] = [];
	let client: Promise<TalkdeskClient> | undefined;
	const run = async (itemIndex: number): Promise<INodeExecutionData[][]> => {
		const context = { functions: this, itemIndex };
		try {
			const operation = chosenOperation(this);
			// Nothing may come between the two: a client that nobody waits for would fail unheard, which ends the process.
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
	// All places are taken before anything is waited for: that is the order in which the messages came to this node.
	const order = Number(this.getExecutionId()) || 0;
	const sequences = groupBySequence(this).map((items) => ({
		...items,
		place: items.key === undefined ? undefined : enqueue(items.key, order),
	}));
	try {
		await mapWithConcurrency(sequences, CONCURRENCY, async ({ indexes, place }) => {
			const isTurn = await place?.acquire(signal);
			if (isTurn === false && !signal?.aborted) {
				this.logger.warn(
					`${this.getNode().name}: a message went out ahead of an earlier one, which takes too long`,
				);
			}
			for (const itemIndex of indexes) {
				// Nothing new begins. After a failure, what is under way is finished; after a stop, n8n breaks it off.
				if (failures.length > 0 || signal?.aborted) break;
				output[itemIndex] = await run(itemIndex);
			}
			place?.release();
		});
	} finally {
		for (const { place } of sequences) place?.release();
	}
	const [first] = failures;
	if (first) throw first;
	return joinOutputs(output);
}

/** The items of each output, from those of each input item. */
function joinOutputs(results: INodeExecutionData[][][]): INodeExecutionData[][] {
	const outputs = Math.max(1, ...results.map((result) => result.length));
	return Array.from({ length: outputs }, (_, index) =>
		results.flatMap((result) => result[index] ?? []),
	);
}

/** How many items are on their way side by side: with 50 ms to Talkdesk, 500 messages wait half a second in all. */
const CONCURRENCY = 50;

function chosenOperation(functions: IExecuteFunctions): Operation {
	const resource = functions.getNodeParameter('resource', 0);
	const operation = functions.getNodeParameter('operation', 0);
	const chosen = resources
		.find(({ name }) => name === resource)
		?.operations.find(({ option }) => option.value === operation);
	if (chosen) return chosen;
	throw new NodeOperationError(
		functions.getNode(),
		`There is no operation '${String(resource)}: ${String(operation)}'`,
		{ description: 'Choose Resource and Operation again.' },
	);
}

/** Items that go one after the other. */
interface Sequence {
	/** What they belong to; undefined for an item that belongs to nothing. */
	key?: string;
	indexes: number[];
}

function groupBySequence(functions: IExecuteFunctions): Sequence[] {
	const sequences: Sequence[] = [];
	const byKey = new Map<string, Sequence>();
	for (const itemIndex of functions.getInputData().keys()) {
		const key = sequenceKeyOf({ functions, itemIndex });
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

function sequenceKeyOf(context: ItemContext): string | undefined {
	try {
		return chosenOperation(context.functions).sequenceKey?.(context);
	} catch {
		// The item itself will say what is wrong with its parameter.
		return undefined;
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

/** What went wrong, when it wasn't Talkdesk: a parameter, a file that may not pass, or something else. */
function failureKind(error: unknown): 'parameter' | 'fileRejected' | 'internal' {
	if (error instanceof NodeOperationError) return 'parameter';
	return error instanceof FileRejectedError ? 'fileRejected' : 'internal';
}

/** For n8n an empty text is no error: the item would go to the output for success. */
const UNNAMED_ERROR = 'Something failed without saying what';

/**
 * What a workflow can branch on. n8n takes an item for an error, and sends it to the error output, when it has just these
 * three keys; beside an item's own `error` property it would drop the rest of the JSON.
 */
function errorJson(error: NodeFailure, otherKind: ReturnType<typeof failureKind>): IDataObject {
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
		details.kind = otherKind;
	}
	const said = error.message || UNNAMED_ERROR;
	return { error: said, message: error.description || said, details };
}
