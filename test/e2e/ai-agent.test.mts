import { setTimeout as sleep } from 'node:timers/promises';

import { itemsOf } from '../tools/n8n/workflows.mts';
import { startScriptedModel, type ScriptedModel } from '../tools/demo/model.mts';
import { startEnvironment, importExample, type Environment } from '../tools/demo/environment.mts';
import * as customers from './examples-customers.mts';

const CREDENTIAL = 'talkdeskOAuth2Api';
const ANN = 'ann@shop.internal';

let environment: Environment;
let model: ScriptedModel;
let chatUrl: string;
/** Switches the webhook calls of Talkdesk on or off. */
let setWebhooks: (isOn: boolean) => void;
/** Lets the model respond to a message with "slowly". */
let releaseModel: () => void;
const modelReleased = new Promise<void>((resolve) => (releaseModel = resolve));

beforeAll(async () => {
	environment = await startEnvironment();
	model = await startScriptedModel(async (said, toolResults) => {
		const calls = /twice/.test(said) ? 2 : /human/.test(said) ? 1 : 0;
		if (toolResults.length < calls) {
			return { callTool: { contactEmail: ANN, contactReason: 'An order is late' } };
		}
		if (/slowly/.test(said)) await modelReleased;
		if (toolResults.some((result) => result.includes('Contact Email'))) {
			return { say: 'Which address is yours?' };
		}
		return { say: calls > 0 ? 'A human takes over.' : `You said: ${said}` };
	});
	const openAi = await environment.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const { basePath, webhookIdOf } = await importExample(
		environment.n8n,
		'examples/ai-agent-hand-off.json',
		{
			credentials: { [CREDENTIAL]: environment.credential, openAiApi: openAi },
			chat: environment.chat,
		},
	);
	chatUrl = `${environment.n8n.webhookUrl}/${webhookIdOf('When chat message received')}/chat`;
	const key = environment.credentialData.webhookApiKey ?? '';
	const integration = { basePath, authentication: { type: 'apiKey' as const, key } };
	setWebhooks = (isOn) =>
		environment.talkdesk.configure({
			touchpoints: [{ id: 'local-touchpoint', ...(isOn && { integration }) }],
		});
	setWebhooks(true);
}, 180_000);
afterAll(async () => {
	await model?.close();
	await environment?.stop();
}, 30_000);

const newChatter = (email?: string) => customers.newChatter(environment, chatUrl, email);
const newest = () => environment.talkdesk.conversations().at(-1)?.id ?? 'none';
const saidIn = (id: string) =>
	(environment.talkdesk.conversation(id)?.messages ?? [])
		.filter(({ from }) => from === 'customer')
		.map(({ content }) => content);
const transcriptOf = (id: string | undefined) =>
	(environment.talkdesk.conversation(id ?? '')?.start.previous_messages ?? []).map(
		({ type, content }) => `${type}: ${content}`,
	);

it('an AI agent hands over with its memory and parameters, is silent, and returns', async () => {
	const { customer, says } = newChatter(ANN);
	expect(await says('Where is my order?')).toBe('You said: Where is my order?');
	expect(await says('It is late')).toBe('You said: It is late');
	expect(await says('I want a human')).toBe('A human takes over.');

	const conversation = environment.talkdesk.conversations().at(-1);
	expect(conversation?.start.contact_person.email).toBe(ANN);
	expect(conversation?.start.context_parameters).toEqual({ contact_reason: 'An order is late' });
	expect(transcriptOf(conversation?.id)).toEqual([
		'user: Where is my order?',
		'external: You said: Where is my order?',
		'user: It is late',
		'external: You said: It is late',
		'user: I want a human',
	]);
	const id = conversation?.id ?? '';

	expect(await says('Are you there?')).toBe('');
	expect(environment.talkdesk.conversation(id)?.messages.map(({ content }) => content)).toEqual([
		'Are you there?',
	]);
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	await environment.talkdesk.agent.say(id, 'Here I am');
	await customer.hears(({ from, text }) => from === 'human' && text === 'Here I am', 'the human');
	await environment.talkdesk.agent.end(id);
	await customer.hears(({ from }) => from === 'bot', 'the bot');
	expect(await says('Thanks')).toBe('You said: Thanks');

	expect(await says('I want a human again')).toBe('A human takes over.');
	const again = newest();
	expect(again).not.toBe(id);
	expect(transcriptOf(again).slice(-3)).toEqual([
		'user: Thanks',
		'external: You said: Thanks',
		'user: I want a human again',
	]);
	expect(await says('Still there?')).toBe('');
	expect(saidIn(again)).toEqual(['Still there?']);
	// A late message of the first conversation arrives; a late event of its end has no effect.
	const late = { conversation_id: id };
	await environment.talkdesk.deliver('local-touchpoint', 'conversation_ended', late);
	await environment.talkdesk.deliver('local-touchpoint', 'message_created', {
		...late,
		payload: { content: 'One thing more' },
	});
	await customer.hears(({ text }) => text === 'One thing more', 'the late words');
	expect(await says('Really?')).toBe('');
	expect(saidIn(again)).toEqual(['Still there?', 'Really?']);
	expect(customer.heard.filter(({ from }) => from === 'bot')).toHaveLength(1);
}, 90_000);

it('a message of the human before the last response of the model reaches the customer', async () => {
	const { customer, says } = newChatter(ANN);
	const { conversationsStarted } = environment.talkdesk.counts();
	const answer = says('A human, but slowly');
	await environment.talkdesk.waitFor(
		() => environment.talkdesk.counts().conversationsStarted > conversationsStarted,
		{ what: 'the conversation', timeoutMs: 20_000 },
	);
	const id = newest();
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	await environment.talkdesk.agent.say(id, 'Here I am already');
	// Enough time for n8n to look for the customer in vain.
	await sleep(2000);
	releaseModel();
	expect(await answer).toBe('A human takes over.');
	await customer.hears(({ text }) => text === 'Here I am already', 'the first words');
}, 60_000);

