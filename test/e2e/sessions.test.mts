import { body, set, startWorkflows, webhook, type SmallWorkflows } from './small-workflows.mts';
import { callInOrder, refuseNext } from './refuseNext.mts';
import type { Sink } from './sink.mts';

jest.setTimeout(60_000);

let n8n: SmallWorkflows;
/** What has left the trigger. */
let triggered: Sink;

beforeAll(async () => {
	n8n = await startWorkflows();
	const sessionData = '={{ { channel: "test", of: $json.body.sessionId } }}';
	const contactEmail = body('email');
	await n8n.publishRow([webhook('start'), n8n.start({ contactEmail, options: { sessionData } })]);
	await n8n.publishRow([
		webhook('end'),
		n8n.talkdesk('End', {
			resource: 'conversation',
			operation: 'end',
			conversationId: body('conversationId'),
			options: {},
		}),
	]);
	await n8n.publishRow([
		webhook('send'),
		n8n.talkdesk('Send', {
			resource: 'message',
			operation: 'send',
			conversationId: body('conversationId'),
			text: body('text'),
			options: {},
		}),
	]);
	const route = n8n.talkdesk('Route', {
		resource: 'message',
		operation: 'route',
		sessionId: body('sessionId'),
		text: body('text'),
		options: {},
	});
	await n8n.publish(
		[
			webhook('route'),
			route,
			set('Human', '={{ { owner: "human", item: $json } }}'),
			set('Bot', '={{ { owner: "bot", item: $json } }}'),
		],
		{ route: [['Route']], Route: [['Human'], ['Bot']] },
	);
	triggered = await n8n.listen({}, { retryOnFail: true, maxTries: 5, waitBetweenTries: 2000 });
}, 180_000);

afterAll(async () => await n8n?.stop(), 30_000);

const start = async (sessionId: string) =>
	await n8n.call('start', { sessionId, email: 'ann@example.com' });
const route = async (sessionId: string, text: string) =>
	await n8n.call('route', { sessionId, text });
const send = async (conversationId: string, text: string) =>
	await n8n.call('send', { conversationId, text });
const eventOf = async (conversationId: string, wanted: Record<string, unknown>) =>
	await triggered.find({ conversationId, ...wanted });

it('a session has one conversation, however often it is started', async () => {
	const [first, second] = await Promise.all([start('s1'), start('s1')]);
	expect(first.conversationId).toBe(second.conversationId);
	expect([first.alreadyStarted, second.alreadyStarted].sort()).toEqual([false, true]);
	expect(await start('s1')).toMatchObject({
		conversationId: first.conversationId,
		sessionId: 's1',
		alreadyStarted: true,
	});
});

it('messages arrive in order, whether they are sent by the session or by the conversation', async () => {
	const { conversationId } = await start('in order');
	const { talkdesk } = n8n.environment;
	const byConversation = async (text: string) => await send(conversationId, text);
	const bySession = async (text: string) => await route('in order', text);
	const order = [bySession, bySession, byConversation, bySession, byConversation];
	const [first, ...rest] = order.map((by, index) => async () => await by(`${index}`));
	const refused = refuseNext(talkdesk);
	const sending = first?.();
	await refused;
	await Promise.all([sending, ...(await callInOrder(rest))]);
	const arrived = talkdesk.conversation(conversationId)?.messages.map(({ content }) => content);
	expect(arrived).toEqual(order.map((_by, index) => `${index}`));
});

it('routes to the human while a human has the chat, and to the bot before and afterwards', async () => {
	expect(await route('s2', 'Hi bot')).toMatchObject({
		owner: 'bot',
		item: { body: { sessionId: 's2', text: 'Hi bot' } },
	});
	const { conversationId } = await start('s2');
	expect(await route('s2', 'Hi human')).toMatchObject({
		owner: 'human',
		item: { conversationId, sessionId: 's2', conversationEnded: false },
	});
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	await n8n.agent.say(conversationId, 'Hello');
	expect(await eventOf(conversationId, { text: 'Hello' })).toMatchObject({
		sessionId: 's2',
		sessionData: { channel: 'test', of: 's2' },
		agentJoined: true,
	});
	await n8n.agent.say(conversationId, 'How are you?');
	expect(await eventOf(conversationId, { text: 'How are you?' })).toMatchObject({
		sessionId: 's2',
		agentJoined: false,
	});
	await n8n.agent.end(conversationId);
	expect(await eventOf(conversationId, { event: 'conversation_ended' })).toMatchObject({
		sessionId: 's2',
	});
	expect(await route('s2', 'Bot again')).toMatchObject({ owner: 'bot' });
	const next = await start('s2');
	expect(next.conversationId).not.toBe(conversationId);
	expect(next.alreadyStarted).toBe(false);
	expect(await route('s2', 'Human again')).toMatchObject({
		owner: 'human',
		item: { conversationId: next.conversationId },
	});
});

