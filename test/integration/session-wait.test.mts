import type { IDataObject } from 'n8n-workflow';

import { contents, failFirst, run, SEND_ROUTE, talkdesk } from './fixtures.mts';
import { startResumeServer } from './resumeServer.mts';
import { textFile } from './sample-files.mts';
import { WAIT, wait } from './sendAndWait.mts';
import { dataTables, own, route, started, startFor } from './session-fixtures.mts';

const agentSays = (conversationId: string, text = 'Yes') => ({
	event: 'message_created',
	conversationId,
	text,
	author: { kind: 'agent' },
	attachments: [],
});

it('a wait without a session deletes rows that ended 30 days ago', async () => {
	const endedAt = new Date(Date.now() - 31 * 86_400_000).toISOString();
	dataTables.rows = [{ id: 1, conversationId: 'old', sessionId: '', status: 'ended', endedAt }];
	Object.assign(dataTables, { tables: 1 });
	await wait({ conversationId: 'c1' });
	expect(dataTables.rows.map(({ conversationId }) => conversationId)).toEqual(['c1']);
});

it('sends the message, and waits with its URL in the row of the conversation', async () => {
	const conversationId = await started('s1');
	const { items, error } = await wait({ conversationId }, { text: 'May I?' });
	expect(error).toBeUndefined();
	expect(items).toMatchObject([{ json: { conversationId, sessionId: 's1', waiting: true } }]);
	expect(contents(conversationId)).toEqual(['May I?']);
	expect(dataTables.rows).toMatchObject([
		{ conversationId, status: 'open', resumeUrl: expect.stringMatching(/\/talkdesk\?signature=/) },
	]);
});

it('shows its URL, a secret, nowhere', async () => {
	const conversationId = await started('s1');
	const secret = { resumeToken: 'CANARY' };
	const { items } = await wait({ conversationId }, { text: 'May I?' }, secret);
	expect(String(dataTables.rows?.[0]?.resumeUrl)).toContain('CANARY');
	expect(JSON.stringify(items)).not.toContain('CANARY');
	dataTables.failures = [new Error('database is locked'), new Error('database is locked')];
	const { error } = await wait({ conversationId }, { text: 'May I?' }, secret);
	expect(`${error?.message} ${error?.description} ${error?.stack}`).toContain('locked');
	expect(`${error?.message} ${error?.description} ${error?.stack}`).not.toContain('CANARY');
});

it('makes a row for a conversation without a session', async () => {
	await started('s1');
	const other = 'another';
	const { items, error } = await wait({ conversationId: other });
	expect(error).toBeUndefined();
	expect(items[0]?.json).toEqual({ conversationId: other, waiting: true });
	expect(dataTables.rows?.[1]).toMatchObject({ conversationId: other, sessionId: '' });
});

it('a conversation that has ended goes on with its end at once, with what was not sent', async () => {
	const conversationId = await started('s1');
	await run({ resource: 'conversation', operation: 'end', conversationId, options: {} }, own());
	const { items } = await wait({ conversationId }, { text: 'May I?' });
	expect(items).toMatchObject([
		{
			json: { event: 'conversation_ended', conversationId, sessionId: 's1', unsentText: 'May I?' },
		},
	]);
	expect(dataTables.rows?.[0]?.resumeUrl ?? '').toBe('');
});

describe('a conversation that has ended before its workflow came to wait', () => {
	const ended = async (row: IDataObject) => {
		const conversationId = await started('s1');
		const all = { status: 'ended', endReason: 'CLOSED', resumeUrl: 'expected', ...row };
		dataTables.rows?.forEach((one) => Object.assign(one, all));
		return (await wait({ conversationId })).items[0]?.json;
	};

	it('waits for its events, which the trigger holds, and hands over in their order', async () => {
		expect(await ended({})).toMatchObject({ waiting: true });
		expect(String(dataTables.rows?.[0]?.resumeUrl)).toContain('signature=');
	});

	it.each([
		['the trigger has put them out since', { startedAt: new Date(0).toISOString() }],
		['the workflow itself has ended it', { endReason: 'ended by workflow 7' }],
	])('goes on with the end if %s', async (_what, row) => {
		expect(await ended(row)).toMatchObject({ event: 'conversation_ended' });
	});
});

