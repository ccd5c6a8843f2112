import type { IExecuteFunctions } from 'n8n-workflow';

import { BoundedMap } from '../../collections/boundedMap';
import { markProcessed } from '../../deduplication/database';
import { isTool } from '../../parameters/isTool';
import { sha256Json } from '../../text/hash';

/** How many results are remembered. */
const MAX_REMEMBERED = 5000;

/** Results by conversation and work, for n8n's *Retry On Fail*. */
const results = new BoundedMap<string, boolean>(MAX_REMEMBERED);

/**
 * Whether other work has started this conversation before (docs/decisions/0021).
 *
 * Hashes are recorded, because n8n's *Remove Duplicates* node may use the same database row for conversation IDs, and
 * another Talkdesk account may have the same ID.
 *
 * @param started.touchpointId tells accounts on the same API host apart
 * @param started.work the idempotency key of this work. If it started the conversation itself, the result is false.
 * @param started.isKnown whether the conversation was found, so that the work can't be the first
 */
export async function wasStartedEarlier(
	functions: IExecuteFunctions,
	{
		apiBaseUrl,
		touchpointId,
		conversationId,
		work,
		isKnown = false,
	}: {
		apiBaseUrl: string;
		touchpointId: string;
		conversationId: string;
		work: string;
		isKnown?: boolean;
	},
): Promise<boolean> {
	const conversation = sha256Json(['started', apiBaseUrl, touchpointId, conversationId]);
	const workKey = `${conversation} by ${work}`;
	const known = results.get(workKey);
	// A tool call that repeats earlier work comes from a model that has seen the first result.
	const isToolCall = isTool(functions);
	if (known !== undefined) return known || isToolCall;
	const [isNew, isNewWork] = await Promise.all([
		markProcessed(functions, conversation, 'workflow'),
		markProcessed(functions, workKey, 'workflow'),
	]);
	const isEarlier = (!isNew || isKnown) && (isNewWork || isToolCall);
	results.set(workKey, isEarlier);
	return isEarlier;
}
