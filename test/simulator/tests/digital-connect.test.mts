import { z } from 'zod';
import {
	cleanUp,
	clientOf,
	connectedForTest,
	errorOf,
	invalid,
	apiError,
	request,
	setUp,
	startBody,
	time,
	tokenFor,
} from './testing.mts';

afterEach(cleanUp);

const ended = (status = 409) => ({
	status,
	data: { code: '3016011', message: expect.any(String) },
});

describe('send', () => {
	test('accepts a message', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const answer = await client.send(id, { content: 'Is anybody there?' });
		expect(errorOf(answer)).toEqual({
			status: 201,
			data: { id, created_at: time, message_id: expect.any(String) },
		});
		expect(time).toHaveLength(24);
		expect(answer.data).toMatchObject({
			message_id: talkdesk.conversation(id)?.messages[0]?.id,
		});
		expect(talkdesk.conversation(id)?.messages).toEqual([
			{
				...{ id: expect.any(String), from: 'customer', author: 'ada@example.com' },
				...{ content: 'Is anybody there?', attachments: [], createdAt: time },
			},
		]);
	});

	const file = { id: 'a-1', name: 'bill.pdf', type: 'application/pdf', size: 3 };
	test.each<[string, unknown, string[]]>([
		['an empty object', {}, ['content']],
		['no body', '', ['body']],
		['an empty message', { content: '', attachments: [] }, ['content']],
		['a number as content', { content: 1 }, ['content']],
		['an unknown field', { content: 'x', type: 'text' }, ['type']],
		[
			'an attachment without its fields',
			{ attachments: [{}] },
			['attachments[0].id', 'attachments[0].name', 'attachments[0].type', 'attachments[0].size'],
		],
		['a size as text', { attachments: [{ ...file, size: '3' }] }, ['attachments[0].size']],
		['an attachment with more', { attachments: [{ ...file, url: 'x' }] }, ['attachments[0].url']],
		['an unknown attachment', { content: 'x', attachments: [file] }, ['attachments[0].id']],
	])('rejects %s', async (_, body, fields) => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		expect(errorOf(await client.send(id, body))).toEqual(invalid(...fields));
		expect(talkdesk.conversation(id)?.messages).toEqual([]);
	});

	test('rejects an unknown conversation, after the checks of the body', async () => {
		const { client } = await setUp();
		expect(errorOf(await client.send('nobody', { content: 'x' }))).toEqual(apiError(404));
		expect((await client.send('nobody', {})).status).toBe(400);
	});

	test.each([409, 400, 422])(
		'answers 3016011 with %s for an ended conversation',
		async (endedStatus) => {
			const { talkdesk, client } = await setUp({ endedStatus });
			const id = await client.startConversation();
			await client.end(id);
			expect(errorOf(await client.send(id, { content: 'x' }))).toEqual(ended(endedStatus));
			expect((await client.send(id, {})).status).toBe(400);
			expect(talkdesk.counts().messagesStored).toBe(0);
		},
	);

	test('stores a message once per key', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const first = await client.send(id, { content: 'first' }, 'same');
		const again = await client.send(id, { content: 'second' }, 'same');
		expect(errorOf(again)).toEqual({ status: 201, data: first.data });
		expect(talkdesk.conversation(id)?.messages).toMatchObject([{ content: 'first' }]);
		await client.end(id);
		expect((await client.send(id, { content: 'first' }, 'same')).data).toEqual(first.data);
		expect(talkdesk.counts().messagesStored).toBe(1);
	});

	test('a key is scoped to its conversation and operation with messageKeysCountPer', async () => {
		const { talkdesk, client } = await setUp({ messageKeysCountPer: 'conversation' });
		const one = await client.startConversation();
		const two = await client.startConversation();
		await client.send(one, { content: 'to one' }, 'same');
		await client.send(two, { content: 'to two' }, 'same');
		const three = await client.start(startBody(), 'same');
		expect(three.status).toBe(201);
		expect(talkdesk.conversation(two)?.messages).toMatchObject([{ content: 'to two' }]);
		expect(talkdesk.counts()).toMatchObject({ conversationsStarted: 3, messagesStored: 2 });
	});

	test('a key is scoped to the account by default', async () => {
		const { talkdesk, client } = await setUp();
		const one = await client.startConversation();
		const two = await client.startConversation();
		const first = await client.send(one, { content: 'to one' }, 'same');
		const second = await client.send(two, { content: 'to two' }, 'same');
		expect(errorOf(second)).toEqual({ status: 201, data: first.data });
		expect(second.data).toMatchObject({ id: one });
		expect(talkdesk.conversation(two)?.messages).toEqual([]);
		expect((await client.start(startBody(), 'same')).data).not.toEqual({ id: one });
		talkdesk.configure({ account: 'globex' });
		const globex = await clientOf(talkdesk);
		expect((await globex.send(two, { content: 'to two' }, 'same')).data).toMatchObject({ id: two });
	});

	test('a known key is rejected after the end with messageKeysAfterEnd', async () => {
		const { talkdesk, client } = await setUp({ messageKeysAfterEnd: 'ended' });
		const id = await client.startConversation();
		const first = await client.send(id, { content: 'x' }, 'same');
		expect((await client.send(id, { content: 'x' }, 'same')).data).toEqual(first.data);
		await client.end(id);
		expect(errorOf(await client.send(id, { content: 'x' }, 'same'))).toEqual(ended());
		expect(talkdesk.counts().messagesStored).toBe(1);
	});

	test('ids may be numbers', async () => {
		const { n8n, talkdesk, client } = await connectedForTest(undefined, { numericIds: true });
		const { data } = await client.start();
		expect(data).toEqual({ id: expect.any(Number) });
		const { id } = z.object({ id: z.number() }).parse(data);
		const sent = await client.send(String(id), { content: 'x' });
		expect(sent.data).toEqual({ id, created_at: time, message_id: expect.any(Number) });
		await talkdesk.agent.join(String(id), { name: 'Grace' });
		expect(JSON.parse(n8n.calls.at(-1)?.body ?? '')).toMatchObject({ conversation_id: id });
	});

	test('stores every repetition without honorMessageKeys', async () => {
		const { talkdesk, client } = await setUp({ honorMessageKeys: false });
		const id = await client.startConversation();
		const first = await client.send(id, { content: 'x' }, 'same');
		const again = await client.send(id, { content: 'x' }, 'same');
		expect(again.data).not.toEqual(first.data);
		expect(talkdesk.counts().messagesStored).toBe(2);
	});
});

