import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { BoundedMap } from '../collections/boundedMap';
import { markProcessed } from '../deduplication/database';
import { sha256Json } from '../text/hash';
import { executionIdentity } from '../deduplication/executionIdentity';
import { agentOf } from './findSession';

/** By agent and conversation: what came first here of the agent, and whether it was the first of all. */
const heard = new BoundedMap<string, { claim: string; isFirst: Promise<boolean> }>(10_000);

/**
 * Whether a message is the first of this human agent in the conversation, also after a transfer.
 *
 * No event of Talkdesk says reliably that an agent has joined (docs/decisions), so the first message does. n8n's database
 * remembers who has written, with the call that came first: a retried execution says the same again, and that of a duplicate
 * or of another trigger doesn't.
 *
 * @param call what was noted of the call, such as its place among others
 * @returns undefined if the event is no message of a human agent. Never rejects.
 */
export async function isFirstOfAgent(
	functions: IExecuteFunctions,
	json: IDataObject,
	call: unknown,
): Promise<boolean | undefined> {
	const name = agentOf(json);
	if (name === undefined) return undefined;
	const mode = functions.getMode();
	// In a test every event counts as new.
	if (mode === 'manual') return true;
	const { conversationId, eventId } = json;
	const agent = sha256Json(['agent joined', conversationId, name]);
	const here = `${functions.getWorkflow().id}/${agent}`;
	const claim = executionIdentity(functions, eventId, call);
	const before = heard.get(here);
	if (before && mode !== 'retry') return before.claim === claim && (await before.isFirst);
	const isFirst = askDatabase(functions, agent, eventId, call);
	heard.set(here, { claim, isFirst });
	return await isFirst;
}

/** Whether no execution has noted the agent before; a retried one may have done so itself. */
async function askDatabase(
	functions: IExecuteFunctions,
	agent: string,
	eventId: unknown,
	call: unknown,
): Promise<boolean> {
	const mode = functions.getMode();
	const note = async (...key: unknown[]) =>
		await markProcessed(functions, sha256Json(key), 'workflow');
	const event = [agent, eventId, functions.getNode().id, call];
	// One call of the database for both: an agent whom this process hasn't heard is most likely new.
	const [isFirst, isNoted] = await Promise.all([
		markProcessed(functions, agent, 'workflow'),
		note(...event).then((isNew) => !isNew),
	]);
	if (isFirst) return true;
	if (isNoted && mode !== 'retry') return false;
	// n8n can't look without noting. So the number of notes is odd for a first event, and even for another one.
	let notes = isNoted ? 1 : 0;
	if (isNoted) while (!(await note(...event, notes))) notes++;
	await note(...event, notes + 1);
	return notes % 2 === 1;
}
