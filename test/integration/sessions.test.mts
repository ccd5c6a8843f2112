import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { parseEvent } from '../../nodes/Talkdesk/trigger/event/parse';
import { FakeDataTables } from './fakeDataTables.mts';
import { contents, credential, failFirst, run, SEND_ROUTE, START, talkdesk } from './fixtures.mts';
import { runNode, type RunOptions } from './runNode.mts';

let dataTables: FakeDataTables;
/** Each test has a workflow of its own: what a process remembers belongs to a workflow. */
let workflowId: string;
let tests = 0;
beforeEach(() => {
	dataTables = new FakeDataTables();
	workflowId = `workflow of test ${++tests}`;
});

let executions = 0;
const own = () => ({ dataTables, workflowId, executionId: String(++executions) });

const startFor = async (
	sessionId: string,
	more: Partial<RunOptions> = {},
	parameters: INodeParameters = {},
) => await run({ ...START, sessionId, ...parameters }, { ...own(), ...more });
/** Starts a conversation for a session. @returns its ID */
async function started(sessionId: string, options: INodeParameters = {}): Promise<string> {
	const { items, error } = await startFor(sessionId, {}, { options });
	if (error) throw error;
	return String(items[0]?.json.conversationId);
}

const ROUTE: INodeParameters = {
	resource: 'message',
	operation: 'route',
	sessionId: '={{ $json.sessionId }}',
	text: '={{ $json.text }}',
	options: {},
};
/** Routes a message. @returns the JSON of the items at both outputs */
async function route(sessionId: string, text: string, more: Partial<RunOptions> = {}) {
	const { outputs, error } = await run(ROUTE, { ...own(), items: [{ sessionId, text }], ...more });
	if (error) throw error;
	const [human = [], bot = []] = outputs;
	return { human: human?.map(({ json }) => json), bot: bot?.map(({ json }) => json) };
}

let messages = 0;
/** An event as `webhook()` hands it over. */
function event(name: string, conversationId: string, body: IDataObject = {}): IDataObject {
	const raw = {
		conversation_id: conversationId,
		timestamp: '2026-01-02T03:04:05.000Z',
		...body,
		payload: {
			message_id: `m${++messages}`,
			...(typeof body.payload === 'object' ? body.payload : {}),
		},
	};
	const parsed = parseEvent(name, raw, Date.now());
	if (!parsed.ok) throw new Error(parsed.problem);
	return { ...parsed.event };
}
const says = (conversationId: string, content: string, author: object, body: IDataObject = {}) =>
	event('message_created', conversationId, { ...body, payload: { content, author } as never });
const ZOE = { type: 'AGENT', name: 'Zoe' };

/** What the trigger puts out for events. */
async function trigger(items: IDataObject[], more: Partial<RunOptions> = {}) {
	const { outputs, error } = await runNode('talkdeskTrigger', {
		credential,
		parameters: {
			events: ['conversation_started', 'message_created', 'conversation_ended'],
			options: {},
		},
		items,
		...own(),
		...more,
	});
	return { events: outputs.flatMap((output) => output?.map(({ json }) => json) ?? []), error };
}

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