describe('end', () => {
	test('ends a conversation', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const answer = await client.end(id);
		expect(errorOf(answer)).toEqual({ status: 204, data: '' });
		expect(talkdesk.conversation(id)).toMatchObject({
			state: 'ended',
			endedAt: time,
			endedBy: 'api',
		});
	});

	test('rejects a body', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		expect(errorOf(await client.end(id, {}))).toEqual(invalid('body'));
		expect(talkdesk.conversation(id)?.state).toBe('open');
	});

	test('rejects an unknown conversation and an ended one', async () => {
		const { client } = await setUp({ endedStatus: 400 });
		expect(errorOf(await client.end('nobody'))).toEqual(apiError(404));
		const id = await client.startConversation();
		await client.end(id);
		expect(errorOf(await client.end(id))).toEqual(ended(400));
	});
});

describe('the order of checks', () => {
	test('address, token, scope, Digital Connect, key, body, existence', async () => {
		const { talkdesk } = await setUp({ addressAllowed: false, digitalConnectEnabled: false });
		const url = `${talkdesk.apiBaseUrl}/digital-connect/conversations/nobody/messages`;
		const read = { authorization: `Bearer ${await tokenFor(talkdesk, 'attachments:read')}` };
		const write = { authorization: `Bearer ${await tokenFor(talkdesk)}` };
		const key = { 'x-idempotency-key': 'k' };
		const answer = async (body: unknown, headers: Record<string, string>) =>
			errorOf(await request('POST', url, body, headers));

		const address = apiError(403, { message: expect.stringMatching(/address/) });
		expect(await answer('{broken', {})).toEqual(address);
		talkdesk.configure({ addressAllowed: true });
		expect(await answer('{broken', {})).toEqual(apiError(401));
		const scope = apiError(403, { description: 'digital-connect:write' });
		expect(await answer('{broken', read)).toEqual(scope);
		const product = apiError(403, { message: expect.stringMatching(/Digital Connect/) });
		expect(await answer('{broken', write)).toEqual(product);
		talkdesk.configure({ digitalConnectEnabled: true });
		expect(await answer('{broken', write)).toEqual(invalid('x-idempotency-key'));
		const blank = { ...write, 'x-idempotency-key': ' ' };
		expect(await answer({ content: 'x' }, blank)).toEqual(invalid('x-idempotency-key'));
		expect(await answer('{broken', { ...write, ...key })).toEqual(apiError(400));
		expect(await answer({}, { ...write, ...key })).toEqual(invalid('content'));
		expect(await answer({ content: 'x' }, { ...write, ...key })).toEqual(apiError(404));
	});

	test('a start needs a key, an end does not', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const authorization = `Bearer ${await tokenFor(talkdesk)}`;
		const url = `${talkdesk.apiBaseUrl}/digital-connect/conversations`;
		const start = await request('POST', url, startBody(), { authorization });
		expect(errorOf(start)).toEqual(invalid('x-idempotency-key'));
		expect((await request('DELETE', `${url}/${id}`, undefined, { authorization })).status).toBe(
			204,
		);
	});
});

test.each([
	['GET', '/api/digital-connect/conversations'],
	['POST', '/api/digital-connect'],
	['GET', '/'],
])('%s %s is a 404 in the same format', async (method, path) => {
	const { talkdesk } = await setUp();
	expect(errorOf(await request(method, talkdesk.url + path))).toEqual(apiError(404));
});

test('rejects a form', async () => {
	const { talkdesk } = await setUp();
	const answer = await request(
		'POST',
		`${talkdesk.apiBaseUrl}/digital-connect/conversations`,
		'touchpoint_id=local-touchpoint',
		{
			authorization: `Bearer ${await tokenFor(talkdesk)}`,
			'x-idempotency-key': 'k',
			'content-type': 'application/x-www-form-urlencoded',
		},
	);
	expect(errorOf(answer)).toEqual(apiError(400));
});
