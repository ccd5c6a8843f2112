import type { IDataObject } from 'n8n-workflow';

import { noteExecution, noteWebhook } from '../../../nodes/Talkdesk/sessions/processRole';
import { tableOf } from '../../../nodes/Talkdesk/sessions/projectTable';
import { sessionsOf } from '../../../nodes/Talkdesk/sessions/dataTableSessions';
import { whileStarting } from '../../../nodes/Talkdesk/sessions/starts';
import { waitsOf } from '../../../nodes/Talkdesk/sessions/waits';
import { findSession } from '../../../nodes/Talkdesk/trigger/findSession';
import { project, stopClock, TABLE_ID, withRows } from './fakeFunctions.mts';

/** What a process knows for sure if no other one runs executions. */
beforeAll(() => {
	noteWebhook();
	noteExecution('webhook');
});

const HOUR_MS = 3_600_000;
const T = Date.parse('2026-01-02T12:00:00.000Z');
const [NOON, LATER] = [new Date(T).toISOString(), new Date(T + 2 * HOUR_MS).toISOString()];
stopClock(T);

const URL = 'http://127.0.0.1/webhook-waiting/1/talkdesk?signature=a';
const row = (more: IDataObject = {}): IDataObject => ({
	conversationId: 'c1',
	sessionId: 's1',
	status: 'open',
	startedAt: NOON,
	...more,
});

it('an agent costs one look, however long the chat lasts, and one after an end that another workflow notes', async () => {
	const { tables, workflow, functions } = project();
	withRows(tables, row());
	const sessions = sessionsOf(functions);
	await sessions.agentWrites('c1', 'Zoe', NOON);
	const looks = tables.operations.length;
	jest.setSystemTime(T + HOUR_MS);
	await sessions.agentWrites('c1', 'Zoe', LATER);
	expect(tables.operations).toHaveLength(looks);
	await sessionsOf(workflow()).end('c1', NOON);
	await sessions.agentWrites('c1', 'Zoe', LATER);
	expect(tables.rows).toMatchObject([{ status: 'open' }]);
});

it('a project without a wait is asked once, until a workflow of the process waits', async () => {
	const { tables, workflow, functions } = project();
	withRows(tables, row());
	const waits = waitsOf(functions);
	expect(await waits.find('c1')).toBeUndefined();
	const looks = tables.operations.length;
	jest.setSystemTime(T + HOUR_MS);
	expect(await waits.find('c1')).toBeUndefined();
	expect(tables.operations).toHaveLength(looks);
	await waitsOf(workflow()).register('c1', URL);
	expect(await waits.find('c1')).toMatchObject({ resumeUrl: URL });
});

it('a wait from before a restart is found', async () => {
	const { tables, functions } = project();
	withRows(tables, row({ resumeUrl: URL }));
	expect(await waitsOf(functions).find('c1')).toMatchObject({ resumeUrl: URL });
});

it('a table that a user creates is found within a minute, and at once one that the process creates', async () => {
	const { tables, workflow } = project();
	const [first, second] = [tableOf(workflow()), tableOf(workflow())];
	for (const { existing } of [first, second]) expect(await existing()).toBeUndefined();
	withRows(tables);
	jest.setSystemTime(T + 59_999);
	expect(await first.existing()).toBeUndefined();
	jest.setSystemTime(T + 60_000);
	expect(await first.existing()).toBe(TABLE_ID);
	tables.drop();
	const third = tableOf(workflow());
	expect(await third.existing()).toBeUndefined();
	const created = await second.forWriting();
	expect(await third.existing()).toBe(created);
});

describe('a conversation without a session', () => {
	const event = { event: 'conversation_started', conversationId: 'foreign' };
	/** A trigger that knows the table, and how often it looks for a conversation. */
	async function looking() {
		const own = project();
		withRows(own.tables, row());
		Object.assign(own.functions, { getMode: () => 'webhook' });
		await tableOf(own.functions).existing();
		const looks = () => own.tables.operations.filter((one) => one === 'row: get').length;
		return { ...own, looks };
	}

	it('costs one look in 30 seconds, and no time', async () => {
		const { functions, looks } = await looking();
		// The clock stands still.
		expect(await findSession(functions, event)).toEqual({});
		expect(looks()).toBe(1);
		jest.setSystemTime(T + 29_999);
		expect(await findSession(functions, event)).toEqual({});
		expect(looks()).toBe(1);
		jest.setSystemTime(T + 30_000);
		expect(await findSession(functions, event)).toEqual({});
		expect(looks()).toBe(2);
	});

	it('that may be started at this moment is awaited', async () => {
		const { functions, tables } = await looking();
		let endStart = () => {};
		const isStarted = new Promise<void>((resolve) => (endStart = resolve));
		void whileStarting(async () => await isStarted);
		const session = findSession(functions, event);
		await jest.advanceTimersByTimeAsync(500);
		withRows(tables, row({ conversationId: 'foreign' }));
		endStart();
		await jest.advanceTimersByTimeAsync(1_000);
		expect(await session).toEqual({ sessionId: 's1' });
	});
});

it('an agent is noted in a row that was deleted, and stored again by another start', async () => {
	const { tables, workflow, functions } = project();
	withRows(tables, row());
	await sessionsOf(functions).agentWrites('c1', 'Zoe', NOON);
	tables.rows = [];
	await sessionsOf(workflow()).remember({
		...{ conversationId: 'c1', sessionId: 's1' },
		...{ sessionData: '', contactEmail: '', touchpointId: '' },
	});
	await sessionsOf(functions).agentWrites('c1', 'Zoe', LATER);
	expect(tables.rows).toMatchObject([{ agentName: 'Zoe' }]);
});

it('a conversation that was foreign to a workflow has a session as soon as another one stores it', async () => {
	const { tables, workflow, functions } = project();
	withRows(tables);
	expect(
		await findSession(functions, { event: 'conversation_started', conversationId: 'c1' }),
	).toEqual({});
	await sessionsOf(workflow()).remember({
		...{ conversationId: 'c1', sessionId: 's1' },
		...{ sessionData: '', contactEmail: '', touchpointId: '' },
	});
	expect(await sessionsOf(functions).of('c1')).toMatchObject({ sessionId: 's1' });
});
