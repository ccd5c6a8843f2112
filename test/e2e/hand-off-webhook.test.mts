import axios from 'axios';

import { environment } from '../support/environmentFixture.mts';
import { countExecutions, handedOver, newCustomer } from './hand-off-fixtures.mts';
import { conversationOf } from '../tools/demo/conversation.mts';

describe('a call of the trigger', () => {
	const call = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
		await axios.post<unknown>(`${environment.basePath}${path}`, body, {
			headers: { 'X-Api-Key': environment.credentialData.webhookApiKey ?? '', ...headers },
			validateStatus: () => true,
		});
	const message = { conversation_id: 'c1', payload: { content: 'Hi' } };

	it.each([{ 'X-Api-Key': 'wrong' }, { 'X-Api-Key': '' }])(
		'with the headers %j is a 401 in JSON and starts no execution',
		async (headers) => {
			const before = await countExecutions();
			for (const path of ['/message_created', '/conversation_ended', '/events', '']) {
				const { status, data, headers: answered } = await call(path, message, headers);
				expect([status, data]).toEqual([401, { error: 'unauthorized' }]);
				expect(answered['content-type']).toContain('application/json');
			}
			expect(await countExecutions()).toBe(before);
		},
	);

	it('is rejected while the credential has no key', async () => {
		await environment.n8n.api.updateCredential(environment.credential.id, {
			data: { webhookApiKey: '' },
		});
		try {
			for (const key of ['', 'undefined', environment.credentialData.webhookApiKey ?? '']) {
				expect((await call('/message_created', message, { 'X-Api-Key': key })).status).toBe(401);
			}
		} finally {
			await environment.n8n.api.updateCredential(environment.credential.id, {
				data: { webhookApiKey: environment.credentialData.webhookApiKey },
			});
		}
		expect((await call('/message_created', {})).status).toBe(200);
	});

	it.each([
		['/message_created', {}, 200, 'conversation_id'],
		['/message_created', [1], 400, 'JSON object'],
	])('of %s with %j is a %d with a reason', async (path, body, expected, reason) => {
		const before = await countExecutions();
		const { status, data } = await call(path, body);
		expect(status).toBe(expected);
		expect(JSON.stringify(data)).toContain(reason);
		expect(await countExecutions()).toBe(before);
	});

	it('with a text as its body is a 400 with a reason', async () => {
		const { status, data } = await call('/message_created', 'hello', {
			'Content-Type': 'text/plain',
		});
		expect([status, data]).toEqual([400, { error: 'The body must be a JSON object.' }]);
	});

	it('with broken JSON is rejected by n8n itself, before the node runs', async () => {
		const before = await countExecutions();
		const { status, data } = await call('/message_created', Buffer.from('{'), {
			'Content-Type': 'application/json',
		});
		expect(status).toBe(422);
		expect(JSON.stringify(data)).toContain('Failed to parse request body');
		expect(await countExecutions()).toBe(before);
	});

	it('with an unknown event is answered with 200, and logged', async () => {
		const { status } = await call('/events', { conversation_id: 'c1', event_type: 'TYPING' });
		expect(status).toBe(200);
		expect(environment.n8n.log()).toContain('A call was not recognized');
	});

	it.each(['envelope', 'relay', 'flat'] as const)(
		'in the form %s reaches the customer',
		async (form) => {
			const { customer, id } = await handedOver(form);
			environment.talkdesk.configure({ payloadForm: form });
			try {
				await environment.talkdesk.agent.say(id, `in the form ${form}`);
				await customer.hears(({ text }) => text === `in the form ${form}`, 'the agent');
			} finally {
				environment.talkdesk.configure({ payloadForm: 'envelope' });
			}
		},
	);

	it('for an unknown conversation is ignored by the example', async () => {
		const { api } = environment.n8n;
		const { workflowId } = environment;
		const failed = await api.countExecutions(workflowId, 'error');
		const seen = new Set((await api.executions({ workflowId })).map(({ id }) => id));
		await call('/message_created', { conversation_id: 'nobody', payload: { content: 'Hi' } });
		await api.waitForExecution(({ id, status }) => !seen.has(id) && status === 'success', 20_000, {
			workflowId,
		});
		expect(await api.countExecutions(workflowId, 'error')).toBe(failed);
	}, 30_000);

	it('of a start tells nobody that a human has joined', async () => {
		const { email, customer } = newCustomer('started');
		await customer.says('I want to talk to a human');
		const { id } = await conversationOf(environment.talkdesk, email);
		const before = await countExecutions();
		for (const conversation_id of [id, 'opened-by-an-agent']) {
			expect((await call('/conversation_started', { conversation_id })).status).toBe(200);
		}
		expect(await countExecutions()).toBe(before);
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.talkdesk.agent.say(id, 'Hello');
		await customer.hears(({ text }) => text === 'Hello', 'her first words');
		await environment.talkdesk.agent.say(id, 'How are you?');
		await customer.hears(({ text }) => text === 'How are you?', 'Zoe');
		expect(customer.heard).toEqual([
			{ from: 'human', name: 'Zoe', text: 'Hello', joined: true },
			{ from: 'human', name: 'Zoe', text: 'How are you?', joined: false },
		]);
	}, 30_000);

	it('of an automated message reaches the customer, and is no human', async () => {
		const { email, customer } = newCustomer('automated');
		await customer.says('I want to talk to a human');
		const { id: conversation_id } = await conversationOf(environment.talkdesk, email);
		const says = async (type: string, content: string) =>
			await call('/message_created', { conversation_id, payload: { content, author: { type } } });
		await says('BOT', 'Our office is closed');
		await customer.hears(({ from }) => from === 'automated', 'the automated message');
		await says('CONTACT_PERSON', 'my own words');
		await says('AGENT', 'I am still here');
		await customer.hears(({ from }) => from === 'human', 'the agent');
		expect(customer.heard).toEqual([
			{ from: 'automated', text: 'Our office is closed' },
			{ from: 'human', text: 'I am still here', joined: true },
		]);
	}, 30_000);
});
