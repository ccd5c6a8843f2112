import { z } from 'zod';
import { scopes } from '../contract.mts';
import {
	cleanUp,
	clientOf,
	request,
	startBody,
	talkdeskForTest,
	tokenRequest,
} from './testing.mts';

afterEach(cleanUp);

const grant_type = 'client_credentials';
const oauthError = (error: string) => ({ error, error_description: expect.any(String) });

test('issues a token for 10 minutes with all granted scopes', async () => {
	const talkdesk = await talkdeskForTest();
	const { status, data, headers } = await tokenRequest(talkdesk);
	expect(status).toBe(200);
	expect(headers['content-type']).toMatch(/^application\/json/);
	expect(data).toEqual({
		access_token: expect.any(String),
		token_type: 'Bearer',
		expires_in: 600,
		scope: scopes.join(' '),
	});
});

test('issues the requested scopes only', async () => {
	const talkdesk = await talkdeskForTest();
	const scope = 'attachments:read digital-connect:read';
	const { data } = await tokenRequest(talkdesk, { grant_type, scope });
	expect(data).toMatchObject({ scope: 'digital-connect:read attachments:read' });
});

test('accepts several clients, and a secret with a colon', async () => {
	const talkdesk = await talkdeskForTest({
		clients: [
			{ id: 'one', secret: 'first', scopes: ['attachments:read'] },
			{ id: 'two', secret: 'a:b:c', scopes: ['digital-connect:read'] },
		],
	});
	const answer = await tokenRequest(talkdesk, { grant_type }, { id: 'two', secret: 'a:b:c' });
	expect(answer.data).toMatchObject({ scope: 'digital-connect:read' });
	const mixed = await tokenRequest(talkdesk, { grant_type }, { id: 'one', secret: 'a:b:c' });
	expect(mixed.status).toBe(401);
});

test.each<[string, number, string, Record<string, string>, object]>([
	['a wrong secret', 401, 'invalid_client', { grant_type }, { secret: 'wrong' }],
	['a wrong client', 401, 'invalid_client', { grant_type }, { id: 'wrong' }],
	[
		'no Basic header',
		401,
		'invalid_client',
		{ grant_type },
		{ headers: { authorization: 'Bearer abc' } },
	],
	['another grant', 400, 'unsupported_grant_type', { grant_type: 'password' }, {}],
	['no grant', 400, 'invalid_request', {}, {}],
	['an unknown scope', 400, 'invalid_scope', { grant_type, scope: 'digital-connect:all' }, {}],
	['an empty scope', 400, 'invalid_scope', { grant_type, scope: '' }, {}],
	['an unknown field', 400, 'invalid_request', { grant_type, client_id: 'local-client' }, {}],
	[
		'a JSON body',
		400,
		'invalid_request',
		{ grant_type },
		{ headers: { 'content-type': 'application/json' } },
	],
])('rejects %s', async (_, status, error, form, options) => {
	const talkdesk = await talkdeskForTest();
	const answer = await tokenRequest(talkdesk, form, options);
	expect({ status: answer.status, data: answer.data }).toEqual({ status, data: oauthError(error) });
	expect(talkdesk.counts().tokensIssued).toBe(0);
});

test('rejects a scope that is not granted to the client', async () => {
	const talkdesk = await talkdeskForTest({
		clients: [{ id: 'local-client', secret: 'local-secret', scopes: ['attachments:read'] }],
	});
	const answer = await tokenRequest(talkdesk, { grant_type, scope: 'digital-connect:write' });
	expect(answer.status).toBe(400);
});

test('an unknown account is a 404 in the format of OAuth', async () => {
	const talkdesk = await talkdeskForTest({ account: 'globex' });
	expect(talkdesk.tokenUrl).toBe(`${talkdesk.url}/id/globex/oauth/token`);
	expect((await tokenRequest(talkdesk)).status).toBe(200);
	const url = `${talkdesk.url}/id/acme/oauth/token`;
	const answer = await request('POST', url, 'grant_type=client_credentials', {
		'content-type': 'application/x-www-form-urlencoded',
	});
	expect(answer.status).toBe(404);
	expect(answer.data).toEqual(oauthError('invalid_request'));
});

test('a client may have its own account, and its token is valid on the shared API', async () => {
	const clients = [
		{ id: 'local-client', secret: 'local-secret', scopes: [...scopes], account: 'acme' },
		{ id: 'other', secret: 'hers', scopes: [...scopes], account: 'globex' },
	];
	const talkdesk = await talkdeskForTest({ clients });
	const client = await clientOf(talkdesk);
	expect((await tokenRequest(talkdesk, undefined, { id: 'other', secret: 'hers' })).status).toBe(
		401,
	);
	talkdesk.configure({ account: 'globex' });
	expect((await tokenRequest(talkdesk)).status).toBe(401);
	const mine = await tokenRequest(talkdesk, undefined, { id: 'other', secret: 'hers' });
	expect(mine.status).toBe(200);

	// The old token stays valid, and its conversations belong to the old account.
	await client.startConversation();
	expect(talkdesk.conversations()).toMatchObject([
		{ startedBy: { client: 'local-client', account: 'acme' } },
	]);
});

