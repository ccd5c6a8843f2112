import type { EventName } from '../simulator/contract.mts';
import { startScriptedModel, type ScriptedModel } from '../tools/demo/model.mts';
import { startExamplesEnvironment, setWaitLimit, type ExamplesEnvironment } from './examples.mts';
import { handOver, newCustomer, type Customer } from './examples-customers.mts';

let environment: ExamplesEnvironment;
let model: ScriptedModel;
const workflowIds = new Map<string, string>();

beforeAll(async () => {
	environment = await startExamplesEnvironment();
	workflowIds.set('live-chat', environment.workflowId);
	const inTime = await environment.add('no-agent-in-time', {
		adapt: (example) => setWaitLimit(example, 600),
	});
	workflowIds.set('no-agent-in-time', inTime.workflowId);
	model = await startScriptedModel((said) => ({ say: `Summed up: ${said}` }));
	const openAiApi = await environment.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const after = await environment.add('after-the-conversation', { credentials: { openAiApi } });
	workflowIds.set('after-the-conversation', after.workflowId);
}, 300_000);
afterAll(async () => {
	await model?.close();
	await environment?.stop();
}, 30_000);

describe.each([
	{ path: 'live-chat', touchpointId: 'local-touchpoint' },
	{ path: 'no-agent-in-time', touchpointId: 'no-agent-in-time' },
	{ path: 'after-the-conversation', touchpointId: 'after-the-conversation' },
])('$path', ({ path, touchpointId }) => {
	const customerOf = () => newCustomer(environment, `${environment.n8n.webhookUrl}/${path}`);
	const handedOver = async (customer: Customer) =>
		await handOver(environment, touchpointId, customer);
	const failures = async () =>
		await environment.n8n.api.countExecutions(workflowIds.get(path) ?? '', 'error');

	it('delivers a late message of a former conversation to the customer, who has a new one', async () => {
		const customer = customerOf();
		const before = await failures();
		const former = await handedOver(customer);
		await environment.talkdesk.agent.end(former);
		await customer.hears(({ from }) => from === 'bot', 'the end');
		const id = await handedOver(customer);
		expect(id).not.toBe(former);

		const late = { conversation_id: former };
		await environment.talkdesk.deliver(touchpointId, 'conversation_ended', late);
		await environment.talkdesk.deliver(touchpointId, 'message_created', {
			...late,
			payload: { content: 'One thing more' },
		});
		await customer.hears(({ text }) => text === 'One thing more', 'the late words');
		expect(await customer.says('Are you there?')).toMatchObject({ handledBy: 'human' });
		expect(environment.saidIn(id)).toEqual(['Are you there?']);
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.talkdesk.agent.say(id, 'I am here');
		await customer.hears(({ text }) => text === 'I am here', 'the new one');
		expect(customer.heard.filter(({ from }) => from === 'bot')).toHaveLength(1);
		expect(await failures()).toBe(before);
	}, 60_000);

	it('says that no human can be reached, and the bot stays', async () => {
		const customer = customerOf();
		environment.talkdesk.configure({ digitalConnectEnabled: false });
		try {
			expect(await customer.says('A human, please')).toEqual({
				handledBy: 'bot',
				reply: expect.stringContaining('I am sorry'),
			});
		} finally {
			environment.talkdesk.configure({ digitalConnectEnabled: true });
		}
		expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
	}, 60_000);

	it('ignores conversations of other workflows', async () => {
		const { api } = environment.n8n;
		const workflowId = workflowIds.get(path) ?? '';
		const before = await failures();
		const seen = new Set((await api.executions({ workflowId })).map(({ id }) => id));
		await environment.talkdesk.deliver(touchpointId, 'message_created', {
			conversation_id: 'a-stranger-s',
			payload: { content: 'Hi' },
		});
		await api.waitForExecution(
			({ id, status }) => !seen.has(id) && ['success', 'error'].includes(status),
			30_000,
			{ workflowId },
		);
		expect(await failures()).toBe(before);
	}, 60_000);

	it('tells that a human has joined by the first message, without echoes', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		const happens = async (event: EventName, payload?: object) =>
			await environment.talkdesk.deliver(touchpointId, event, { conversation_id: id, payload });
		// Whenever Talkdesk may call it.
		await happens('conversation_started');
		await happens('message_created', { content: 'We are closed', author: { type: 'BOT' } });
		await happens('message_created', { content: 'my words', author: { type: 'CUSTOMER' } });
		await customer.hears(({ from }) => from === 'automated', 'the automated message');
		await happens('message_created', { content: 'You are number 3' });
		await customer.hears(({ text }) => text === 'You are number 3', 'words of nobody');
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.talkdesk.agent.say(id, 'Hello');
		await customer.hears(({ text }) => text === 'Hello', 'the human');
		expect(customer.heard).toEqual([
			{ from: 'automated', text: 'We are closed' },
			{ from: 'unknown', text: 'You are number 3' },
			{ from: 'human', name: 'Zoe', text: 'Hello', joined: true },
		]);
	}, 60_000);

	it('lets the customer go back to the bot', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		expect(await customer.says('/end')).toMatchObject({
			handledBy: 'bot',
			reply: expect.stringContaining('You have left'),
		});
		expect(environment.talkdesk.conversation(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		expect(await customer.says('Hello?')).toMatchObject({ handledBy: 'bot' });
		expect(await handedOver(customer)).not.toBe(id);
		expect(JSON.stringify(customer.heard)).not.toContain('I am your bot again');
	}, 60_000);
});
