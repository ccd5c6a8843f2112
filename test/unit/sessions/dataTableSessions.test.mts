import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { sessionsOf } from '../../../nodes/Talkdesk/sessions/dataTableSessions';
import { ODD_TEXTS, project, stopClock, withRows } from './fakeFunctions.mts';

const [NOON, LATER] = ['2026-01-02T12:00:00.000Z', '2026-01-02T13:00:00.000Z'];
stopClock(Date.parse(NOON));

const session = (conversationId: string, sessionId = 's1') => ({
	conversationId,
	sessionId,
	sessionData: '',
	contactEmail: 'ann@example.com',
	touchpointId: 't1',
});
const row = (conversationId: string, more: IDataObject = {}): IDataObject => ({
	...session(conversationId),
	status: 'open',
	...more,
});
/** The sessions of a workflow that remembers nothing, with these rows, oldest first. */
function stored(...rows: IDataObject[]) {
	const own = project();
	withRows(own.tables, ...rows);
	return { ...own, sessions: sessionsOf(own.functions) };
}
const another = (workflow: () => IExecuteFunctions) => sessionsOf(workflow());

it.each(ODD_TEXTS)('the session ID %j stays a text', async (sessionId) => {
	const { workflow, functions } = project();
	await sessionsOf(functions).remember({ ...session('c1', sessionId), sessionData: sessionId });
	const { conversation } = await another(workflow).last(sessionId);
	expect(conversation).toMatchObject({ conversationId: 'c1', sessionId, sessionData: sessionId });
	expect((await another(workflow).of('c1'))?.sessionId).toBe(sessionId);
});

describe('a start that another worker has stored', () => {
	const URL = 'https://n8n.test/1';
	it.each<[string, IDataObject, IDataObject]>([
		['leaves the execution that waits', { resumeUrl: URL }, { resumeUrl: URL, startedAt: NOON }],
		['leaves the end', { status: 'ended' }, { status: 'ended', startedAt: NOON }],
		[
			'leaves the wait that is expected',
			{ resumeUrl: 'expected', startedAt: '2026-01-02T11:59:50.000Z' },
			{ resumeUrl: 'expected', startedAt: '2026-01-02T11:59:50.000Z' },
		],
		[
			'expects a wait again, long after the first start',
			{ resumeUrl: 'expected', startedAt: '2026-01-02T11:59:20.000Z' },
			{ resumeUrl: 'expected', startedAt: NOON },
		],
		['expects a wait', { resumeUrl: '' }, { resumeUrl: 'expected', startedAt: NOON }],
	])('%s', async (_, before, after) => {
		const { sessions, tables } = stored(row('c1', { startedAt: NOON, sessionId: '', ...before }));
		await sessions.remember(session('c1'), true);
		expect(tables.rows).toHaveLength(1);
		expect(tables.rows?.[0]).toMatchObject({ sessionId: 's1', ...after });
		const isOpen = after.status !== 'ended';
		expect((await sessions.open('s1'))?.conversationId).toBe(isOpen ? 'c1' : undefined);
	});
});

describe('the conversation of a session', () => {
	it('is the open one, although another is newer', async () => {
		const { sessions } = stored(row('open'), row('ended', { status: 'ended' }));
		expect((await sessions.last('s1')).conversation?.conversationId).toBe('open');
		expect((await sessions.open('s1', true))?.conversationId).toBe('open');
	});

	it('is the newest one if all have ended, which is not open', async () => {
		const { sessions } = stored(row('first', { status: 'ended' }), row('second', { status: '?' }));
		expect((await sessions.last('s1')).conversation?.conversationId).toBe('second');
		expect(await sessions.open('s1')).toBeUndefined();
	});

	it('is never made of a row that its owner has broken', async () => {
		const { sessions } = stored(row('whole'), row('', {}), { id: 3, sessionId: 's1' });
		expect((await sessions.last('s1')).conversation?.conversationId).toBe('whole');
	});

	it('has its times as texts, whatever n8n gives', async () => {
		const { sessions } = stored(row('c1', { startedAt: new Date(NOON) as never, endedAt: 7 }));
		expect((await sessions.last('s1')).conversation).toMatchObject({
			startedAt: NOON,
			endedAt: '',
		});
	});

	it('is remembered by the process, unless a fresh look is wanted', async () => {
		const { sessions, tables } = stored(row('c1'));
		await sessions.open('s1');
		withRows(tables, row('c2'));
		expect((await sessions.open('s1'))?.conversationId).toBe('c1');
		expect((await sessions.open('s1', true))?.conversationId).toBe('c2');
	});

	it('of another workflow, which may be in another project, is not remembered', async () => {
		const { sessions } = stored(row('c1'));
		await sessions.open('s1');
		expect(await another(project().workflow).open('s1')).toBeUndefined();
	});
});

