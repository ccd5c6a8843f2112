import axios from 'axios';
import { z } from 'zod';

import { itemsOf } from '../n8n/workflows.mts';
import { startScriptedModel, type ScriptedModel } from '../play/model.mts';
import { createWorld, importExample, type World } from '../play/world.mts';

const CREDENTIAL = 'talkdeskOAuth2Api';

let world: World;
let model: ScriptedModel;
let chatUrl: string;
let sessions = 0;

beforeAll(async () => {
	world = await createWorld();
	model = await startScriptedModel((said, toolResults) => {
		const calls = /twice/.test(said) ? 2 : /human/.test(said) ? 1 : 0;
		return toolResults.length < calls
			? { callTool: { contactEmail: 'ann@example.com', contactReason: 'An order is late' } }
			: { say: calls > 0 ? 'A human takes over.' : `You said: ${said}` };
	});
	const openAi = await world.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const { basePath, webhookIdOf } = await importExample(world.n8n, 'ai-agent-hand-off', {
		credentials: { [CREDENTIAL]: world.credential, openAiApi: openAi },
		chat: world.chat,
	});
	chatUrl = `${world.n8n.webhookUrl}/${webhookIdOf('When chat message received')}/chat`;
	const key = world.credentialData.webhookApiKey ?? '';
	world.talkdesk.configure({
		touchpoints: [
			{
				id: 'local-touchpoint',
				integration: { basePath, authentication: { type: 'apiKey', key } },
			},
		],
	});
}, 180_000);
afterAll(async () => {
	await model?.close();
	await world?.stop();
}, 30_000);

/** A person in the chat of the AI agent. */
function newChatter() {
	const sessionId = `chatter-${++sessions}`;
	const customer = world.chat.customer({ sessionId });
	const says = async (chatInput: string) => {
		const { data } = await axios.post<unknown>(chatUrl, {
			action: 'sendMessage',
			sessionId,
			chatInput,
		});
		return z.object({ output: z.string() }).parse(data).output;
	};
	return { customer, says };
}

const transcriptOf = (id: string | undefined) =>
	(world.talkdesk.conversation(id ?? '')?.start.previous_messages ?? []).map(
		({ type, content }) => `${type}: ${content}`,
	);

it('an AI agent hands over with its memory and its parameters, is silent, and comes back', async () => {
	const { customer, says } = newChatter();
	expect(await says('Where is my order?')).toBe('You said: Where is my order?');
	expect(await says('It is late')).toBe('You said: It is late');
	expect(await says('I want a human')).toBe('A human takes over.');

	const conversation = world.talkdesk.conversations().at(-1);
	expect(conversation?.start.contact_person.email).toBe('ann@example.com');
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
	expect(world.talkdesk.conversation(id)?.messages.map(({ content }) => content)).toEqual([
		'Are you there?',
	]);
	await world.talkdesk.agent.join(id, { name: 'Zoe' });
	await world.talkdesk.agent.say(id, 'Here I am');
	await customer.hears(({ from, text }) => from === 'human' && text === 'Here I am', 'the human');
	await world.talkdesk.agent.end(id);
	await customer.hears(({ from }) => from === 'bot', 'the bot');
	expect(await says('Thanks')).toBe('You said: Thanks');
}, 60_000);

it('a second call of the tool in the same chat gives the same conversation, says so, and starts nothing', async () => {
	const { says } = newChatter();
	const before = world.talkdesk.counts().conversationsStarted;
	expect(await says('A human, and ask twice')).toBe('A human takes over.');
	expect(world.talkdesk.counts().conversationsStarted).toBe(before + 1);

	const id = world.talkdesk.conversations().at(-1)?.id ?? 'none';
	const [first, second] = model.toolResults.slice(-2);
	expect(first).toContain(id);
	expect(first).toContain('A human agent has been asked to take over');
	expect(second).toContain(id);
	expect(second).toContain('nothing new was started');
}, 60_000);

it('what a memory node holds arrives whole and in order, 200 messages too', async () => {
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
	const { id } = await world.n8n.api.createWorkflow({
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
					contactEmail: 'long@example.com',
					transcriptSource: 'memory',
				},
				{ credentials: { [CREDENTIAL]: world.credential } },
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
	const execution = await world.n8n.api.run(id);
	const [item] = itemsOf(execution, 'Talkdesk');
	expect(item?.json).toMatchObject({ transcriptMessages: 200, transcriptMessagesOmitted: 0 });
	expect(transcriptOf(String(item?.json.conversationId))).toEqual(
		messages.map(({ type, message }) => `${type === 'ai' ? 'external' : 'user'}: ${message}`),
	);
}, 60_000);