it('an end that nobody has reported is noted', async () => {
	const conversationId = await started('s1');
	await talkdesk.agent.join(conversationId, { name: 'Zoe' });
	await talkdesk.agent.end(conversationId);
	const { items } = await wait(
		{ conversationId },
		{ text: 'May I?', inputDataFieldNames: 'data' },
		{ files: { data: textFile('a.txt') } },
	);
	expect(items).toMatchObject([
		{
			json: { event: 'conversation_ended', unsentText: 'May I?' },
			binary: { data: { fileName: 'a.txt' } },
		},
	]);
	expect((await route('s1', 'Hello')).bot).toHaveLength(1);
});

it.each([
	['two items', {}, 'An execution can wait for one conversation only'],
	['a tool', { tool: true }, 'A tool of an AI agent cannot wait'],
])(
	'%s: a clear error, and nothing is sent',
	async (_what, { tool = false }: { tool?: boolean }, message) => {
		const conversationId = await started('s1');
		const items = [{ conversationId }, { conversationId }].slice(tool ? 1 : 0);
		const more = { ...own(), items, ...(tool && { node: { type: 'talkdeskTool' } }) };
		const { error } = await run({ ...WAIT, text: 'May I?' }, more);
		expect(error?.message).toContain(message);
		expect(contents(conversationId)).toEqual([]);
		expect(dataTables.rows?.[0]?.resumeUrl ?? '').toBe('');
	},
);

describe('with the event of another node as its input', () => {
	it.each([
		['asks the next question after a reply', (id: string) => agentSays(id)],
		['asks again after no reply', (id: string) => ({ event: 'timeout', conversationId: id })],
	])('%s', async (_what, eventOf) => {
		const conversationId = await started('s1');
		const { items } = await wait(eventOf(conversationId), { text: 'And now?' });
		expect(items).toMatchObject([{ json: { waiting: true } }]);
		expect(contents(conversationId)).toEqual(['And now?']);
	});

	it('never sends the agent’s words back', async () => {
		const conversationId = await started('s1');
		const { items } = await wait(agentSays(conversationId), { text: '={{ $json.text }}' });
		expect(items).toMatchObject([{ json: { waiting: true } }]);
		expect(contents(conversationId)).toEqual([]);
	});
});