/** Talkdesk ends the conversation. */
const succeed = async () => await Promise.resolve();

describe('an end', () => {
	it('counts once: the first', async () => {
		const { sessions, tables } = stored(row('c1'));
		expect((await sessions.end('c1', NOON, 'CLOSED'))?.conversationId).toBe('c1');
		expect(await sessions.end('c1', LATER, 'AGAIN')).toBeUndefined();
		expect(tables.rows).toMatchObject([{ status: 'ended', endedAt: NOON, endReason: 'CLOSED' }]);
	});

	it('closes what the process remembers, but not a newer conversation of the session', async () => {
		const { sessions, tables } = stored(row('old'));
		await sessions.open('s1');
		await sessions.end('old', NOON);
		expect(await sessions.open('s1')).toBeUndefined();
		await sessions.remember(session('new'));
		await sessions.end('old', LATER);
		const looks = tables.operations.length;
		expect((await sessions.open('s1'))?.conversationId).toBe('new');
		expect(tables.operations).toHaveLength(looks);
	});

	it('ends both rows that two workers have made at the same moment', async () => {
		const { sessions, tables } = stored(row('c1'), row('c1'));
		expect((await sessions.end('c1', NOON))?.conversationId).toBe('c1');
		expect(tables.rows?.map(({ status }) => status)).toEqual(['ended', 'ended']);
		expect(await sessions.open('s1', true)).toBeUndefined();
	});

	it('of a conversation that is not stored changes nothing, and makes no table', async () => {
		const { tables, functions } = project();
		expect(await sessionsOf(functions).end('c1', NOON)).toBeUndefined();
		expect(tables.rows).toBeUndefined();
	});

	it('that Talkdesk reports is new once, also if another workflow has made it', async () => {
		const { sessions, workflow, tables } = stored(row('c1'));
		await another(workflow).whileEnding('c1', NOON, succeed);
		expect((await sessions.endReported('c1', LATER, 'CLOSED'))?.conversationId).toBe('c1');
		expect(await sessions.endReported('c1', LATER, 'CLOSED')).toBeUndefined();
		expect(await sessions.endReported('c1', NOON, 'AGAIN')).toBeUndefined();
		expect(tables.rows).toMatchObject([{ endedAt: LATER, endReason: 'CLOSED' }]);
	});

	it('that Talkdesk reports is new if it was not noted before', async () => {
		const { sessions } = stored(row('c1'));
		expect((await sessions.endReported('c1', NOON))?.conversationId).toBe('c1');
		expect(await sessions.endReported('c1', LATER)).toBeUndefined();
	});

	it('that this workflow has made is not news to it', async () => {
		const { sessions } = stored(row('c1'));
		await sessions.whileEnding('c1', NOON, succeed);
		expect(await sessions.endReported('c1', LATER)).toBeUndefined();
	});

	it('is known without its row, in any workflow, until an agent writes again', async () => {
		const { sessions, workflow } = stored(row('c7'));
		expect(sessions.hasEnded('c7')).toBe(false);
		await sessions.end('c7', NOON);
		expect(another(workflow).hasEnded('c7')).toBe(true);
		await sessions.agentWrites('c7', 'Zoe', LATER);
		expect(sessions.hasEnded('c7')).toBe(false);
	});

	it('that did not happen is taken back', async () => {
		const { sessions } = stored(row('c1'));
		const failure = new Error('Talkdesk is down');
		const fail = async () => await Promise.reject(failure);
		await expect(sessions.whileEnding('c1', NOON, fail)).rejects.toBe(failure);
		expect(sessions.hasEnded('c1')).toBe(false);
		expect((await sessions.open('s1'))?.conversationId).toBe('c1');
	});
});

