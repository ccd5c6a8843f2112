import type { IDataObject } from 'n8n-workflow';

import {
	BY_WORKFLOW,
	MAX_EXPECTED_MS,
	noteWaits,
	WAIT_EXPECTED,
	waitsOf,
} from '../../../nodes/Talkdesk/sessions/waits';
import { sessionsOf } from '../../../nodes/Talkdesk/sessions/dataTableSessions';
import { ODD_TEXTS, project, stopClock, withRows } from './fakeFunctions.mts';

const T = Date.parse('2026-01-02T12:00:00.000Z');
const URL_A = 'http://127.0.0.1/webhook-waiting/1/talkdesk?signature=a';
const URL_B = 'http://127.0.0.1/webhook-waiting/2/talkdesk?signature=b';

stopClock(T);

const row = (more: IDataObject = {}): IDataObject => ({
	conversationId: 'c1',
	sessionId: 's1',
	status: 'open',
	startedAt: new Date(T).toISOString(),
	...more,
});
function stored(...rows: IDataObject[]) {
	const own = project();
	withRows(own.tables, ...rows);
	return { ...own, waits: waitsOf(own.functions) };
}

describe('finds', () => {
	it('the URL of the execution that waits', async () => {
		const { waits } = stored(row({ resumeUrl: URL_A }));
		expect(await waits.find('c1')).toEqual({ resumeUrl: URL_A, startedAt: T });
		expect(await waits.find('c2')).toBeUndefined();
	});

	it('a wait that is expected, without a URL', async () => {
		const { waits } = stored(row({ resumeUrl: WAIT_EXPECTED }));
		expect(await waits.find('c1')).toEqual({ startedAt: T });
	});

	it('a wait whose start is unknown as one that began long ago', async () => {
		const { waits } = stored(row({ resumeUrl: WAIT_EXPECTED, startedAt: 'yesterday' }));
		expect(await waits.find('c1')).toEqual({ startedAt: 0 });
	});

	it('nothing without a table, which it does not make', async () => {
		const { tables, functions } = project();
		expect(await waitsOf(functions).find('c1')).toBeUndefined();
		expect(tables.rows).toBeUndefined();
	});

	it('nothing, at the cost of one look in two seconds, if no workflow has ever waited', async () => {
		const { waits, tables } = stored(row());
		await waits.find('c1');
		const looks = tables.operations.length;
		jest.setSystemTime(T + 1_999);
		await waits.find('c1');
		expect(tables.operations).toHaveLength(looks);
		withRows(tables, row({ resumeUrl: URL_A }));
		jest.setSystemTime(T + 2_000);
		expect(await waits.find('c1')).toMatchObject({ resumeUrl: URL_A });
	});

	it('at once what another workflow of the process has noted', async () => {
		const { waits, workflow, tables } = stored(row());
		await waits.find('c1');
		withRows(tables, row({ resumeUrl: URL_A }));
		noteWaits(workflow());
		expect(await waits.find('c1')).toMatchObject({ resumeUrl: URL_A });
	});

	it('at once what another worker has noted, if the conversation is new here', async () => {
		const { waits, functions, tables } = stored(row({ conversationId: 'another' }));
		await waits.find('another');
		withRows(tables, row({ resumeUrl: WAIT_EXPECTED }));
		await sessionsOf(functions).of('c1');
		expect(await waits.find('c1')).toEqual({ startedAt: T });
	});
});

