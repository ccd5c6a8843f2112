import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { markProcessed } from '../deduplication/database';
import { sha256Json } from '../text/hash';
import { agentOf } from './session';

/** The agents who have written in a conversation, as far as this process and the workflow know. */
const heard = new BoundedMap<string, true>(10_000);

/**
 * Whether a message is the first of this human agent in the conversation, also after a transfer.
 *
 * No event of Talkdesk says reliably that an agent has joined (docs/decisions), so the first message does. n8n's database
 * remembers who has written, with the event that came first: a retried execution says the same again.
 *
 * @returns undefined if the event is no message of a human agent. Never rejects.
 */
export async function isFirstOfAgent(
	functions: IExecuteFunctions,
	json: IDataObject,
): Promise<boolean | undefined> {
	const name = agentOf(json);
	if (name === undefined) return undefined;
	const mode = functions.getMode();
	// In a test every event counts as new.
	if (mode === 'manual') return true;
	const { conversationId, eventId } = json;
	const agent = sha256Json(['agent joined', conversationId, name]);
	const here = `${functions.getWorkflow().id}/${agent}`;
	if (heard.has(here) && mode !== 'retry') return false;
	heard.set(here, true);
	const isFirst = await markProcessed(functions, agent, 'workflow');
	if (!isFirst && mode !== 'retry') return false;
	if (isFirst) {
		await markProcessed(functions, sha256Json([agent, eventId]), 'workflow');
		return true;
	}
	return await hasBeenFirst(functions, [agent, eventId]);
}

/**
 * Whether an event was noted as the first, however often its execution is retried.
 *
 * n8n can't look without noting. So the number of notes is odd for a first event, and even for another one.
 */
async function hasBeenFirst(functions: IExecuteFunctions, event: unknown[]): Promise<boolean> {
	const note = async (index: number) => {
		const key = sha256Json(index === 0 ? event : [...event, index]);
		return await markProcessed(functions, key, 'workflow');
	};
	let notes = 0;
	while (!(await note(notes))) notes++;
	await note(notes + 1);
	return notes % 2 === 1;
}
