import {
	cleanUp,
	clientOf,
	receiver,
	request,
	talkdeskForTest,
	tokenFor,
	tokenRequest,
} from './testing.mts';
import type { LogEntry } from '../simulator.mts';

afterEach(cleanUp);

const time = '2024-01-01T09:00:00.000Z';

test('has all requests in both directions, before the client gets its response', async () => {
	const n8n = await receiver();
	const seen: LogEntry[] = [];
	const talkdesk = await talkdeskForTest({
		now: () => Date.parse(time),
		touchpoints: [{ id: 'local-touchpoint', integration: { basePath: n8n.url } }],
		onLog: (entry) => seen.push(entry),
	});
	const client = await clientOf(talkdesk);
	const conversationId = await client.startConversation();
	await client.send(conversationId, { content: 'Hello?' });
	await talkdesk.agent.join(conversationId, { name: 'Grace' });
	await client.send(conversationId, {});
	await client.end('nobody');

	const path = '/api/digital-connect/conversations';
	const common = { at: time, ms: expect.any(Number), summary: expect.any(String) };
	const about = { ...common, conversationId };
	expect(talkdesk.log).toEqual([
		{ ...common, direction: 'in', what: 'POST /id/acme/oauth/token', status: 200 },
		{ ...about, direction: 'in', what: `POST ${path}`, status: 201 },
		{
			...{ ...about, direction: 'in', what: `POST ${path}/${conversationId}/messages` },
			...{ status: 201, summary: 'customer: Hello?' },
		},
		{
			...{ ...about, direction: 'out', what: `POST ${n8n.url}/conversation_started` },
			...{ status: 200, summary: 'conversation_started' },
		},
		{
			...{ ...common, direction: 'in', what: `POST ${path}/${conversationId}/messages` },
			...{ status: 400, summary: expect.stringContaining('content or attachments') },
		},
		{ ...common, direction: 'in', what: `DELETE ${path}/nobody`, status: 404 },
	]);
	expect(seen).toEqual(talkdesk.log);
	expect(talkdesk.counts()).toEqual({
		...{ tokensIssued: 1, conversationsStarted: 1, messagesStored: 1 },
		routes: {
			'POST /id/:account/oauth/token': 1,
			'POST /api/digital-connect/conversations': 1,
			'POST /api/digital-connect/conversations/:id/messages': 2,
			'DELETE /api/digital-connect/conversations/:id': 1,
		},
	});
});

test("has the agent's actions over HTTP, but not the reads", async () => {
	const talkdesk = await talkdeskForTest();
	const id = await (await clientOf(talkdesk)).startConversation();
	const before = talkdesk.log.length;
	await request('GET', `${talkdesk.agentApiUrl}/conversations/${id}`);
	await request('POST', `${talkdesk.agentApiUrl}/conversations/${id}/end`);
	expect(talkdesk.log.slice(before)).toMatchObject([
		{ what: `POST /agent/api/conversations/${id}/end`, conversationId: id },
	]);
});

test('never has a secret', async () => {
	const n8n = await receiver(({ url }) =>
		url === '/oauth'
			? { body: '{"access_token":"webhook-token","token_type":"bearer","expires_in":60}' }
			: {},
	);
	const basePath = n8n.url;
	const tokenUrl = `${n8n.url}/oauth`;
	const oAuth2 = {
		type: 'oAuth2' as const,
		tokenUrl,
		clientId: 'c',
		clientSecret: 'webhook-secret',
	};
	const talkdesk = await talkdeskForTest({
		touchpoints: [
			{ id: 'local-touchpoint', integration: { basePath, authentication: oAuth2 } },
			{ id: 'b', integration: { basePath, authentication: { type: 'apiKey', key: 'api+key' } } },
			{
				id: 'c',
				integration: { basePath, authentication: { type: 'basic', user: 'u', password: 'pass' } },
			},
		],
	});
	const client = await clientOf(talkdesk);
	const token = await tokenFor(talkdesk);
	await tokenRequest(talkdesk, { grant_type: 'local-secret' });
	const id = await client.startConversation();
	await talkdesk.deliver('local-touchpoint', 'message_created', {});
	await talkdesk.deliver('b', 'message_created', {});
	await talkdesk.deliver('c', 'message_created', {});
	const secrets = ['local-secret', 'webhook-secret', 'webhook-token', 'api+key', 'pass', token];
	for (const secret of secrets) {
		await client.send(id, { content: `Is it ${secret}?` });
		await client.end(secret);
		await talkdesk.deliver('b', 'message_created', {}, { path: `/${secret}?key=${secret}` });
		await request('POST', `${talkdesk.url}/api/nothing?access_token=${secret}`);
	}
	const text = JSON.stringify([talkdesk.log, talkdesk.log.map(talkdesk.format)]);
	for (const secret of [...secrets, 'Basic ', 'Bearer ', '?']) {
		if (secret === '?') expect(text).not.toMatch(/\?(key|access_token)/);
		else expect(text).not.toContain(secret);
	}
	expect(text).toContain('customer: Is it [secret]?');
});

test('masks a secret completely that contains another one', async () => {
	const scopes: [] = [];
	const talkdesk = await talkdeskForTest({
		clients: [
			{ id: 'a', secret: 'secret', scopes },
			{ id: 'b', secret: 'secret-and-more', scopes },
		],
	});
	await request('POST', `${talkdesk.url}/secret/secret-and-more`);
	expect(talkdesk.log).toMatchObject([{ what: 'POST /[secret]/[secret]' }]);
});

test('formats an entry as one aligned line', async () => {
	const talkdesk = await talkdeskForTest();
	const entry = { at: time, status: 201, ms: 7, conversationId: 'c-1' };
	const inwards = talkdesk.format({
		...{ ...entry, direction: 'in', what: 'POST /api/digital-connect/conversations' },
		summary: 'started',
	});
	const outwards = talkdesk.format({
		...{ ...entry, direction: 'out', what: 'POST http://n8n/message_created', status: null },
		summary: 'failed:\n\u001b[31m no answer',
	});
	expect(inwards).toMatch(
		/^\d\d:\d\d:00\.000 {2}→ {2}201 {6}7 ms {2}POST \/api\/digital-connect\/conversations +\[c-1\] started$/,
	);
	expect(outwards).toMatch(/^\d\d:\d\d:00\.000 {2}← {2}--- .*\[c-1\] failed: \[31m no answer$/);
	expect(outwards.indexOf('[c-1]')).toBe(inwards.indexOf('[c-1]'));
});
