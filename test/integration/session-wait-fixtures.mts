import { clock } from '../support/fakeClock.mts';
import { startResumeServer } from './resumeServer.mts';
import { dataTables } from './session-fixtures.mts';

let conversations = 0;
let close = () => {};
afterEach(() => close());

/** A conversation that an execution waits for, whose n8n gives these answers. */
export async function waitedFor(...answers: Parameters<typeof startResumeServer>) {
	const server = await startResumeServer(...answers);
	close = server.close;
	const conversationId = `conversation ${++conversations}`;
	// Not by a start: the clock of these tests is not for requests to Talkdesk.
	Object.assign(dataTables, { tables: 1 });
	const startedAt = new Date(clock.now - 20_000).toISOString();
	const row = { id: 1, conversationId, sessionId: 's1', status: 'open', startedAt };
	dataTables.rows = [{ ...row, resumeUrl: server.url }];
	return { conversationId, server };
}
export const resumeUrl = () => dataTables.rows?.[0]?.resumeUrl;