describe('a registration', () => {
	it('is found at once by a workflow that has found none a moment ago', async () => {
		const { waits, workflow } = stored(row());
		const other = waitsOf(workflow());
		await other.find('c1');
		await waits.register('c1', URL_A);
		expect(await other.find('c1')).toMatchObject({ resumeUrl: URL_A });
	});

	it('notes its URL, and names the execution that it replaces', async () => {
		const { waits, tables } = stored(row());
		expect(await waits.register('c1', URL_A)).toEqual({ isEnded: false, sessionId: 's1' });
		expect(await waits.register('c1', URL_B)).toEqual({
			isEnded: false,
			sessionId: 's1',
			replaced: URL_A,
		});
		expect(tables.rows).toMatchObject([{ resumeUrl: URL_B }]);
	});

	it('that is repeated replaces no execution, least of all itself', async () => {
		const { waits } = stored(row({ resumeUrl: URL_A }));
		expect(await waits.register('c1', URL_A)).not.toHaveProperty('replaced');
	});

	it('in place of a wait that was expected replaces no execution', async () => {
		const { waits, tables } = stored(row({ resumeUrl: WAIT_EXPECTED }));
		expect(await waits.register('c1', URL_A)).not.toHaveProperty('replaced');
		expect(tables.rows).toMatchObject([{ resumeUrl: URL_A }]);
	});

	it.each(ODD_TEXTS)('makes a row without a session for the conversation %j', async (id) => {
		const { functions, tables } = project();
		expect(await waitsOf(functions).register(id, URL_A)).toEqual({ isEnded: false });
		expect(tables.rows).toMatchObject([
			{ conversationId: id, sessionId: '', status: 'open', resumeUrl: URL_A },
		]);
		expect(await waitsOf(functions).find(id)).toEqual({ resumeUrl: URL_A, startedAt: T });
	});

	it('for a conversation that has ended is refused, and leaves its row', async () => {
		const { waits, tables } = stored(row({ status: 'ended' }));
		expect(await waits.register('c1', URL_A)).toEqual({ isEnded: true, sessionId: 's1' });
		expect(tables.rows?.[0]).not.toHaveProperty('resumeUrl');
	});

	it('takes a status that its owner has broken for open', async () => {
		const { waits } = stored(row({ status: '?' }));
		expect(await waits.register('c1', URL_A)).toMatchObject({ isEnded: false });
	});
});

describe('a conversation that has ended, whose workflow will wait,', () => {
	const ended = async (more: IDataObject, ageMs: number) => {
		const all = { status: 'ended', resumeUrl: WAIT_EXPECTED, endReason: 'CLOSED', ...more };
		const { waits } = stored(row(all));
		jest.setSystemTime(T + ageMs);
		return (await waits.register('c1', URL_A)).isEnded;
	};

	it('has not ended for it as long as the trigger holds its events', async () => {
		expect(await ended({}, 0)).toBe(false);
		expect(await ended({}, MAX_EXPECTED_MS - 1)).toBe(false);
	});

	it.each<[string, IDataObject, number]>([
		['the trigger holds them no longer', {}, MAX_EXPECTED_MS],
		['a workflow has ended it', { endReason: `${BY_WORKFLOW}7` }, 0],
		['no wait was expected', { resumeUrl: '' }, 0],
		['an execution has waited for it', { resumeUrl: URL_B }, 0],
		['its start is unknown', { startedAt: '' }, 0],
	])('has ended if %s', async (_what, more, ageMs) => {
		expect(await ended(more, ageMs)).toBe(true);
	});
});

describe('the end of a wait', () => {
	it('clears its own URL', async () => {
		const { waits, tables } = stored(row({ resumeUrl: URL_A }));
		await waits.clear('c1', URL_A);
		expect(tables.rows).toMatchObject([{ resumeUrl: '' }]);
		expect(await waits.find('c1')).toBeUndefined();
	});

	it('leaves the URL of another execution', async () => {
		const { waits, tables } = stored(row({ resumeUrl: URL_B }));
		await waits.clear('c1', URL_A);
		expect(tables.rows).toMatchObject([{ resumeUrl: URL_B }]);
	});

	it('leaves the URL that another execution notes at the same moment', async () => {
		const { waits, tables } = stored(row({ resumeUrl: URL_A }));
		await waits.find('c1');
		await Promise.all([waits.register('c1', URL_B), waits.clear('c1', URL_A)]);
		expect(tables.rows).toMatchObject([{ resumeUrl: URL_B }]);
	});

	it('needs no table', async () => {
		const { functions, tables } = project();
		await waitsOf(functions).clear('c1', URL_A);
		expect(tables.operations).toEqual(['table: list']);
	});
});
