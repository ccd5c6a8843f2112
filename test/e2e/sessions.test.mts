import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

import { startEnvironment, type Environment } from '../tools/demo/environment.mts';

let environment: Environment;
/** The base path of the trigger of this test. */
let basePath: string;

const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters: { ...parameters },
	webhookId: name.toLowerCase().replace(/\W/g, '-'),
});
const talkdesk = (name: string, parameters: object, type = 'talkdesk') => ({
	...node(name, `n8n-nodes-talkdesk.${type}`, 1, parameters),
	credentials: { talkdeskOAuth2Api: environment.credential },
});
const webhook = (path: string) =>
	node(path, 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path,
		responseMode: 'lastNode',
		options: {},
	});

/** Publishes a workflow. `connections`: for each node, those behind each of its outputs. */
async function publish(
	nodes: Array<ReturnType<typeof node>>,
	connections: Record<string, string[][]>,
) {
	const { id } = await environment.n8n.api.createWorkflow({
		name: nodes[0]?.name ?? '',
		nodes,
		connections: Object.fromEntries(
			Object.entries(connections).map(([from, outputs]) => [
				from,
				{ main: outputs.map((to) => to.map((name) => ({ node: name, type: 'main', index: 0 }))) },
			]),
		),
		settings: { executionOrder: 'v1' },
	});
	await environment.n8n.api.activate(id);
	return id;
}

const call = async (path: string, body: object) => {
	const { data } = await axios.post(`${environment.n8n.webhookUrl}/${path}`, body);
	return data;
};
const start = async (sessionId: string, more: object = {}) =>
	await call('start', { sessionId, email: 'ann@example.com', ...more });
const route = async (sessionId: string, text: string) => await call('route', { sessionId, text });

/** The events that have left the trigger. */
const events: Array<Record<string, unknown>> = [];

beforeAll(async () => {
	environment = await startEnvironment();
	const body = (field: string) => `={{ $json.body.${field} }}`;
	await publish(
		[
			webhook('start'),
			talkdesk('Start', {
				resource: 'conversation',
				operation: 'start',
				contactEmail: body('email'),
				sessionId: body('sessionId'),
				options: { sessionData: '={{ { channel: "test", of: $json.body.sessionId } }}' },
			}),
		],
		{ start: [['Start']] },
	);
	await publish(
		[
			webhook('end'),
			talkdesk('End', {
				resource: 'conversation',
				operation: 'end',
				conversationId: body('conversationId'),
				options: {},
			}),
		],
		{ end: [['End']] },
	);
	await publish(
		[
			webhook('route'),
			talkdesk('Route', {
				resource: 'message',
				operation: 'route',
				sessionId: body('sessionId'),
				text: body('text'),
				options: {},
			}),
			node('Human', 'n8n-nodes-base.set', 3.4, {
				mode: 'raw',
				jsonOutput: '={{ { owner: "human", item: $json } }}',
			}),
			node('Bot', 'n8n-nodes-base.set', 3.4, {
				mode: 'raw',
				jsonOutput: '={{ { owner: "bot", item: $json } }}',
			}),
		],
		{ route: [['Route']], Route: [['Human'], ['Bot']] },
	);
	const trigger = talkdesk(
		'Trigger',
		{ events: ['conversation_started', 'message_created', 'conversation_ended'] },
		'talkdeskTrigger',
	);
	const sink = await startSink();
	await publish(
		[
			trigger,
			node('Sink', 'n8n-nodes-base.httpRequest', 4.2, {
				method: 'POST',
				url: sink,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: '={{ $json }}',
				options: {},
			}),
		],
		{ Trigger: [['Sink'], ['Sink'], ['Sink']] },
	);
	basePath = `${environment.n8n.webhookUrl}/${trigger.webhookId}`;
	const key = environment.credentialData.webhookApiKey ?? '';
	environment.talkdesk.configure({
		touchpoints: [
			{
				id: 'local-touchpoint',
				integration: { basePath, authentication: { type: 'apiKey', key } },
			},
		],
	});
}, 180_000);

