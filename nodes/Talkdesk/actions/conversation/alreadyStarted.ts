import type { IExecuteFunctions } from 'n8n-workflow';

import { markProcessed } from '../../deduplication/database';
import { isTool } from '../../parameters/isTool';
import { sha256Json } from '../../text/hash';

/** How many answers this process keeps. */
const MAX_KEPT = 5000;

/** What was found out, by conversation and piece of work: n8n's Retry On Fail asks again. Oldest first. */
const answers = new Map<string, boolean>();

/**
 * Whether another piece of work has started this conversation. Talkdesk answers a repeated idempotency key like a new one,
 * so n8n's database has to remember it: the conversation, and with it the work that came first. Both are known if the very
 * work that started it is repeated.
 *
 * What is remembered says what it is: n8n's own Remove Duplicates node may look for IDs of conversations in the same row of
 * the database, and another account of Talkdesk may have the same ID.
 *
 * @param started.touchpointId where it was started: it tells accounts apart that share an API
 * @param started.work the key of this piece of work
 */
export async function wasStartedEarlier(
	functions: IExecuteFunctions,
	{
		apiBaseUrl,
		touchpointId,
		conversationId,
		work,
	}: { apiBaseUrl: string; touchpointId: string; conversationId: string; work: string },
): Promise<boolean> {
	const conversation = sha256Json(['started', apiBaseUrl, touchpointId, conversationId]);
	const byWork = `${conversation} by ${work}`;
	const known = answers.get(byWork);
	// A tool works on one item: if this work has got an answer before, the model has it, and calls again.
	const isAskedAgain = isTool(functions);
	if (known !== undefined) return known || isAskedAgain;
	const [isNew, isNewWork] = await Promise.all([
		markProcessed(functions, conversation, 'workflow'),
		markProcessed(functions, byWork, 'workflow'),
	]);
	const isEarlier = !isNew && (isNewWork || isAskedAgain);
	answers.set(byWork, isEarlier);
	const [oldest] = answers.keys();
	if (answers.size > MAX_KEPT && oldest !== undefined) answers.delete(oldest);
	return isEarlier;
}