describe('what an agent writes', () => {
	const ended = () => stored(row('c1', { status: 'ended', endedAt: NOON, agentName: 'Zoe' }));

	it.each([
		['2026-01-02T11:59:59.999Z', 'ended'],
		[NOON, 'ended'],
		['not a time', 'ended'],
		['2026-01-02T13:00:00+02:00', 'ended'],
		['2026-01-02T12:00:00.001Z', 'open'],
	])('at %s leaves a conversation that ended at noon %s', async (writtenAt, status) => {
		const { sessions, tables } = ended();
		await sessions.agentWrites('c1', 'Zoe', writtenAt);
		expect(tables.rows).toMatchObject([{ status }]);
	});

	it('makes the newer conversation of a session no longer the one that is remembered', async () => {
		const { sessions, tables } = ended();
		await sessions.remember(session('c2'));
		await sessions.agentWrites('c1', 'Zoe', LATER);
		const looks = tables.operations.length;
		await sessions.open('s1');
		expect(tables.operations.length).toBeGreaterThan(looks);
	});

	it('reopens a conversation also if another workflow has noted the end', async () => {
		const { sessions, workflow, tables } = stored(row('c1'));
		await sessions.agentWrites('c1', 'Zoe', NOON);
		await another(workflow).end('c1', NOON);
		expect(tables.rows).toMatchObject([{ status: 'ended' }]);
		await sessions.agentWrites('c1', 'Zoe', LATER);
		expect(tables.rows).toMatchObject([{ status: 'open' }]);
	});

	it('reopens a conversation whose end another worker has noted, as soon as ten seconds after the message before', async () => {
		const { sessions, tables } = stored(row('c1'));
		await sessions.agentWrites('c1', 'Zoe', NOON);
		withRows(tables, row('c1', { agentName: 'Zoe', status: 'ended', endedAt: NOON }));
		jest.setSystemTime(Date.parse(NOON) + 9_999);
		await sessions.agentWrites('c1', 'Zoe', LATER);
		expect(tables.rows).toMatchObject([{ status: 'ended' }]);
		jest.setSystemTime(Date.parse(NOON) + 10_000);
		await sessions.agentWrites('c1', 'Zoe', LATER);
		expect(tables.rows).toMatchObject([{ status: 'open' }]);
	});

	it('is noted by each workflow, as each may be in another project', async () => {
		const [first, second] = [stored(row('c1')), stored(row('c1'))];
		for (const { sessions } of [first, second]) await sessions.agentWrites('c1', 'Zoe', LATER);
		expect(first.tables.rows).toMatchObject([{ agentName: 'Zoe' }]);
		expect(second.tables.rows).toMatchObject([{ agentName: 'Zoe' }]);
	});

	it('costs one look for each agent, and one after an end', async () => {
		const { sessions, tables } = stored(row('c1'));
		const looksOf = async (name: string) => {
			const before = tables.operations.length;
			await sessions.agentWrites('c1', name, LATER);
			return tables.operations.slice(before);
		};
		await sessions.open('s1');
		expect(await looksOf('Zoe')).toEqual(['row: get', 'row: update']);
		expect(await looksOf('Zoe')).toEqual([]);
		expect(await looksOf('Max')).toEqual(['row: get', 'row: update']);
		expect(tables.rows).toMatchObject([{ agentName: 'Max', status: 'open' }]);
		await sessions.end('c1', NOON);
		expect(await looksOf('Max')).toEqual(['row: get', 'row: update']);
	});
});

describe('a conversation without a session', () => {
	it('is foreign until 30 seconds after the last look', async () => {
		const { sessions } = stored();
		const at = async (seconds: number) => {
			jest.setSystemTime(Date.parse(NOON) + seconds * 1000);
			const isForeign = sessions.isForeign('c1');
			return [isForeign, await sessions.of('c1')];
		};
		expect(await at(0)).toEqual([false, undefined]);
		expect(await at(1)).toEqual([false, undefined]);
		sessions.noteForeign('c1');
		expect(await at(29)).toEqual([true, undefined]);
		expect(await at(58)).toEqual([true, undefined]);
		expect(await at(88)).toEqual([false, undefined]);
	});

	it('has one as soon as another worker has stored it', async () => {
		const { sessions } = stored(row('c1'));
		sessions.noteForeign('c1');
		expect((await sessions.of('c1'))?.sessionId).toBe('s1');
	});

	it('has one once it is stored', async () => {
		const { sessions } = stored();
		sessions.noteForeign('c1');
		await sessions.remember(session('c1'));
		expect(sessions.isForeign('c1')).toBe(false);
		expect((await sessions.of('c1'))?.sessionId).toBe('s1');
	});
});

it('old rows are deleted once a day, and a failure of it costs a warning only', async () => {
	const { sessions, tables, warnings } = stored();
	// The upsert works, the deletion doesn't.
	const execute = tables.executeWorkflow;
	const failing = jest
		.spyOn(tables, 'executeWorkflow')
		.mockImplementation(async (info, ...rest) => {
			if (JSON.stringify(info).includes('deleteRows')) throw new Error('database is locked');
			return await execute(info, ...rest);
		});
	await sessions.remember(session('c1'));
	expect(warnings).toEqual([expect.stringContaining('database is locked')]);
	failing.mockRestore();
	await sessions.remember(session('c2'));
	expect(tables.operations).not.toContain('row: deleteRows');
	expect(tables.rows).toHaveLength(2);
});
