import type { IDataObject } from 'n8n-workflow';

import { credential, run, talkdesk } from './fixtures.mts';
import { runNode } from './runNode.mts';
import { dataTables, own, started, route, event, says, ZOE, trigger } from './session-fixtures.mts';

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

	it('events that come at the same moment share a look for the table, and for waits', async () => {
		const looks = async () => {
			const before = dataTables.operations.length;
			await Promise.all(
				Array.from({ length: 5 }, async () => await trigger([says('foreign', 'Hi', ZOE)])),
			);
			return dataTables.operations.slice(before);
		};
		expect(await looks()).toEqual(['table: list']);
		await started('another');
		await trigger([says('foreign', 'Hi', ZOE)]);
		await new Promise((resolve) => setTimeout(resolve, 2_100));
		// Whether any execution waits; and each asks whether another worker has started the conversation.
		expect(await looks()).toEqual(Array.from({ length: 1 + 5 }, () => 'row: get'));
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
		// Whether any execution waits is asked at times, not for each event.
		await trigger([says('foreign', 'Hi', ZOE)]);
		const looks = dataTables.operations.length;
		await trigger([says('foreign', 'Ho', ZOE)]);
		expect(dataTables.operations).toHaveLength(looks + 1);
		// Another worker's start has ended by now.
		dataTables.rows?.push({ id: 50, conversationId: 'foreign', sessionId: 's1', status: 'open' });
		const { events: later } = await trigger([says('foreign', 'Hello?', ZOE)]);
		expect(later).toMatchObject([{ text: 'Hello?', sessionId: 's1' }]);
	});

	it('a known session costs no look at the table', async () => {
		const conversationId = await started('s1');
		await trigger([says(conversationId, 'Hi', ZOE)]);
		const looks = dataTables.operations.length;
		await trigger([says(conversationId, 'Ho', ZOE)]);
		expect(dataTables.operations).toHaveLength(looks);
	});

	it('hands the chat back once, although the row was deleted', async () => {
		const end = async (conversationId: string) =>
			(await trigger([event('conversation_ended', conversationId)])).events;
		const first = await started('s1');
		dataTables.rows = [];
		expect(await end(first)).toMatchObject([{ sessionId: 's1', handedBack: true }]);
		expect(await end(first)).toMatchObject([{ sessionId: 's1', handedBack: false }]);
		const second = await started('s1');
		dataTables.rows = dataTables.rows.filter((row) => row.conversationId !== second);
		dataTables.rows.push({ id: 70, conversationId: 'third', sessionId: 's1', status: 'open' });
		expect(await end(second)).toMatchObject([{ sessionId: 's1', handedBack: false }]);
	});

	it.each([
		['Retry', { executionId: '71', retryOf: '70' }],
		['Retry On Fail', { executionId: '70' }],
	])(
		'hands the chat back after %s of one that failed after it had noted the end',
		async (_what, again) => {
			const conversationId = await started('s1');
			const end = event('conversation_ended', conversationId);
			const isRead = dataTables.operations.length + 2;
			const { executeWorkflow } = dataTables;
			Object.assign(dataTables, {
				executeWorkflow: async (...call: Parameters<typeof executeWorkflow>) => {
					if (dataTables.operations.length === isRead - 1) {
						dataTables.failures = [new Error('database is locked')];
					}
					return await executeWorkflow(...call);
				},
			});
			const { error } = await trigger([end], { executionId: '70' });
			expect(error?.message).toContain('database is locked');
			expect(dataTables.rows?.[0]).toMatchObject({ status: 'ended' });
			const { events } = await trigger([end], again);
			expect(events).toMatchObject([{ sessionId: 's1', handedBack: true }]);
			const later = event('conversation_ended', conversationId, {
				timestamp: '2026-01-02T03:05:00.000Z',
			});
			const late = await trigger([later], { executionId: '72', retryOf: '70' });
			expect(late.events).toMatchObject([{ handedBack: false }]);
		},
	);

	it.each(['Conversation idle', ''])(
		'hands the chat back, although Route has found the end before: %j',
		async (reason) => {
			const conversationId = await started('s1');
			await talkdesk.agent.end(conversationId);
			expect(await route('s1', 'Still there?')).toMatchObject({ human: [], bot: [{}] });
			expect(dataTables.rows).toMatchObject([{ status: 'ended', endReason: 'found ended' }]);
			const end = async () => {
				const { events } = await trigger([
					event('conversation_ended', conversationId, { payload: { reason } }),
				]);
				return events;
			};
			expect(await end()).toMatchObject([{ sessionId: 's1', handedBack: true }]);
			expect(dataTables.rows).toMatchObject([{ status: 'ended', endReason: reason }]);
			expect(await end()).toMatchObject([{ sessionId: 's1', handedBack: false }]);
		},
	);

	it.each([
		['Retry', { executionId: '71', retryOf: '70' }],
		['Retry On Fail', { executionId: '70' }],
	])('hands it back then also in a repetition: %s', async (_what, again) => {
		const conversationId = await started('s1');
		await talkdesk.agent.end(conversationId);
		await route('s1', 'Still there?');
		const end = event('conversation_ended', conversationId);
		expect((await trigger([end], { executionId: '70' })).events).toMatchObject([
			{ handedBack: true },
		]);
		expect((await trigger([end], again)).events).toMatchObject([{ handedBack: true }]);
	});

	it("doesn't hand the chat back if the workflow has learned of the end, after Route has found it", async () => {
		const conversationId = await started('s1');
		await talkdesk.agent.end(conversationId);
		await route('s1', 'Still there?');
		const { outputs } = await run(
			{
				resource: 'message',
				operation: 'sendAndWaitForReply',
				conversationId,
				text: 'Hello?',
				options: {},
			},
			own(),
		);
		expect(outputs[0]?.[0]?.json).toMatchObject({ event: 'conversation_ended' });
		const { events } = await trigger([event('conversation_ended', conversationId)]);
		expect(events).toMatchObject([{ sessionId: 's1', handedBack: false }]);
	});

	it("doesn't hand the chat back that another human has by now, after Route has found the end", async () => {
		const conversationId = await started('s1');
		await talkdesk.agent.end(conversationId);
		await route('s1', 'Still there?');
		await started('s1');
		const { events } = await trigger([event('conversation_ended', conversationId)]);
		expect(events).toMatchObject([{ sessionId: 's1', handedBack: false }]);
	});

	it('hands the chat back once, if a call has the end twice and duplicates pass', async () => {
		const conversationId = await started('s1');
		const end = event('conversation_ended', conversationId);
		const list = [1, 2].map((order) => ({ ...end, callOrder: { order } }));
		const parameters = { events: ['conversation_ended'], options: { ignoreDuplicates: false } };
		const { events } = await trigger(list, { parameters });
		expect(events.filter(({ handedBack }) => handedBack)).toHaveLength(1);
		expect(events).toHaveLength(2);
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

	it('Retry On Fail delivers too, and only what the execution has recorded itself', async () => {
		dataTables.rows = [];
		Object.assign(dataTables, { tables: 1 });
		const [known, message] = [says('c1', 'Before', ZOE), says('c2', 'Hi', ZOE)];
		await trigger([known]);
		dataTables.failures = [new Error('database is locked')];
		const execution = { executionId: 'tried twice' };
		const list = [known, message, message].map((json, order) => ({
			...json,
			callOrder: { order },
		}));
		const { error } = await trigger(list, execution);
		expect(error?.message).toContain('database is locked');
		const { events } = await trigger(list, execution);
		expect(events).toMatchObject([{ text: 'Hi', agentJoined: true }]);
		expect((await trigger([message])).events).toEqual([]);
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
