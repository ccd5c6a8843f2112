import { cleanUp, clientOf, receiver, request, startBody, talkdeskForTest } from './testing.mts';

afterEach(cleanUp);

const previous_messages = [
	{ type: 'external', content: 'How can I help?', created_at: '2024-01-01T08:00:00Z' },
];

async function setUp() {
	const n8n = await receiver();
	const touchpoints = [{ id: 'local-touchpoint', integration: { basePath: n8n.url } }];
	const talkdesk = await talkdeskForTest({ touchpoints });
	const client = await clientOf(talkdesk);
	const start = startBody({ context_parameters: { contact_name: 'Ada' }, previous_messages });
	const id = await client.startConversation(start);
	const call = (method: string, path: string, body?: unknown) =>
		request(method, `${talkdesk.agentApiUrl}/conversations${path}`, body);
	return { n8n, talkdesk, client, start, id, call };
}

describe('the HTTP API of the agent', () => {
	test('leads a conversation from the first message to the end', async () => {
		const { n8n, client, start, id, call } = await setUp();
		await client.send(id, { content: 'A human, please' });
		const delivery = { ok: true, status: 200 };
		expect((await call('POST', `/${id}/join`, { name: 'Grace' })).data).toMatchObject(delivery);
		expect((await call('POST', `/${id}/say`, { text: 'Here I am' })).data).toMatchObject(delivery);
		expect((await call('POST', `/${id}/end`)).data).toMatchObject(delivery);
		expect(n8n.calls).toHaveLength(3);

		const shown = await call('GET', `/${id}`);
		expect(shown.data).toEqual({
			...{ id, start, state: 'ended', agent: { name: 'Grace' }, endedBy: 'agent' },
			...{ startedAt: expect.any(String), endedAt: expect.any(String) },
			startedBy: { client: 'local-client', account: 'acme' },
			steps: [
				expect.objectContaining({ what: 'started', by: 'api', agent: null }),
				expect.objectContaining({ what: 'joined', by: 'agent', agent: 'Grace' }),
				expect.objectContaining({ what: 'ended', by: 'agent', agent: 'Grace' }),
			],
			messages: [
				expect.objectContaining({ author: 'ada@example.com', content: 'A human, please' }),
				expect.objectContaining({ from: 'agent', author: 'Grace', content: 'Here I am' }),
			],
		});
		expect((await call('GET', '')).data).toEqual({ conversations: [shown.data] });
	});

	test.each([
		['POST', '/nobody/join', { name: 'Grace' }, 404],
		['POST', '/nobody/end', undefined, 404],
		['GET', '/nobody', undefined, 404],
		['POST', '/:id/join', {}, 400],
		['POST', '/:id/join', { name: ' ' }, 400],
		['POST', '/:id/say', { text: '' }, 400],
		['POST', '/:id/say', { text: 'x', to: 'y' }, 400],
		['POST', '/:id/say', { text: 'no agent has joined' }, 409],
		['POST', '/:id/end', { reason: 'x' }, 400],
		['POST', '/:id/transfer', { name: 'Joan' }, 409],
		['POST', '/:id/automated', { text: '' }, 400],
		['POST', '/:id/automated', { text: 'x', author: 'BOT' }, 400],
		['POST', '/:id/reopen', undefined, 409],
		['POST', '/nobody/reopen', undefined, 404],
		['POST', '', { name: 'Grace' }, 400],
		['POST', '', { name: 'Grace', email: 'no address' }, 400],
		['POST', '', { name: 'Grace', email: 'ada@example.com', touchpoint: 'none' }, 404],
	])('%s %s %j is a %i', async (method, path, body, status) => {
		const { n8n, id, call } = await setUp();
		const answer = await call(method, path.replace(':id', id), body);
		expect(answer).toMatchObject({ status, data: { code: `local-${status}` } });
		expect(n8n.calls).toEqual([]);
	});
});

describe('the agent', () => {
	test('does not join a conversation that has an agent', async () => {
		const { talkdesk, id, n8n } = await setUp();
		await talkdesk.agent.join(id, { name: 'Grace' });
		const second = talkdesk.agent.join(id, { name: 'Joan' });
		await expect(second).rejects.toMatchObject({ status: 409 });
		expect(talkdesk.conversation(id)?.agent).toEqual({ name: 'Grace' });
		expect(n8n.calls).toHaveLength(1);
	});

	test('can end a conversation without an agent', async () => {
		const { talkdesk, id } = await setUp();
		expect(await talkdesk.agent.end(id)).toMatchObject({ ok: true });
	});

	test('can do nothing after the end of a conversation', async () => {
		const { talkdesk, client, id, n8n } = await setUp();
		talkdesk.configure({ notifyApiEnd: false });
		await talkdesk.agent.join(id, { name: 'Grace' });
		await client.end(id);
		for (const late of [
			talkdesk.agent.say(id, 'x'),
			talkdesk.agent.end(id),
			talkdesk.agent.join(id, { name: 'Joan' }),
		]) {
			await expect(late).rejects.toThrow('already ended');
		}
		expect(talkdesk.conversation(id)).toMatchObject({ endedBy: 'api', messages: [] });
		expect(n8n.calls).toHaveLength(1);
	});

	test('that ends a conversation makes the API answer 3016011', async () => {
		const { talkdesk, client, id } = await setUp();
		await talkdesk.agent.end(id);
		const answer = await client.send(id, { content: 'Thanks' });
		expect(answer).toMatchObject({ status: 409, data: { code: '3016011' } });
	});
});
