import axios from 'axios';

import { startScriptedModel, type ScriptedModel } from '../play/model.mts';
import { createExamplesWorld, setField, type ExamplesWorld } from './examples.mts';

let world: ExamplesWorld;
let model: ScriptedModel;
const workflowIds = new Map<string, string>();
let sessions = 0;

beforeAll(async () => {
	world = await createExamplesWorld();
	workflowIds.set('live-chat', world.workflowId);
	const inTime = await world.add('no-agent-in-time', {
		adapt: (example) => setField(example, 'Settings', 'secondsToWait', 600),
	});
	workflowIds.set('no-agent-in-time', inTime.workflowId);
	model = await startScriptedModel((said) => ({ say: `Summed up: ${said}` }));
	const openAiApi = await world.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const after = await world.add('after-the-conversation', { credentials: { openAiApi } });
	workflowIds.set('after-the-conversation', after.workflowId);
}, 300_000);
afterAll(async () => {
	await model?.close();
	await world?.stop();
}, 30_000);

describe.each([
	{ path: 'live-chat', touchpointId: 'local-touchpoint' },
	{ path: 'no-agent-in-time', touchpointId: 'no-agent-in-time' },
	{ path: 'after-the-conversation', touchpointId: 'after-the-conversation' },
])('$path', ({ path, touchpointId }) => {
	function newCustomer() {
		const sessionId = `web-${++sessions}`;
		const email = `${sessionId}@example.com`;
		return {
			...world.chat.customer({ sessionId }),
			email,
			says: async (text: string): Promise<unknown> =>
				(await axios.post(`${world.n8n.webhookUrl}/${path}`, { sessionId, email, text })).data,
		};
	}
	async function handOver({ says, email }: ReturnType<typeof newCustomer>) {
		expect(await says('A human, please')).toMatchObject({ handledBy: 'human' });
		return await world.conversationIn(
			touchpointId,
			({ contact_person }) => contact_person.email === email,
		);
	}
	const failures = async () =>
		await world.n8n.api.countExecutions(workflowIds.get(path) ?? '', 'error');

	it('brings late words of a former conversation to the customer, who has a new one', async () => {
		const customer = newCustomer();
		const before = await failures();
		const former = await handOver(customer);
		await world.talkdesk.agent.end(former);
		await customer.hears(({ from }) => from === 'bot', 'the end');
		const id = await handOver(customer);
		expect(id).not.toBe(former);

		const late = { conversation_id: former };
		await world.talkdesk.deliver(touchpointId, 'conversation_ended', late);
		await world.talkdesk.deliver(touchpointId, 'message_created', {
			...late,
			payload: { content: 'One thing more' },
		});
		await customer.hears(({ text }) => text === 'One thing more', 'the late words');
		expect(await customer.says('Are you there?')).toMatchObject({ handledBy: 'human' });
		expect(world.saidIn(id)).toEqual(['Are you there?']);
		await world.talkdesk.agent.join(id, { name: 'Zoe' });
		await world.talkdesk.agent.say(id, 'I am here');
		await customer.hears(({ text }) => text === 'I am here', 'the new one');
		expect(customer.heard.filter(({ from }) => from === 'bot')).toHaveLength(1);
		expect(await failures()).toBe(before);
	}, 60_000);

	it('says that nobody can be reached, and the bot stays', async () => {
		const customer = newCustomer();
		world.talkdesk.configure({ digitalConnectEnabled: false });
		try {
			expect(await customer.says('A human, please')).toEqual({
				handledBy: 'bot',
				reply: expect.stringContaining('I am sorry'),
			});
		} finally {
			world.talkdesk.configure({ digitalConnectEnabled: true });
		}
		expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
	}, 60_000);

	it('leaves conversations alone that somebody else has started', async () => {
		const { api } = world.n8n;
		const workflowId = workflowIds.get(path) ?? '';
		const before = await failures();
		const seen = new Set((await api.executions({ workflowId })).map(({ id }) => id));
		await world.talkdesk.deliver(touchpointId, 'message_created', {
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

	it('shows the customer nothing of what the customer has written', async () => {
		const customer = newCustomer();
		const id = await handOver(customer);
		await world.talkdesk.deliver(touchpointId, 'message_created', {
			conversation_id: id,
			payload: { content: 'my own words', author: { type: 'CUSTOMER' } },
		});
		await world.talkdesk.agent.join(id, { name: 'Zoe' });
		await world.talkdesk.agent.say(id, 'Hello');
		await customer.hears(({ text }) => text === 'Hello', 'the human');
		expect(customer.heard.map(({ text }) => text)).not.toContain('my own words');
	}, 60_000);
});
