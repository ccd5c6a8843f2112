import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { markProcessed } from './database';
import { executionIdentity } from './executionIdentity';

/** Which execution has recorded which event, as far as this process knows. */
const recorded = new BoundedMap<string, true>(10_000);

/** An event in an execution of the trigger. */
export interface ReceivedEvent {
	item: INodeExecutionData;
	/** What the webhook has noted of the call, if anything: the same in a retried execution, and in no other. */
	noted: unknown;
}

/**
 * The events that come for the first time, and in a repetition those that the execution has recorded itself. Before, the webhook
 * has dropped those that are under way (`claimEvents.ts`): docs/decisions/0007.
 */
export async function dropDuplicates<Event extends ReceivedEvent>(
	functions: IExecuteFunctions,
	events: Event[],
): Promise<Event[]> {
	const mode = functions.getMode();
	// A test in the editor, where the same event is sent again and again.
	if (mode === 'manual') return events;
	const isNew = await Promise.all(
		events.map(async ({ item, noted }) => {
			const { eventId } = item.json;
			if (typeof eventId !== 'string') return true;
			// Retry On Fail runs the node again in the same execution, with the same mode.
			const identity = executionIdentity(functions, eventId, noted);
			const isOwn = mode === 'retry' || recorded.has(identity);
			const isFirst = await markProcessed(functions, eventId);
			if (isFirst) recorded.set(identity, true);
			return isFirst || isOwn;
		}),
	);
	return events.filter((_event, index) => isNew[index]);
}
