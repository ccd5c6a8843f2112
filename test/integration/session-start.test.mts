import { FakeDataTables } from '../support/fakeDataTables.mts';
import { run, START, talkdesk } from './fixtures.mts';
import { dataTables, workflowId, startFor, started, event, trigger } from './session-fixtures.mts';

describe('Start with a session ID', () => {
	it('finds the open conversation, and starts a new one after the end', async () => {
		const first = await started('s1');
		const { items } = await startFor('s1');
		expect(items[0]?.json).toMatchObject({
			conversationId: first,
			sessionId: 's1',
			alreadyStarted: true,
			contactEmail: 'ann@example.com',
		});
		await trigger([event('conversation_ended', first)]);
		const next = await started('s1');
		expect(next).not.toBe(first);
		expect(await started('s1')).toBe(next);
		expect(talkdesk.conversations()).toHaveLength(2);
	});

	it('starts a new one although the rows of those that have ended were deleted', async () => {
		const ids = [];
		for (let day = 0; day < 3; day++) {
			const id = await started('s1');
			ids.push(id);
			await trigger([event('conversation_ended', id)]);
			dataTables.rows = [];
		}
		expect(new Set(ids).size).toBe(3);
		expect(talkdesk.conversations()).toHaveLength(3);
	});

	it('finds the open one again if its row was deleted', async () => {
		const first = await started('s1');
		dataTables.rows = [];
		expect(await started('s1')).toBe(first);
	});

	it('needs no address if a conversation is open', async () => {
		const first = await started('s1');
		const { items, error } = await startFor('s1', {}, { contactEmail: '' });
		expect(error).toBeUndefined();
		expect(items[0]?.json.conversationId).toBe(first);
	});

	it('starts one conversation for calls at the same moment', async () => {
		const ids = await Promise.all(Array.from({ length: 5 }, async () => await started('s1')));
		expect(new Set(ids).size).toBe(1);
		expect(talkdesk.conversations()).toHaveLength(1);
	});

	it('starts one conversation on two workers that both see none', async () => {
		const first = await started('s1');
		// The other worker has read the table before the first one wrote into it.
		const other = new FakeDataTables();
		other.rows = [];
		Object.assign(other, { tables: 1 });
		const { items } = await startFor('s1', { dataTables: other });
		expect(items[0]?.json).toMatchObject({ conversationId: first, alreadyStarted: true });
	});

	it('keeps the session IDs of customers apart', async () => {
		const ids = await Promise.all(['s1', 'S1', 's1 x', '1', '01'].map((id) => started(id)));
		expect(new Set(ids).size).toBe(5);
	});

	it('fails if the row cannot be written, and finds its conversation in the retry', async () => {
		const broken = new Error('database is locked');
		// List of operations of a first start: create the table, get the rows, upsert.
		const failing = new FakeDataTables();
		const execute = failing.executeWorkflow;
		let isBroken = true;
		const flaky: Pick<FakeDataTables, 'executeWorkflow'> = {
			executeWorkflow: async (info, data, options) => {
				const isWrite = JSON.stringify(info.code?.nodes).includes('upsert');
				if (isWrite && isBroken) throw broken;
				return await execute(info, data, options);
			},
		};
		const { error, items } = await startFor('s1', { dataTables: flaky });
		expect(items).toEqual([]);
		expect(error?.message).toContain(
			'talkdesk_conversations could not be used: database is locked',
		);
		isBroken = false;
		const retried = await startFor('s1', { dataTables: flaky });
		expect(retried.items[0]?.json.conversationId).toBe(talkdesk.conversations()[0]?.id);
		expect(talkdesk.conversations()).toHaveLength(1);
		expect(failing.rows).toHaveLength(1);
	});

	it('makes the table again if its owner has deleted it, and starts anew', async () => {
		const first = await started('s1');
		dataTables.drop();
		const next = await started('s1');
		expect(next).not.toBe(first);
		expect(dataTables.rows).toHaveLength(1);
	});

	it('names the remedy if Data Tables are switched off', async () => {
		const { error } = await run({ ...START, sessionId: 's1' }, { workflowId });
		expect(error).toMatchObject({
			message: expect.stringContaining('module is disabled'),
			description: expect.stringContaining('N8N_DISABLED_MODULES'),
		});
	});

	it('the repetition of a start by n8n is not called another one', async () => {
		const { items: first } = await startFor('s1', { executionId: '900' });
		const { items: retried } = await startFor('s1', { executionId: '901', retryOf: '900' });
		expect([first, retried].map(([item]) => item?.json.alreadyStarted)).toEqual([false, false]);
	});

	it('deletes rows that ended 30 days ago', async () => {
		dataTables.rows = [];
		const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
		dataTables.rows.push(
			{ id: 1, conversationId: 'old', sessionId: 'a', status: 'ended', endedAt: daysAgo(31) },
			{ id: 2, conversationId: 'new', sessionId: 'b', status: 'ended', endedAt: daysAgo(29) },
			{ id: 3, conversationId: 'open', sessionId: 'c', status: 'open', startedAt: daysAgo(90) },
		);
		Object.assign(dataTables, { tables: 1 });
		await started('s1');
		expect(dataTables.rows.map(({ conversationId }) => conversationId)).toEqual([
			'new',
			'open',
			expect.any(String),
		]);
	});
});
