import axios from 'axios';

import { conversationOf } from '../tools/demo/conversation.mts';
import { itemsOf } from '../tools/n8n/workflows.mts';
import { environment } from '../support/environmentFixture.mts';
import type { Fault } from '../simulator/faults.mts';
import { callInOrder, refuseNext, SEND_ROUTE } from './refuseNext.mts';

const START_ROUTE = 'POST /api/digital-connect/conversations';

afterEach(() => environment.talkdesk.configure({ faults: () => undefined }));

/** Sets the faults of the next requests of a route; undefined for none. */
function fail(route: string, ...faults: Array<Fault | undefined>) {
	environment.talkdesk.configure({
		faults: (request) => (request.route === route ? faults.shift() : undefined),
	});
}

const textsOf = (conversationId: string) =>
	environment.talkdesk.conversation(conversationId)?.messages.map(({ content }) => content);

let webhooks = 0;
/** Publishes a workflow of a webhook, its messages as items, and a Talkdesk node. */
async function publish(
	parameters: Record<string, unknown>,
	talkdesk: Record<string, unknown> = {},
	credential = environment.credential,
) {
	const path = `repeated-${++webhooks}`;
	const at = (x: number): [number, number] => [x, 0];
	const { id } = await environment.n8n.api.createWorkflow({
		name: path,
		nodes: [
			{
				id: '1',
				name: 'When called',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: at(0),
				webhookId: path,
				parameters: { httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
			},
			{
				id: '2',
				name: 'Messages',
				type: 'n8n-nodes-base.splitOut',
				typeVersion: 1,
				position: at(200),
				parameters: { fieldToSplitOut: 'body.items', options: {} },
			},
			{
				id: '3',
				name: 'Talkdesk',
				type: 'n8n-nodes-talkdesk.talkdesk',
				typeVersion: 1,
				position: at(400),
				parameters,
				credentials: { talkdeskOAuth2Api: credential },
				...talkdesk,
			},
			{
				id: '4',
				name: 'Success',
				type: 'n8n-nodes-base.noOp',
				typeVersion: 1,
				position: at(600),
				parameters: {},
			},
		],
		connections: {
			'When called': { main: [[{ node: 'Messages', type: 'main', index: 0 }]] },
			Messages: { main: [[{ node: 'Talkdesk', type: 'main', index: 0 }]] },
			Talkdesk: { main: [[{ node: 'Success', type: 'main', index: 0 }]] },
		},
		settings: { executionOrder: 'v1' },
	});
	await environment.n8n.api.activate(id);
	const call = async (items: object[]) =>
		await axios.post<unknown>(
			`${environment.n8n.webhookUrl}/${path}`,
			{ items },
			{ validateStatus: () => true },
		);
	return { workflowId: id, call };
}

const start = (options: object = {}) => ({
	resource: 'conversation',
	operation: 'start',
	contactEmail: '={{ $json.email }}',
	contactCenterParameters: {},
	transcriptSource: 'none',
	options,
});
const send = (options: object = {}) => ({
	resource: 'message',
	operation: 'send',
	conversationId: '={{ $json.conversationId }}',
	text: '={{ $json.text }}',
	options,
});

let customers = 0;
async function started() {
	const email = `repeated-${++customers}@example.com`;
	const { call } = await publish(start());
	await call([{ email }]);
	return (await conversationOf(environment.talkdesk, email)).id;
}
const conversationsOf = (email: string) =>
	environment.talkdesk.conversations().filter((each) => each.start.contact_person.email === email);

const retryFailed = async (workflowId: string) => {
	const failed = await environment.n8n.api.waitForExecution(
		({ status }) => status === 'error',
		15_000,
		{
			workflowId,
		},
	);
	await environment.n8n.api.retryExecution(failed.id);
};

describe("Retry in n8n's list of executions", () => {
	it('sends exactly the messages that have not arrived', async () => {
		const conversationId = await started();
		fail(SEND_ROUTE, undefined, undefined, { kind: 'rateLimited', retryAfterSeconds: 3600 });
		const { workflowId, call } = await publish(send());
		await call(['one', 'two', 'three'].map((text) => ({ conversationId, text })));
		expect(textsOf(conversationId)).toEqual(['one', 'two']);
		await retryFailed(workflowId);
		expect(textsOf(conversationId)).toEqual(['one', 'two', 'three']);
	}, 60_000);

	it('finds the conversation that was started although the response was lost', async () => {
		fail(START_ROUTE, { kind: 'cut', when: 'after' });
		const { workflowId, call } = await publish(start({ maxRetries: 0 }));
		const email = 'lost-answer@example.com';
		await call([{ email }]);
		await retryFailed(workflowId);
		expect(conversationsOf(email)).toHaveLength(1);
	}, 60_000);
});

it("n8n's Retry On Fail has no double effect", async () => {
	const email = 'retried-by-n8n@example.com';
	const retryOnFail = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
	fail(START_ROUTE, { kind: 'cut', when: 'after' });
	const { call } = await publish(start({ maxRetries: 0 }), retryOnFail);
	await call([{ email }]);
	expect(conversationsOf(email)).toHaveLength(1);
	const [{ id: conversationId } = { id: '' }] = conversationsOf(email);
	fail(SEND_ROUTE, { kind: 'unavailable', status: 500, when: 'after' });
	await (
		await publish(send({ maxRetries: 0 }), retryOnFail)
	).call([{ conversationId, text: 'Hi' }]);
	expect(textsOf(conversationId)).toEqual(['Hi']);
}, 60_000);

it('messages that a channel sends without waiting arrive in order, although the first is retried', async () => {
	const conversationId = await started();
	const { call } = await publish(send());
	const [first = '', ...rest] = ['one', 'two', 'three', 'four', 'five'];
	const refused = refuseNext(environment.talkdesk);
	const sending = call([{ conversationId, text: first }]);
	await refused;
	const calls = rest.map((text) => async () => await call([{ conversationId, text }]));
	await Promise.all([sending, ...(await callInOrder(calls))]);
	expect(textsOf(conversationId)).toEqual([first, ...rest]);
}, 60_000);

it('a message with an unusable credential is never a success', async () => {
	const conversationId = await started();
	const { id, name } = await environment.n8n.api.createCredential(
		'Incomplete',
		'talkdeskOAuth2Api',
		{
			...environment.credentialData,
			clientSecret: '',
		},
	);
	const onError = { onError: 'continueErrorOutput' };
	const { workflowId, call } = await publish(send(), onError, { id, name });
	await call([{ conversationId, text: 'Hi' }]);
	const execution = await environment.n8n.api.waitForExecution(
		({ status }) => status === 'success',
		15_000,
		{ workflowId },
	);
	expect(itemsOf(execution, 'Success')).toEqual([]);
	expect(itemsOf(execution, 'Talkdesk', { output: 1 })).toMatchObject([
		{ json: { details: { kind: 'credential' } } },
	]);
	await environment.n8n.api.deleteCredential(id);
	await call([{ conversationId, text: 'Hi' }]);
	for (const { id: executionId } of await environment.n8n.api.executions({ workflowId })) {
		expect(itemsOf(await environment.n8n.api.execution(executionId), 'Success')).toEqual([]);
	}
}, 60_000);

it('a changed client of the credential is used at once', async () => {
	const clients = [
		{ id: 'local-client', secret: 'local-secret', scopes: ['digital-connect:write' as const] },
		{ id: 'new-client', secret: 'new-secret', scopes: ['digital-connect:write' as const] },
	];
	environment.talkdesk.configure({ clients });
	const { id, name } = await environment.n8n.api.createCredential(
		'Edited',
		'talkdeskOAuth2Api',
		environment.credentialData,
	);
	const { call } = await publish(start(), {}, { id, name });
	await call([{ email: 'before@example.com' }]);
	await environment.n8n.api.updateCredential(id, {
		data: { clientId: 'new-client', clientSecret: 'new-secret' },
	});
	await call([{ email: 'after@example.com' }]);
	const clientOf = (email: string) => conversationsOf(email)[0]?.startedBy?.client;
	expect(clientOf('before@example.com')).toBe('local-client');
	expect(clientOf('after@example.com')).toBe('new-client');
}, 60_000);
