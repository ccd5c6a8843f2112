import Fastify from 'fastify';

import { credential, run, SEND, START, startConversation, talkdesk } from './fixtures.mts';

describe('errors', () => {
	it("carry Talkdesk's message, its code, the item and a remedy", async () => {
		const { error } = await run(
			{ ...START, options: { touchpointId: '={{ $json.touchpoint }}' } },
			{ items: [{ touchpoint: 'local-touchpoint' }, { touchpoint: 'unknown' }] },
		);
		expect(error?.message).toBe(
			'Talkdesk could not start the conversation: There is no such touchpoint',
		);
		expect(error).toMatchObject({ context: { itemIndex: 1 } });
		expect(error?.description).toContain('Check the ID');
		expect(error?.description).toContain("Talkdesk's code: local-404");
	});

	it('with Continue On Fail become items, and the other items go on', async () => {
		const conversationId = await startConversation();
		const { items, error } = await run(SEND, {
			node: { onError: 'continueRegularOutput' },
			items: [
				{ conversationId, text: 'one' },
				{ conversationId: 'nowhere', text: 'two' },
				{ conversationId, text: '' },
				{ conversationId, text: 'four' },
			],
		});
		expect(error).toBeUndefined();
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3].map((item) => ({ item })),
		);
		expect(items[1]?.json).toEqual({
			error: expect.stringContaining('Talkdesk could not send the message'),
			message: expect.stringContaining('Check the ID'),
			details: { kind: 'notFound', status: 404, code: 'local-404', fields: [] },
		});
		expect(items[2]?.json.error).toContain('Text');
		expect(items[2]?.json.details).toEqual({ kind: 'parameter' });
		expect(talkdesk.conversation(conversationId)?.messages.map(({ content }) => content)).toEqual([
			'one',
			'four',
		]);
	});

	it('go to the error output if there is one', async () => {
		const conversationId = await startConversation();
		await talkdesk.agent.end(conversationId);
		const { outputs } = await run(SEND, {
			node: { onError: 'continueErrorOutput' },
			items: [{ conversationId, text: 'hello?' }],
		});
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			kind: 'conversationEnded',
			code: '3016011',
		});
	});

	it('name an operation that does not exist', async () => {
		const { error } = await run({ ...SEND, operation: 'forget' });
		expect(error?.message).toBe("The operation 'message: forget' is not supported");
		expect(error?.description).toContain("Select 'Resource' and 'Operation'");
	});

	it('explain a network failure', async () => {
		credential.apiBaseUrl = 'http://127.0.0.1:9';
		const { error } = await run({ ...START, options: { maxRetries: 0 } });
		expect(error?.message).toContain('there was no answer');
		expect(error?.description).toContain('ECONNREFUSED');
		expect(error?.description).toContain('region');
		expect(error).toMatchObject({ httpCode: null });
	});

	it.each([
		[{}, 'id: is not an ID'],
		[{ id: '' }, 'id: '],
		[['id'], 'body: Expected object'],
	])('name the invalid part of a response: %j', async (answer, wrong) => {
		let requests = 0;
		const other = Fastify();
		other.addHook('onRequest', async (_request, reply) => {
			requests++;
			return await reply.code(201).send(answer);
		});
		try {
			credential.apiBaseUrl = await other.listen({ host: '127.0.0.1', port: 0 });
			const { items } = await run(START, { node: { onError: 'continueRegularOutput' } });
			expect(items[0]?.json).toMatchObject({
				error: expect.stringContaining(
					`Talkdesk could not start the conversation: its response has an unknown format (${wrong}`,
				),
				details: { kind: 'unexpectedAnswer', status: 201, fields: [] },
			});
			// The second request has the same key: Talkdesk may have started the conversation.
			expect(requests).toBe(2);
		} finally {
			await other.close();
		}
	});

	it('for a wrong secret have the message of Talkdesk', async () => {
		credential.clientSecret = 'wrong';
		const { error } = await run(START);
		expect(error?.message).toContain('Client authentication failed');
		expect(error?.description).toContain('credential');
	});

	it('for a transient failure of the token request do not blame the credential', async () => {
		talkdesk.configure({
			faults: ({ route }) =>
				route.startsWith('POST /id/')
					? { kind: 'rateLimited', retryAfterSeconds: 3600 }
					: undefined,
		});
		const { items } = await run(START, { node: { onError: 'continueRegularOutput' } });
		expect(items[0]?.json).toMatchObject({
			error: expect.stringContaining('returned no token'),
			details: { kind: 'unavailable', fields: [] },
		});
	});

	it('for an incomplete credential name the field', async () => {
		credential.clientId = '';
		const { error } = await run(START);
		expect(error?.message).toContain('Client ID');
		expect(error).toMatchObject({ failure: { cause: 'credential-invalid' } });
	});

	it('for a missing scope name scopes', async () => {
		talkdesk.configure({
			clients: [{ id: 'local-client', secret: 'local-secret', scopes: ['attachments:read'] }],
		});
		const { error } = await run(START);
		expect(error).toMatchObject({ httpCode: '403' });
		expect(error?.description).toContain('scope');
	});
});

describe('the token', () => {
	it.each(['apiBaseUrl', 'tokenUrl'])('is sent to no redirect of the %s', async (url) => {
		const seen: unknown[] = [];
		const elsewhere = Fastify();
		elsewhere.addHook('onRequest', async (request, reply) => {
			seen.push(request.headers.authorization);
			return await reply.send({ id: 'stolen', access_token: 'stolen' });
		});
		const redirecting = Fastify();
		const target = await elsewhere.listen({ host: '127.0.0.1', port: 0 });
		redirecting.addHook(
			'onRequest',
			async (_request, reply) => await reply.redirect(`${target}/x`, 307),
		);
		try {
			credential[url] = await redirecting.listen({ host: '127.0.0.1', port: 0 });
			const { error } = await run(START);
			expect(error?.message).toContain('HTTP 307');
			expect(seen).toEqual([]);
		} finally {
			await Promise.all([elsewhere.close(), redirecting.close()]);
		}
	});

	it('is requested once for many items and many executions', async () => {
		const conversationId = await startConversation();
		for (let index = 0; index < 3; index++) {
			await run(SEND, {
				executionId: `execution-${index}`,
				items: Array.from({ length: 10 }, (_, item) => ({ conversationId, text: `${item}` })),
			});
		}
		expect(talkdesk.counts()).toMatchObject({ tokensIssued: 1, messagesStored: 30 });
	});

	it('is renewed transparently when it expires', async () => {
		const conversationId = await startConversation();
		talkdesk.expireTokens();
		const { error } = await run(SEND, { items: [{ conversationId, text: 'still here' }] });
		expect(error).toBeUndefined();
		expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
		expect(talkdesk.counts().tokensIssued).toBe(2);
	});

	it('is requested once by concurrent executions, at first and after it has expired', async () => {
		const many = async () =>
			await Promise.all(
				Array.from(
					{ length: 20 },
					async (_, index) => await run(START, { executionId: `${index}` }),
				),
			);
		await many();
		expect(talkdesk.counts().tokensIssued).toBe(1);
		talkdesk.expireTokens();
		const runs = await many();
		expect(runs.filter(({ error }) => error)).toEqual([]);
		expect(talkdesk.counts().tokensIssued).toBe(2);
	});
});
