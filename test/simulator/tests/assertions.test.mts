import { randomUUID, sign, type KeyObject } from 'node:crypto';
import { createSigningClient } from '../credential.mts';
import type { TalkdeskSimulator } from '../simulator.mts';
import { cleanUp, clientOf, request, talkdeskForTest, time } from './testing.mts';

afterEach(cleanUp);

const { client, privateKey } = createSigningClient({ id: 'signer', keyId: 'key-1' });
const other = createSigningClient({ id: 'other', keyId: 'key-2' });
const local = { id: 'local-client', secret: 'local-secret', scopes: client.scopes };
const seconds = Date.parse(time) / 1000;

const start = async () =>
	await talkdeskForTest({
		clients: [local, client, other.client],
		now: () => Date.parse(time),
	});

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** An assertion as documented, with changes; a value of undefined leaves a claim out. */
function assertionFor(
	{ tokenUrl }: TalkdeskSimulator,
	changes: {
		header?: object;
		claims?: object;
		key?: KeyObject;
		dsaEncoding?: 'der' | 'ieee-p1363';
	} = {},
): string {
	const { key = privateKey, dsaEncoding = 'ieee-p1363' } = changes;
	const header = { alg: 'ES256', kid: 'key-1', ...changes.header };
	const ids = { jti: randomUUID(), iss: 'signer', sub: 'signer', aud: tokenUrl };
	const claims = { ...ids, iat: seconds, exp: seconds + 300, ...changes.claims };
	const content = `${encode(header)}.${encode(claims)}`;
	const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding });
	return `${content}.${signature.toString('base64url')}`;
}

/** Requests a token with an assertion. A value of undefined leaves a field out. */
async function requestToken(
	{ tokenUrl }: TalkdeskSimulator,
	assertion: string,
	form: Record<string, string | undefined> = {},
	headers: Record<string, string> = {},
) {
	const fields = {
		grant_type: 'client_credentials',
		client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
		client_assertion: assertion,
		...form,
	};
	const given = Object.entries(fields).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, value]],
	);
	const { status, data } = await request('POST', tokenUrl, new URLSearchParams(given).toString(), {
		'content-type': 'application/x-www-form-urlencoded',
		...headers,
	});
	return { status, data };
}

const refused = (words: string, status = 401, error = 'invalid_client') => ({
	status,
	data: { error, error_description: expect.stringContaining(words) },
});

test('a client with a key gets a token of its scopes, which is good on the API', async () => {
	const talkdesk = await start();
	const { status, data } = await requestToken(talkdesk, assertionFor(talkdesk));
	expect(status).toBe(200);
	expect(data).toMatchObject({ token_type: 'Bearer', scope: client.scopes.join(' ') });
	const some = { scope: 'attachments:read' };
	const asked = await requestToken(talkdesk, assertionFor(talkdesk), some);
	expect(asked.data).toMatchObject({ scope: 'attachments:read' });
	expect((await (await clientOf(talkdesk)).start()).status).toBe(201);
});

test.each<[string, string, Parameters<typeof assertionFor>[1]]>([
	['another algorithm', 'not a JWT', { header: { alg: 'RS256' } }],
	['an unknown header field', 'not a JWT', { header: { jku: 'https://example.com' } }],
	['an unknown claim', 'not a JWT', { claims: { scope: 'all' } }],
	['a missing claim', 'not a JWT', { claims: { iat: undefined } }],
	['a jti that is no UUID', 'not a JWT', { claims: { jti: '1' } }],
	['an unknown client', 'iss and sub', { claims: { iss: 'nobody', sub: 'nobody' } }],
	['two clients', 'iss and sub', { claims: { sub: 'other' } }],
	['a client without keys', 'kid', { claims: { iss: 'local-client', sub: 'local-client' } }],
	['the key of another client', 'kid', { header: { kid: 'key-2' }, key: other.privateKey }],
	['another key under its ID', 'signature', { key: other.privateKey }],
	["a signature in OpenSSL's form", 'signature', { dsaEncoding: 'der' }],
	['another audience', 'aud', { claims: { aud: 'https://acme.talkdeskid.com/oauth/token' } }],
	['a time in the future', 'iat', { claims: { iat: seconds + 61, exp: seconds + 361 } }],
	['a longer life', 'exp', { claims: { exp: seconds + 301 } }],
	['an end in the past', 'expired', { claims: { iat: seconds - 300, exp: seconds } }],
])('an assertion with %s is refused', async (_, words, changes) => {
	const talkdesk = await start();
	expect(await requestToken(talkdesk, assertionFor(talkdesk, changes))).toEqual(refused(words));
	expect(talkdesk.counts().tokensIssued).toBe(0);
});

test('changed claims are refused', async () => {
	const talkdesk = await start();
	const [header, , signature] = assertionFor(talkdesk).split('.');
	const [, claims] = assertionFor(talkdesk).split('.');
	const mixed = [header, claims, signature].join('.');
	expect(await requestToken(talkdesk, mixed)).toEqual(refused('signature'));
});

test('an assertion is good once, also when the answer to it was lost', async () => {
	const talkdesk = await start();
	const assertion = assertionFor(talkdesk);
	talkdesk.configure({ faults: () => ({ kind: 'cut', when: 'after' }) });
	await expect(requestToken(talkdesk, assertion)).rejects.toThrow();
	talkdesk.configure({ faults: () => undefined });
	expect(await requestToken(talkdesk, assertion)).toEqual(refused('jti'));
	expect((await requestToken(talkdesk, assertionFor(talkdesk))).status).toBe(200);
});

test('a client without a secret can not use Basic', async () => {
	const talkdesk = await start();
	for (const secret of ['', 'undefined']) {
		const authorization = `Basic ${Buffer.from(`signer:${secret}`).toString('base64')}`;
		const none = { client_assertion: undefined, client_assertion_type: undefined };
		const answer = await requestToken(talkdesk, '', none, { authorization });
		expect(answer).toEqual(refused('Client authentication failed'));
	}
});

test.each<[string, Record<string, string | undefined>, Record<string, string>]>([
	['a Basic header beside it', {}, { authorization: 'Basic bG9jYWwtY2xpZW50OmxvY2FsLXNlY3JldA==' }],
	['no type', { client_assertion_type: undefined }, {}],
	['another type', { client_assertion_type: 'jwt' }, {}],
	['a type alone', { client_assertion: undefined }, {}],
	['another field', { client_id: 'signer' }, {}],
])('a request with %s is not valid', async (_, form, headers) => {
	const talkdesk = await start();
	const answer = await requestToken(talkdesk, assertionFor(talkdesk), form, headers);
	expect(answer).toEqual(refused('', 400, 'invalid_request'));
});

test('assertions are never logged', async () => {
	const talkdesk = await start();
	const assertion = assertionFor(talkdesk);
	await requestToken(talkdesk, assertion);
	await requestToken(talkdesk, assertion);
	expect(talkdesk.log).toHaveLength(2);
	for (const part of assertion.split('.')) {
		expect(JSON.stringify(talkdesk.log)).not.toContain(part);
	}
});
