import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { tableOf } from '../../../nodes/Talkdesk/sessions/projectTable';
import { sessionsOf } from '../../../nodes/Talkdesk/sessions/dataTableSessions';
import { whileStarting } from '../../../nodes/Talkdesk/sessions/starts';
import { noteWaits, waitsOf } from '../../../nodes/Talkdesk/sessions/waits';
import { findSession } from '../../../nodes/Talkdesk/trigger/findSession';
import { NODE } from '../../support/node.mts';

afterEach(() => jest.useRealTimers());

let workflows = 0;

/** A workflow whose operations of the Data Table end when they are told to. */
function workflow() {
	const id = `workflow ${++workflows}`;
	const pending: Array<(rows: IDataObject[]) => void> = [];
	const functions: IExecuteFunctions = Object.create({
		getNode: () => NODE,
		getWorkflow: () => ({ id }),
		getMode: () => 'webhook',
		executeWorkflow: async () =>
			await new Promise((resolve) =>
				pending.push((rows) => resolve({ data: [rows.map((json) => ({ json }))] })),
			),
	});
	/** Ends an operation; the oldest if not told otherwise. */
	const answer = async (rows: IDataObject[], which = 0) => {
		pending.splice(which, 1)[0]?.(rows);
		await new Promise((resolve) => setImmediate(resolve));
	};
	return { functions, answer, pending };
}
const TABLE = { id: 't1', name: 'talkdesk_conversations' };

it('a look that began before this process created the table is repeated', async () => {
	const trigger = workflow();
	const starter = workflow();
	const look = tableOf(trigger.functions).existing();
	const creation = tableOf(starter.functions).forWriting();
	await starter.answer([TABLE]);
	expect(await creation).toBe('t1');
	await trigger.answer([]);
	await trigger.answer([TABLE]);
	expect(await look).toBe('t1');
	// It is known from now on.
	expect(await tableOf(trigger.functions).existing()).toBe('t1');
});

/** A trigger that knows the table, and asks who waits for a conversation. */
async function asking() {
	const { functions, answer } = workflow();
	const known = tableOf(functions).existing();
	await answer([TABLE]);
	await known;
	const find = async () => {
		const found = waitsOf(functions).find('c1');
		await new Promise((resolve) => setImmediate(resolve));
		return { found };
	};
	return { find, answer };
}
const ROW = { conversationId: 'c1', resumeUrl: 'https://n8n.test/1' };

it('a look that began before an execution waits does not say that none does', async () => {
	const { find, answer } = await asking();
	const { found } = await find();
	noteWaits(workflow().functions);
	// No row has a URL; then the row of the conversation has one.
	await answer([]);
	await answer([ROW]);
	expect(await found).toMatchObject({ resumeUrl: ROW.resumeUrl });
});

it.each<[string, (functions: IExecuteFunctions) => Promise<unknown>, number]>([
	['registers', async (waiter) => await waitsOf(waiter).register('c1', ROW.resumeUrl), 2],
	[
		'is to wait',
		async (starter) =>
			await sessionsOf(starter).remember(
				{
					conversationId: 'c1',
					sessionId: 's1',
					sessionData: '',
					contactEmail: '',
					touchpointId: '',
				},
				true,
			),
		2,
	],
])('nor does one that began before the row of an execution that %s', async (_, write, before) => {
	const { find, answer } = await asking();
	const waiter = workflow();
	const written = write(waiter.functions);
	for (let operation = 0; operation < before; operation++) await waiter.answer([TABLE]);
	const { found } = await find();
	// The row is written, then the last operation, if there is one.
	await waiter.answer([ROW]);
	await answer([]);
	await answer([ROW]);
	expect(await found).toMatchObject({ resumeUrl: ROW.resumeUrl });
	await waiter.answer([]);
	await written;
});

it.each([
	['before', 'ends before', [0, 0]],
	['before', 'ends after', [1, 0]],
	['after', 'ends before', [1, 0]],
])(
	'an agent whose look begins %s and %s an end that it does not see is noted again',
	async (begins, _, order) => {
		const { functions, answer, pending } = workflow();
		const sessions = sessionsOf(functions);
		const known = tableOf(functions).existing();
		await answer([TABLE]);
		await known;
		const open = { conversationId: 'c1', sessionId: 's1', status: 'open', agentName: 'Zoe' };
		const write = async () => await sessions.agentWrites('c1', 'Zoe', '2026-01-02T12:00:00.000Z');
		const end = async () => await sessions.end('c1', '2026-01-02T12:00:01.000Z');
		const both = (begins === 'before' ? [write, end] : [end, write]).map((each) => each());
		await new Promise((resolve) => setImmediate(resolve));
		// Both rows are what the agent's look has seen, and what the end has changed.
		for (const which of order) await answer([open], which);
		await Promise.all(both);
		void sessions.agentWrites('c1', 'Zoe', '2026-01-02T12:00:02.000Z');
		await new Promise((resolve) => setImmediate(resolve));
		expect(pending).toHaveLength(1);
	},
);

it('a look for a session during which its start ends is repeated', async () => {
	jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
	const trigger = workflow();
	let endStart = () => {};
	const isStarted = new Promise<void>((resolve) => (endStart = resolve));
	void whileStarting(async () => await isStarted);
	const session = findSession(trigger.functions, {
		event: 'conversation_started',
		conversationId: 'c1',
	});
	await trigger.answer([TABLE]);
	for (let look = 0; look < 6; look++) {
		await trigger.answer([]);
		await jest.advanceTimersByTimeAsync(2_000);
	}
	endStart();
	await trigger.answer([]);
	await jest.advanceTimersByTimeAsync(2_000);
	await trigger.answer([{ conversationId: 'c1', sessionId: 's1', status: 'open' }]);
	expect(await session).toEqual({ sessionId: 's1' });
});