describe('Route', () => {
	it('passes the item to the bot unchanged, with its files, if nobody has the chat', async () => {
		const { outputs } = await run(ROUTE, {
			...own(),
			items: [{ sessionId: 's1', text: 'Hi', more: { x: 1 } }],
			files: { data: { name: 'a.txt', type: 'text/plain', content: Buffer.from('a') } },
		});
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]).toMatchObject([
			{
				json: { sessionId: 's1', text: 'Hi', more: { x: 1 } },
				binary: { data: { fileName: 'a.txt' } },
				pairedItem: { item: 0 },
			},
		]);
		expect(dataTables.rows).toBeUndefined();
	});

	it('sends to the agent, without a look at the table for a conversation that is known', async () => {
		const conversationId = await started('s1');
		const before = dataTables.operations.length;
		const { human, bot } = await route('s1', 'Hello');
		expect(human).toMatchObject([{ conversationId, sessionId: 's1', conversationEnded: false }]);
		expect(bot).toEqual([]);
		expect(contents(conversationId)).toEqual(['Hello']);
		expect(dataTables.operations).toHaveLength(before);
	});

	it('notices an end that nobody has reported, notes it, and gives the chat to the bot', async () => {
		const conversationId = await started('s1');
		await talkdesk.agent.join(conversationId, { name: 'Zoe' });
		await talkdesk.agent.end(conversationId);
		expect(await route('s1', 'Hello')).toMatchObject({ human: [], bot: [{ text: 'Hello' }] });
		expect(dataTables.rows).toMatchObject([{ conversationId, status: 'ended' }]);
	});

	it('finds the conversation that another worker has started in the meantime', async () => {
		const first = await started('s1');
		await talkdesk.agent.join(first, { name: 'Zoe' });
		await talkdesk.agent.end(first);
		const { items } = await run({ ...START, contactEmail: 'bo@example.com' });
		const next = String(items[0]?.json.conversationId);
		for (const row of dataTables.rows ?? []) Object.assign(row, { status: 'ended' });
		dataTables.rows?.push({ id: 99, conversationId: next, sessionId: 's1', status: 'open' });
		expect((await route('s1', 'Hello')).human).toMatchObject([{ conversationId: next }]);
		expect(contents(next)).toEqual(['Hello']);
	});

	it('never sends to a conversation of another session', async () => {
		await started('s1');
		// As a database that compares without regard to case would answer.
		dataTables.rows?.forEach((row) => Object.assign(row, { sessionId: 'S2' }));
		const { bot } = await route('s2', 'Hello');
		expect(bot).toHaveLength(1);
	});

	it('keeps a failed item off both outputs: its error says so', async () => {
		dataTables.rows = [];
		Object.assign(dataTables, { tables: 1 });
		dataTables.failures = [new Error('database is locked')];
		const { outputs, error } = await run(ROUTE, {
			...own(),
			items: [{ sessionId: 's1', text: 'Hello' }],
			node: { onError: 'continueErrorOutput' },
		});
		expect(error).toBeUndefined();
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]).toEqual([]);
		expect(outputs[2]?.[0]?.json.error).toContain('database is locked');
	});

	it('keeps the order of a start and the messages after it', async () => {
		failFirst('POST /api/digital-connect/conversations', {
			kind: 'unavailable',
			status: 503,
			when: 'before',
		});
		const starting = started('s1');
		const routed = Promise.all(['one', 'two'].map(async (text) => await route('s1', text)));
		const conversationId = await starting;
		expect((await routed).map(({ human }) => human?.length)).toEqual([1, 1]);
		expect(contents(conversationId)).toEqual(['one', 'two']);
	});

	it('fails if the message cannot be sent, and sends it once in the retry', async () => {
		const conversationId = await started('s1');
		failFirst(SEND_ROUTE, { kind: 'unavailable', status: 500, when: 'after' });
		const failed = await run(
			{ ...ROUTE, options: { maxRetries: 0 } },
			{ ...own(), executionId: '70', items: [{ sessionId: 's1', text: 'Hello' }] },
		);
		expect(failed.error).toBeDefined();
		await route('s1', 'Hello', { executionId: '71', retryOf: '70' });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('a successor of an ended conversation has its session', async () => {
		const first = await started('s1', { sessionData: '{"channel":"web"}' });
		await talkdesk.agent.join(first, { name: 'Zoe' });
		await talkdesk.agent.end(first);
		const { items } = await run(
			{
				resource: 'message',
				operation: 'send',
				conversationId: first,
				text: 'Late',
				options: { ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' },
			},
			own(),
		);
		const next = String(items[0]?.json.conversationId);
		expect(next).not.toBe(first);
		const { events } = await trigger([says(next, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ sessionId: 's1', sessionData: { channel: 'web' } }]);
		expect((await route('s1', 'More')).human).toMatchObject([{ conversationId: next }]);
	});

	it('End gives the chat back to the bot', async () => {
		const conversationId = await started('s1');
		await run({ resource: 'conversation', operation: 'end', conversationId, options: {} }, own());
		expect((await route('s1', 'Hello')).bot).toHaveLength(1);
	});
});

describe('the trigger', () => {
	it.each<[IDataObject | string, unknown]>([
		['{"channel":"web","n":1}', { channel: 'web', n: 1 }],
		['just a text', 'just a text'],
		['={{ { a: [1] } }}', { a: [1] }],
		['', undefined],
	])('adds the session, with its data: %j', async (sessionData, expected) => {
		const conversationId = await started('s1', { sessionData: String(sessionData) });
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ sessionId: 's1', text: 'Hi' }]);
		expect(events[0]?.sessionData).toEqual(expected);
	});

	it('costs one look for a table that is not there, and nothing while that is known', async () => {
		await trigger([says('foreign', 'Hi', ZOE), says('foreign', 'Ho', ZOE)]);
		expect(dataTables.operations.filter((one) => one !== 'table: list')).toEqual([]);
		const looks = dataTables.operations.length;
		await trigger([says('foreign', 'Hi again', ZOE)]);
		expect(dataTables.operations).toHaveLength(looks);
	});

	it('waits for the row of a conversation that is just being started', async () => {
		await started('another');
		const event = says('late', 'Hi', ZOE);
		setTimeout(() => {
			dataTables.rows?.push({ id: 50, conversationId: 'late', sessionId: 's1', status: 'open' });
		}, 600);
		const { events } = await trigger([event]);
		expect(events).toMatchObject([{ sessionId: 's1' }]);
	});

	it('puts out a conversation that an agent has opened, without a session', async () => {
		await started('another');
		const { events } = await trigger([event('conversation_started', 'foreign')]);
		expect(events).toMatchObject([{ event: 'conversation_started', conversationId: 'foreign' }]);
		expect(events[0]).not.toHaveProperty('sessionId');
		const looks = dataTables.operations.length;
		await trigger([says('foreign', 'Hi', ZOE)]);
		expect(dataTables.operations).toHaveLength(looks);
	});

	it('a known session costs no look at the table', async () => {
		const conversationId = await started('s1');
		await trigger([says(conversationId, 'Hi', ZOE)]);
		const looks = dataTables.operations.length;
		await trigger([says(conversationId, 'Ho', ZOE)]);
		expect(dataTables.operations).toHaveLength(looks);
	});

	it('the option Find Session off asks nothing', async () => {
		const conversationId = await started('s1');
		const looks = dataTables.operations.length;
		const parameters = { events: ['message_created'], options: { findSession: false } };
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)], { parameters });
		expect(events[0]).not.toHaveProperty('sessionId');
		expect(dataTables.operations).toHaveLength(looks);
	});

	it('a conversation that an agent reopens has the chat again; late words do not reopen it', async () => {
		const conversationId = await started('s1');
		await talkdesk.agent.join(conversationId, { name: 'Zoe' });
		await trigger([
			event('conversation_ended', conversationId, { timestamp: '2026-01-02T10:00:00.000Z' }),
		]);
		const at = (timestamp: string) => says(conversationId, 'Hi', ZOE, { timestamp });
		await trigger([at('2026-01-02T09:59:59.000Z')]);
		expect((await route('s1', 'Hello')).bot).toHaveLength(1);
		await trigger([at('2026-01-02T12:00:00+01:00')]);
		expect((await route('s1', 'Hello')).human).toHaveLength(1);
	});

	it('fails if the session cannot be found, and n8n’s Retry delivers', async () => {
		dataTables.rows = [];
		Object.assign(dataTables, { tables: 1 });
		dataTables.failures = [new Error('database is locked')];
		const message = says('c1', 'Hi', ZOE);
		const { error } = await trigger([message], { executionId: '80' });
		expect(error?.message).toContain('database is locked');
		dataTables.rows.push({ id: 1, conversationId: 'c1', sessionId: 's1', status: 'open' });
		const retried = await trigger([message], { executionId: '81', retryOf: '80' });
		expect(retried.events).toMatchObject([{ text: 'Hi', sessionId: 's1' }]);
	});

	it('with On Error: Continue, the event goes out at its own output and says why it has no session', async () => {
		dataTables.rows = [];
		Object.assign(dataTables, { tables: 1 });
		dataTables.failures = [new Error('database is locked')];
		const { outputs, error } = await runNode('talkdeskTrigger', {
			credential,
			parameters: { events: ['conversation_started', 'message_created'], options: {} },
			items: [says('c1', 'Hi', ZOE)],
			node: { onError: 'continueRegularOutput' },
			...own(),
		});
		expect(error).toBeUndefined();
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]?.[0]?.json.sessionError).toContain('database is locked');
	});

	it('shows the shape of a body without its words', async () => {
		const parameters = { events: ['message_created'], options: { includeBodyShape: true } };
		const { events } = await trigger([says('c1', 'Secret words', ZOE)], { parameters });
		expect(events[0]?.bodyShape).toContain('content: text of 12');
		expect(String(events[0]?.bodyShape)).not.toContain('Secret');
	});
});

