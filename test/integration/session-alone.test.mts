import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { noteWebhook } from '../../nodes/Talkdesk/sessions/processRole';
import { FakeDataTables } from '../support/fakeDataTables.mts';
import type { Fault } from '../simulator/faults.mts';
import { run, SEND, START, talkdesk } from './fixtures.mts';
import { startResumeServer } from './resumeServer.mts';
import type { RunOptions } from './runNode.mts';
import {
	dataTables,
	event,
	own,
	says,
	started,
	trigger,
	workflowId,
	ZOE,
} from './session-fixtures.mts';

/*
 * A process that takes the webhook calls and runs the executions. It looks for an unknown conversation once, unless a start is
 * under way: whatever may make a conversation known a moment later must count as one.
 */

beforeAll(noteWebhook);

const START_ROUTE = 'POST /api/digital-connect/conversations';
/** Talkdesk has started the conversation, and its answer is late. */
const LATE: Fault = { kind: 'hang', when: 'after', ms: 800 };

/** What the trigger of another workflow puts out. */
const heard = async (item: IDataObject, more: Partial<RunOptions> = {}) =>
	(await trigger([item], { workflowId: `trigger of ${workflowId}`, ...more })).events[0];

/** Fulfilled with the ID of a conversation that Talkdesk has started, besides those before. */
async function nextConversation(count: number): Promise<string> {
	for (;;) {
		const conversation = talkdesk.conversations()[count];
		if (conversation) return conversation.id;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

/** The starts get these faults, one after the other. */
const startsGet = (...faults: Array<Fault | undefined>) =>
	talkdesk.configure({
		faults: ({ route }) => (route === START_ROUTE ? faults.shift() : undefined),
	});

/** A process that has heard of a conversation, so that it knows that it is alone. */
const alone = async () => {
	const conversationId = await started('another');
	await heard(says(conversationId, 'Hi', ZOE));
};

it('finds the session of an event that comes before Talkdesk has answered to its start', async () => {
	await alone();
	startsGet(LATE);
	const start = run({ ...START, sessionId: 's1' }, own());
	const conversationId = await nextConversation(1);
	expect(await heard(event('conversation_started', conversationId))).toMatchObject({
		sessionId: 's1',
	});
	await start;
});

it('finds the session of a start in a list of items, of which another one has ended', async () => {
	await alone();
	startsGet(undefined, LATE);
	const list = run(
		{ ...START, sessionId: '={{ $json.sessionId }}' },
		{ ...own(), items: [{ sessionId: 's1' }, { sessionId: 's2' }] },
	);
	await nextConversation(2);
	while (dataTables.rows?.length !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
	const stored = dataTables.rows.map((row) => row.conversationId);
	const late = talkdesk.conversations().find(({ id }) => !stored.includes(id));
	expect(await heard(event('conversation_started', String(late?.id)))).toMatchObject({
		sessionId: expect.stringMatching(/^s[12]$/),
	});
	await list;
});

it('finds the session of a successor', async () => {
	await alone();
	const ended = await started('s1');
	await talkdesk.agent.end(ended);
	startsGet(LATE);
	const options: INodeParameters = {
		ifConversationEnded: 'startNew',
		contactEmail: 'ann@example.com',
	};
	const sent = run(
		{ ...SEND, options },
		{ ...own(), items: [{ conversationId: ended, text: 'Hi' }] },
	);
	const successor = await nextConversation(2);
	expect(await heard(event('conversation_started', successor))).toMatchObject({ sessionId: 's1' });
	expect((await sent).error).toBeUndefined();
});

it('finds the session of a start that failed, and that n8n’s Retry On Fail repeats', async () => {
	await alone();
	startsGet({ kind: 'cut', when: 'after' });
	const options: INodeParameters = { maxRetries: 0 };
	const start = async () => await run({ ...START, sessionId: 's1', options }, own());
	const first = await start();
	expect(first.error).toBeDefined();
	const conversationId = await nextConversation(1);
	const late = heard(says(conversationId, 'Hi', ZOE));
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect((await start()).items[0]?.json).toMatchObject({ conversationId });
	expect(await late).toMatchObject({ sessionId: 's1' });
});

it('hands an event to the execution that has started its conversation without a session, and comes to wait', async () => {
	await alone();
	const server = await startResumeServer({ status: 200, body: { accepted: true } });
	try {
		startsGet(LATE);
		const start = run(START, {
			...own(),
			waitingUrl: new URL('/webhook-waiting', server.url).href,
		});
		const conversationId = await nextConversation(1);
		expect(await heard(event('conversation_ended', conversationId))).toBeUndefined();
		expect((await start).error).toBeUndefined();
		expect(server.calls).toMatchObject([{ event: { conversationId } }]);
	} finally {
		server.close();
	}
});

it('hands an event to an execution of the project that the workflow was moved to', async () => {
	await alone();
	const server = await startResumeServer({ status: 200, body: { accepted: true } });
	try {
		const moved = new FakeDataTables();
		// A table of its own, with an ID of its own.
		Object.assign(moved, { tables: 2 });
		moved.rows = [
			{ id: 1, conversationId: 'c1', sessionId: 's1', status: 'open', resumeUrl: server.url },
		];
		expect(await heard(says('c1', 'Hi', ZOE), { dataTables: moved })).toBeUndefined();
		expect(server.calls).toMatchObject([{ event: { text: 'Hi', sessionId: 's1' } }]);
	} finally {
		server.close();
	}
});