it('gives the chat back after an end that was not reported', async () => {
	const { conversationId } = await start('s3');
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	n8n.disconnect();
	await n8n.agent.end(conversationId).catch(() => undefined);
	n8n.connect();
	expect(await route('s3', 'Are you there?')).toMatchObject({ owner: 'bot' });
	// The report may come late.
	const late = { conversation_id: conversationId, timestamp: '2099-01-01T00:00:00.000Z' };
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', late);
	expect(await eventOf(conversationId, { event: 'conversation_ended' })).toMatchObject({
		handedBack: true,
	});
	expect((await start('s3')).conversationId).not.toBe(conversationId);
});

it('gives the chat to the agent who reopens it after an end that was not reported', async () => {
	const { conversationId } = await start('s6');
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	await n8n.agent.say(conversationId, 'Hello');
	await eventOf(conversationId, { text: 'Hello' });
	n8n.disconnect();
	await n8n.agent.end(conversationId).catch(() => undefined);
	n8n.connect();
	expect(await route('s6', 'Are you there?')).toMatchObject({ owner: 'bot' });
	await n8n.agent.reopen(conversationId);
	await n8n.agent.say(conversationId, 'One thing more');
	await eventOf(conversationId, { text: 'One thing more' });
	expect(await route('s6', 'Yes?')).toMatchObject({ owner: 'human', item: { conversationId } });
});

it("an event comes out once, after n8n's Retry On Fail has repeated the trigger", async () => {
	const { conversationId } = await start('s8');
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	await eventOf(conversationId, { event: 'conversation_started' });
	const { api } = n8n.environment.n8n;
	const table = 'talkdesk_conversations';
	await api.renameDataTableColumn(table, 'agentName', 'agent');
	await n8n.agent.say(conversationId, 'Hello');
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect(await api.executions({ status: 'running' })).toHaveLength(1);
	await api.renameDataTableColumn(table, 'agent', 'agentName');
	expect(await eventOf(conversationId, { text: 'Hello' })).toMatchObject({ agentJoined: true });
	expect(triggered.textsOf(conversationId)).toEqual(['Hello']);
});

it('starts a new conversation although the row of the ended one was deleted', async () => {
	const { conversationId } = await start('s7');
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	await n8n.agent.end(conversationId);
	await eventOf(conversationId, { event: 'conversation_ended' });
	const { api } = n8n.environment.n8n;
	await api.deleteDataTableRows('talkdesk_conversations', { conversationId });
	expect((await start('s7')).conversationId).not.toBe(conversationId);
});

it('an end hands the chat back to the bot once', async () => {
	const { conversationId: first } = await start('s4');
	await n8n.agent.join(first, { name: 'Zoe' });
	await n8n.agent.end(first);
	expect(await eventOf(first, { event: 'conversation_ended' })).toMatchObject({ handedBack: true });

	const { conversationId: second } = await start('s4');
	expect(second).not.toBe(first);
	const again = { conversation_id: first, timestamp: '2099-01-01T00:00:00.000Z' };
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', again);
	expect(await eventOf(first, { handedBack: false })).toMatchObject({ sessionId: 's4' });

	// Another workflow than that of the trigger.
	await n8n.call('end', { conversationId: second });
	expect(await route('s4', 'Bot?')).toMatchObject({ owner: 'bot' });
	expect(await eventOf(second, { event: 'conversation_ended' })).toMatchObject({
		handedBack: true,
	});

	// Late words make the former conversation open again; its end is no end of the newer one.
	const { conversationId: third } = await start('s4');
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'message_created', {
		conversation_id: first,
		timestamp: '2099-01-01T00:00:01.000Z',
		payload: { content: 'One thing more', author: { type: 'AGENT' } },
	});
	await eventOf(first, { text: 'One thing more' });
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', {
		...again,
		timestamp: '2099-01-01T00:00:02.000Z',
	});
	expect(await eventOf(first, { timestamp: '2099-01-01T00:00:02.000Z' })).toMatchObject({
		handedBack: false,
	});
	expect(await route('s4', 'Human?')).toMatchObject({
		owner: 'human',
		item: { conversationId: third },
	});
});

it('a conversation that could not be ended stays open', async () => {
	const { conversationId } = await start('s5');
	n8n.environment.talkdesk.configure({ digitalConnectEnabled: false });
	try {
		await expect(n8n.call('end', { conversationId })).rejects.toThrow();
	} finally {
		n8n.environment.talkdesk.configure({ digitalConnectEnabled: true });
	}
	expect(await route('s5', 'Still there?')).toMatchObject({ owner: 'human' });
});

it.each(['={{ 7*7 }}', 'O\'Neil "x"', '-1', '49', 'Ünï 李', 'a'.repeat(500)])(
	'the session ID %j stays a text, apart from all others',
	async (sessionId) => {
		const { conversationId } = await start(sessionId);
		expect(await route(sessionId, 'Mine')).toMatchObject({
			owner: 'human',
			item: { conversationId, sessionId },
		});
		expect(await route(`${sessionId} `.toUpperCase() + 'x', 'Not mine')).toMatchObject({
			owner: 'bot',
		});
	},
);

it('leaves nothing in the list of executions', async () => {
	const executions = await n8n.environment.n8n.api.executions();
	expect(executions.filter(({ mode }) => mode === 'integrated')).toEqual([]);
});