describe('agentJoined', () => {
	const joined = async (items: IDataObject[], more: Partial<RunOptions> = {}) =>
		(await trigger(items, more)).events.map(({ agentJoined }) => agentJoined);

	it('is true for the first message of each human agent, also after a transfer and back', async () => {
		const c = `joined ${++tests}`;
		const [zoe, max] = [ZOE, { type: 'agent', name: 'Max' }];
		expect(await joined([says(c, '1', zoe)])).toEqual([true]);
		expect(await joined([says(c, '2', zoe)])).toEqual([false]);
		expect(await joined([says(c, '3', max)])).toEqual([true]);
		expect(await joined([says(c, '4', zoe)])).toEqual([false]);
		expect(await joined([says(`${c} other`, '5', zoe)])).toEqual([true]);
	});

	it('is missing for anything but a message of a human agent', async () => {
		const c = `nobody ${++tests}`;
		const authors = [{ type: 'BOT', name: 'Flow' }, { type: 'SYSTEM' }, { type: 'CONTACT' }, {}];
		const items = [
			event('conversation_started', c),
			...authors.map((author, index) => says(c, `${index}`, author)),
			event('conversation_ended', c),
		];
		expect(await joined(items)).toEqual(items.map(() => undefined));
		expect(await joined([says(c, 'Now', ZOE)])).toEqual([true]);
	});

	it('is said again when n8n retries the execution that said it', async () => {
		const message = says(`retried ${++tests}`, 'Hi', ZOE);
		expect(await joined([message], { executionId: '90' })).toEqual([true]);
		expect(await joined([message], { executionId: '91', retryOf: '90' })).toEqual([true]);
	});
});