const servers: Server[] = [];
async function startSink(): Promise<string> {
	const server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk) => (text += String(chunk)));
		request.on('end', () => {
			events.push(JSON.parse(text));
			response.end('{}');
		});
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

afterAll(async () => {
	for (const server of servers) server.close();
	await environment?.stop();
}, 30_000);

/** The next event of a conversation with this text, or of this kind. */
async function eventOf(conversationId: string, wanted: Record<string, unknown>) {
	for (let attempt = 0; attempt < 150; attempt++) {
		const found = events.find(
			(event) =>
				event.conversationId === conversationId &&
				Object.entries(wanted).every(([key, value]) => event[key] === value),
		);
		if (found) return found;
		await sleep(100);
	}
	throw new Error(`no event ${JSON.stringify(wanted)} of ${conversationId}`);
}

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
	await environment.talkdesk.agent.join(conversationId, { name: 'Zoe' });
	await environment.talkdesk.agent.say(conversationId, 'Hello');
	expect(await eventOf(conversationId, { text: 'Hello' })).toMatchObject({
		sessionId: 's2',
		sessionData: { channel: 'test', of: 's2' },
		agentJoined: true,
	});
	await environment.talkdesk.agent.say(conversationId, 'How are you?');
	expect(await eventOf(conversationId, { text: 'How are you?' })).toMatchObject({
		sessionId: 's2',
		agentJoined: false,
	});
	await environment.talkdesk.agent.end(conversationId);
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
	await environment.talkdesk.agent.join(conversationId, { name: 'Zoe' });
	environment.talkdesk.configure({
		touchpoints: [
			{
				id: 'local-touchpoint',
				integration: {
					basePath: 'http://127.0.0.1:9',
					authentication: { type: 'apiKey', key: 'none' },
				},
			},
		],
	});
	await environment.talkdesk.agent.end(conversationId).catch(() => undefined);
	environment.talkdesk.configure({
		touchpoints: [
			{
				id: 'local-touchpoint',
				integration: {
					basePath,
					authentication: {
						type: 'apiKey',
						key: environment.credentialData.webhookApiKey ?? '',
					},
				},
			},
		],
	});
	expect(await route('s3', 'Are you there?')).toMatchObject({ owner: 'bot' });
	expect((await start('s3')).conversationId).not.toBe(conversationId);
});

it('an end hands the chat back to the bot once', async () => {
	const { conversationId: first } = await start('s4');
	await environment.talkdesk.agent.join(first, { name: 'Zoe' });
	await environment.talkdesk.agent.end(first);
	expect(await eventOf(first, { event: 'conversation_ended' })).toMatchObject({ handedBack: true });

	const { conversationId: second } = await start('s4');
	expect(second).not.toBe(first);
	const again = { conversation_id: first, timestamp: '2099-01-01T00:00:00.000Z' };
	await environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', again);
	expect(await eventOf(first, { handedBack: false })).toMatchObject({ sessionId: 's4' });

	// Another workflow than that of the trigger.
	await call('end', { conversationId: second });
	expect(await route('s4', 'Bot?')).toMatchObject({ owner: 'bot' });
	expect(await eventOf(second, { event: 'conversation_ended' })).toMatchObject({
		handedBack: true,
	});

	// Late words make the former conversation open again; its end is no end of the newer one.
	const { conversationId: third } = await start('s4');
	await environment.talkdesk.deliver('local-touchpoint', 'message_created', {
		conversation_id: first,
		timestamp: '2099-01-01T00:00:01.000Z',
		payload: { content: 'One thing more', author: { type: 'AGENT' } },
	});
	await eventOf(first, { text: 'One thing more' });
	await environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', {
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
	environment.talkdesk.configure({ digitalConnectEnabled: false });
	try {
		await expect(call('end', { conversationId })).rejects.toThrow();
	} finally {
		environment.talkdesk.configure({ digitalConnectEnabled: true });
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
	const executions = await environment.n8n.api.executions();
	expect(executions.filter(({ mode }) => mode === 'integrated')).toEqual([]);
});