test('keys of Start are scoped to the account', async () => {
	const talkdesk = await talkdeskForTest();
	const acme = await clientOf(talkdesk);
	talkdesk.configure({ account: 'globex' });
	const globex = await clientOf(talkdesk);
	const ids = [acme, acme, globex].map(async (client) => (await client.start(undefined, 'k')).data);
	const [first, again, other] = await Promise.all(ids);
	expect(again).toEqual(first);
	expect(other).not.toEqual(first);
});

test('a token may be a JWT with a list of scopes, which is never logged', async () => {
	const talkdesk = await talkdeskForTest({ tokenForm: 'jwt' });
	const scope = 'digital-connect:write attachments:read';
	const { data } = await tokenRequest(talkdesk, { grant_type, scope });
	const { access_token } = z.object({ access_token: z.string() }).parse(data);
	const parts = access_token.split('.');
	const [header, claims] = parts
		.slice(0, 2)
		.map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()));
	expect(parts[2]).toMatch(/^[\w-]{86}$/);
	expect(header).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
	const scp = ['digital-connect:write', 'attachments:read'];
	expect(claims).toMatchObject({ scp, sub: 'local-client', exp: expect.any(Number) });
	expect((await (await clientOf(talkdesk)).start()).status).toBe(201);
	await request('POST', `${talkdesk.apiBaseUrl}/${access_token}`, {});
	expect(talkdesk.log.at(-1)?.what).toBe('POST /api/[secret]');
});

describe('a token', () => {
	test('keeps the scopes at the time of issue', async () => {
		const client = { id: 'local-client', secret: 'local-secret' };
		const talkdesk = await talkdeskForTest({
			clients: [{ ...client, scopes: ['attachments:read'] }],
		});
		const old = await clientOf(talkdesk);
		expect((await old.start()).status).toBe(403);
		talkdesk.configure({ clients: [{ ...client, scopes: [...scopes] }] });
		expect((await old.start()).status).toBe(403);
		expect((await (await clientOf(talkdesk)).start()).status).toBe(201);
	});

	const unauthorized = { code: 'local-401', message: expect.any(String) };

	test('expires after its lifetime, to the millisecond', async () => {
		let time = Date.parse('2024-01-01T00:00:00Z');
		const talkdesk = await talkdeskForTest({ now: () => time });
		const client = await clientOf(talkdesk);
		time += 599_999;
		expect((await client.start()).status).toBe(201);
		time += 1;
		const late = await client.start();
		expect(late.status).toBe(401);
		expect(late.data).toEqual(unauthorized);
	});

	test('has the lifetime of the option', async () => {
		const talkdesk = await talkdeskForTest({ tokenLifetimeSeconds: 5 });
		expect((await tokenRequest(talkdesk)).data).toMatchObject({ expires_in: 5 });
	});

	test('is invalid after expireTokens, and a new one is valid', async () => {
		const talkdesk = await talkdeskForTest();
		const old = await clientOf(talkdesk);
		talkdesk.expireTokens();
		expect((await old.start()).status).toBe(401);
		expect((await (await clientOf(talkdesk)).start()).status).toBe(201);
	});

	test.each([
		['missing', {}],
		['unknown', { authorization: 'Bearer nonsense' }],
		['of another scheme', { authorization: 'Basic bG9jYWwtY2xpZW50OmxvY2FsLXNlY3JldA==' }],
	])('is rejected if %s', async (_, headers) => {
		const talkdesk = await talkdeskForTest();
		const url = `${talkdesk.apiBaseUrl}/digital-connect/conversations`;
		const answer = await request('POST', url, startBody(), {
			'x-idempotency-key': 'k',
			...headers,
		});
		expect(answer.status).toBe(401);
		expect(answer.data).toEqual(unauthorized);
	});

	test.each(['start', 'send', 'end'] as const)(
		'needs digital-connect:write to %s',
		async (name) => {
			const talkdesk = await talkdeskForTest();
			const id = await (await clientOf(talkdesk)).startConversation();
			const reader = await clientOf(talkdesk, 'digital-connect:read attachments:write');
			const answer = await {
				start: () => reader.start(),
				send: () => reader.send(id, { content: 'hello' }),
				end: () => reader.end(id),
			}[name]();
			expect(answer.status).toBe(403);
			expect(answer.data).toMatchObject({
				code: 'local-403',
				description: 'digital-connect:write',
			});
			expect(talkdesk.conversations()).toMatchObject([{ id, state: 'open', messages: [] }]);
		},
	);
});
