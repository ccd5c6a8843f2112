import { contents, failFirst, run, SEND_ROUTE, START, talkdesk } from './fixtures.mts';
import { dataTables, own, started, ROUTE, route, says, ZOE, trigger } from './session-fixtures.mts';

describe('Route', () => {
	it('passes the item to the bot unchanged, with its files, if no human has the chat', async () => {
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

	it('notes an end that was not reported, and gives the chat to the bot', async () => {
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