it('an end without an event is detected, and the chat can be handed over again', async () => {
	const { says } = newChatter(ANN);
	expect(await says('I want a human')).toBe('A human takes over.');
	const id = newest();
	setWebhooks(false);
	try {
		await environment.talkdesk.agent.end(id);
	} finally {
		setWebhooks(true);
	}
	expect(await says('Are you there?')).toBe('You said: Are you there?');
	expect(saidIn(id)).toEqual([]);
	expect(await says('A human again')).toBe('A human takes over.');
	expect(newest()).not.toBe(id);
}, 60_000);

it('a customer can go back to the AI agent, and is told once', async () => {
	const { customer, says } = newChatter(ANN);
	expect(await says('I want a human')).toBe('A human takes over.');
	const id = newest();
	expect(await says('end')).toContain('I am your bot again');
	expect(environment.talkdesk.conversation(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
	expect(await says('Hello')).toBe('You said: Hello');
	expect(await says('I want a human')).toBe('A human takes over.');
	await environment.talkdesk.agent.join(newest(), { name: 'Zoe' });
	await environment.talkdesk.agent.say(newest(), 'Here I am');
	await customer.hears(({ from, joined }) => from === 'human' && joined === true, 'the human');
	expect(customer.heard).toHaveLength(1);
}, 60_000);

it('a message that cannot be sent is not reported as delivered', async () => {
	const { says } = newChatter(ANN);
	expect(await says('I want a human')).toBe('A human takes over.');
	const id = newest();
	environment.talkdesk.configure({ digitalConnectEnabled: false });
	try {
		expect(await says('Can you hear me?')).toContain('could not be delivered');
	} finally {
		environment.talkdesk.configure({ digitalConnectEnabled: true });
	}
	expect(await says('And now?')).toBe('');
	expect(saidIn(id)).toEqual(['And now?']);
}, 60_000);

it('an address that the customer has never written is rejected', async () => {
	const { says } = newChatter();
	const before = environment.talkdesk.counts().conversationsStarted;
	expect(await says('I want a human')).toBe('Which address is yours?');
	expect(environment.talkdesk.counts().conversationsStarted).toBe(before);
	expect(await says('A human, please. I am Ann@Shop.Internal.')).toBe('A human takes over.');
	expect(environment.talkdesk.conversation(newest())?.start.contact_person.email).toBe(
		'Ann@shop.internal',
	);
}, 60_000);

it('a second call of the tool in the same chat gives the same conversation as already started', async () => {
	const { says } = newChatter(ANN);
	const before = environment.talkdesk.counts().conversationsStarted;
	expect(await says('A human, and ask twice')).toBe('A human takes over.');
	expect(environment.talkdesk.counts().conversationsStarted).toBe(before + 1);

	const id = environment.talkdesk.conversations().at(-1)?.id ?? 'none';
	const [first, second] = model.toolResults.slice(-2);
	expect(first).toContain(id);
	expect(first).toContain('A human agent has been asked to take over');
	expect(second).toContain(id);
	expect(second).toContain('nothing new was started');
}, 60_000);

it('200 messages of a memory node arrive completely and in order', async () => {
	const sessionKey = 'long-session';
	const messages = Array.from({ length: 200 }, (_, index) => ({
		type: index % 2 ? 'ai' : 'user',
		message: `message ${index}`,
	}));
	const node = (name: string, type: string, parameters: object, more: object = {}) => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0] as [number, number],
		parameters: { ...parameters },
		...more,
	});
	const { id } = await environment.n8n.api.createWorkflow({
		name: 'From memory',
		nodes: [
			node('Begin', 'n8n-nodes-base.manualTrigger', {}),
			node(
				'Fill the memory',
				'@n8n/n8n-nodes-langchain.memoryManager',
				{ mode: 'insert', insertMode: 'override', messages: { messageValues: messages } },
				{ typeVersion: 1.1 },
			),
			node(
				'Memory',
				'@n8n/n8n-nodes-langchain.memoryBufferWindow',
				{ sessionIdType: 'customKey', sessionKey, contextWindowLength: 5 },
				{ typeVersion: 1.3 },
			),
			node(
				'Talkdesk',
				'n8n-nodes-talkdesk.talkdesk',
				{
					resource: 'conversation',
					operation: 'start',
					contactEmail: 'long@shop.internal',
					transcriptSource: 'memory',
				},
				{ credentials: { [CREDENTIAL]: environment.credential } },
			),
		],
		connections: {
			Begin: { main: [[{ node: 'Fill the memory', type: 'main', index: 0 }]] },
			'Fill the memory': { main: [[{ node: 'Talkdesk', type: 'main', index: 0 }]] },
			Memory: {
				ai_memory: [
					[
						{ node: 'Fill the memory', type: 'ai_memory', index: 0 },
						{ node: 'Talkdesk', type: 'ai_memory', index: 0 },
					],
				],
			},
		},
		settings: { executionOrder: 'v1' },
	});
	const execution = await environment.n8n.api.run(id);
	const [item] = itemsOf(execution, 'Talkdesk');
	expect(item?.json).toMatchObject({ transcriptMessages: 200, transcriptMessagesOmitted: 0 });
	expect(transcriptOf(String(item?.json.conversationId))).toEqual(
		messages.map(({ type, message }) => `${type === 'ai' ? 'external' : 'user'}: ${message}`),
	);
}, 60_000);