describe('in a loop', () => {
	const loop = { earlierRuns: 1 };

	it('does not repeat its question', async () => {
		const conversationId = await started('s1');
		await wait(agentSays(conversationId), { text: 'May I?' }, loop);
		expect(contents(conversationId)).toEqual([]);
	});

	it.each(['conversation_ended', 'timeout'])('ends with %s', async (event) => {
		const conversationId = await started('s1');
		const before = dataTables.operations.length;
		const { outputs } = await wait({ event, conversationId }, { text: 'May I?' }, loop);
		expect(outputs.flat()).toEqual([]);
		expect(dataTables.operations).toHaveLength(before);
	});

	it('sends what the customer has written in n8n’s chat, with files and odd texts as they are', async () => {
		const conversationId = await started('s1');
		const text = '{{ $json }} = "x" </b> '.repeat(200).trim();
		const event = { event: 'customer_message', conversationId, text };
		const options = { showInChat: true };
		const { items } = await wait(event, { options }, { ...loop, files: { a: textFile('a.txt') } });
		expect(items).toMatchObject([{ sendMessage: '✓' }]);
		expect(contents(conversationId)).toEqual([text]);
		expect(talkdesk.conversation(conversationId)?.messages[0]?.attachments).toHaveLength(1);
	});

	it.each([undefined, null, '', ' '])(
		'a customer who has written %j has sent nothing',
		async (text) => {
			const conversationId = await started('s1');
			const event = { event: 'customer_message', conversationId, text };
			const { items, error } = await wait(event, { options: { showInChat: true } }, loop);
			expect(error).toBeUndefined();
			expect(items).toMatchObject([{ json: { waiting: true } }]);
			expect(contents(conversationId)).toEqual([]);
		},
	);

	it('shows the agent’s files by their names', async () => {
		const conversationId = await started('s1');
		const attachments = [{ name: 'bill.pdf' }, {}];
		const event = { ...agentSays(conversationId, ''), attachments };
		const { items } = await wait(event, { options: { showInChat: true } }, loop);
		expect(items).toMatchObject([{ sendMessage: '📎 bill.pdf  \n📎' }]);
	});

	it('shows the agent’s words as they are, where n8n’s chat would read Markdown', async () => {
		const conversationId = await started('s1');
		const event = agentSays(conversationId, '2*3*4 is\n# 24');
		const { items } = await wait(event, { options: { showInChat: true } }, loop);
		expect(items).toMatchObject([{ sendMessage: '2\\*3\\*4 is  \n\\# 24' }]);
	});

	it('shows every message itself if there is no second node to alternate with', async () => {
		const conversationId = await started('s1');
		const context = { talkdeskChat: { shownNode: 'Talkdesk', text: 'One', since: 0, looks: 1 } };
		const options = { showInChat: true, alternate: true };
		const more = { ...loop, context };
		const { outputs } = await wait(agentSays(conversationId, 'Two'), { options }, more);
		expect(outputs[0]).toMatchObject([{ sendMessage: 'Two' }]);
	});

	it.each(['', null, undefined])('a Delivered Text of %j is not set', async (deliveredText) => {
		const conversationId = await started('s1');
		const event = { event: 'customer_message', conversationId, text: 'Hi' };
		const options = { showInChat: true, deliveredText };
		// Without a text n8n's chat would stay locked.
		expect((await wait(event, { options }, loop)).items).toMatchObject([{ sendMessage: '✓' }]);
	});
});

it('tells the customer in the chat that Talkdesk is down, and goes on', async () => {
	const conversationId = await started('s1');
	failFirst(SEND_ROUTE, { kind: 'unavailable', status: 503, when: 'before' });
	const { items, error } = await wait(
		{ conversationId },
		{ text: 'Hello', options: { showInChat: true, maxRetries: 0 } },
	);
	expect(error).toBeUndefined();
	expect(items).toMatchObject([{ sendMessage: expect.stringContaining('could not be delivered') }]);
});

it('ends the execution in whose place it waits', async () => {
	const conversationId = await started('s1');
	const old = await startResumeServer({ status: 200, body: { accepted: true } });
	dataTables.rows?.forEach((row) => Object.assign(row, { resumeUrl: old.url }));
	await wait({ conversationId });
	old.close();
	expect(old.calls).toEqual([{ replaced: true }]);
});

it('a retried execution, which knows what the first one knew, waits itself', async () => {
	const conversationId = await started('s1');
	const context = {
		talkdeskWait: { executionId: 'execution-1', conversationId, eventIds: ['e1'] },
	};
	const again = { context, executionId: 'execution-2', retryOf: 'execution-1' };
	await wait({ conversationId }, {}, again);
	expect(String(dataTables.rows?.[0]?.resumeUrl)).toContain('/execution-2/talkdesk');
});

it('Route with Check Only tells who has the chat, and sends nothing', async () => {
	const checkOnly = {
		resource: 'message',
		operation: 'route',
		sessionId: 's1',
		text: 'Hi',
		options: { checkOnly: true },
	};
	expect((await run(checkOnly, own())).outputs.map((output) => output?.length)).toEqual([0, 1]);
	const conversationId = await started('s1');
	const { outputs } = await run(checkOnly, own());
	expect(outputs[0]).toMatchObject([{ json: { conversationId, sessionId: 's1' } }]);
	expect(contents(conversationId)).toEqual([]);
	expect((await startFor('s1')).items[0]?.json.conversationId).toBe(conversationId);
});

it.each([
	['null', null],
	['an empty text', ''],
	['an object', {}],
])('a conversation ID that is %s is refused', async (_what, conversationId) => {
	const { error } = await wait({ conversationId });
	expect(error?.message).toContain('Conversation ID');
});
