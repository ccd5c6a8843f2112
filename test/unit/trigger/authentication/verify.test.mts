import {
	verifyRequest,
	challenge,
	parseWebhookCredential,
} from '../../../../nodes/Talkdesk/trigger/authentication/verify';
import type { Headers } from '../../../../nodes/Talkdesk/trigger/authentication/compareSecrets';
import { issueAccessToken } from '../../../../nodes/Talkdesk/trigger/authentication/accessToken';
import { basicAuth } from '../../../support/basicAuth.mts';

const resultOf = (credential: unknown, headers: Headers) =>
	verifyRequest(parseWebhookCredential(credential), { headers, audience: 'trigger-1', now: 0 });
const isAccepted = (credential: unknown, headers: Headers) => resultOf(credential, headers).ok;
/** A header as Node.js gives it: its bytes as Latin-1. */
const header = (text: string, encoding: 'utf8' | 'latin1' = 'utf8') =>
	Buffer.from(text, encoding).toString('latin1');

describe('API key', () => {
	const credential = { webhookAuthentication: 'apiKey', webhookApiKey: 'k'.repeat(32) };

	it('accepts the correct key', () => {
		expect(isAccepted(credential, { 'x-api-key': 'k'.repeat(32) })).toBe(true);
	});

	it.each([
		[{}],
		[{ 'x-api-key': '' }],
		[{ 'x-api-key': 'k'.repeat(31) }],
		[{ 'x-api-key': 'k'.repeat(33) }],
		[{ 'x-api-key': 'K'.repeat(32) }],
		[{ 'x-api-key': ['k'.repeat(32)] }],
		[{ authorization: basicAuth('k:k') }],
	])('rejects %j', (headers) => {
		expect(isAccepted(credential, headers)).toBe(false);
	});

	it.each([[{ 'x-api-key': '' }], [{}], [{ 'x-api-key': 'undefined' }]])(
		'rejects %j if the credential has no key',
		(headers) => {
			expect(isAccepted({ webhookAuthentication: 'apiKey', webhookApiKey: '' }, headers)).toBe(
				false,
			);
			expect(isAccepted({ webhookAuthentication: 'apiKey' }, headers)).toBe(false);
		},
	);
});

describe('Basic', () => {
	const credential = {
		webhookAuthentication: 'basicAuth',
		webhookUser: 'talkdesk',
		webhookPassword: 'pass:word',
	};

	it('accepts user and password, with any case of the scheme', () => {
		const header = basicAuth('talkdesk:pass:word');
		expect(isAccepted(credential, { authorization: header })).toBe(true);
		expect(isAccepted(credential, { authorization: header.replace('Basic', 'basic') })).toBe(true);
	});

	it.each(['talkdesk:wrong', 'other:pass:word', 'talkdesk', ''])('rejects %j', (given) => {
		expect(isAccepted(credential, { authorization: basicAuth(given) })).toBe(false);
	});

	it('rejects another scheme, and a list', () => {
		const [, value = ''] = basicAuth('talkdesk:pass:word').split(' ');
		expect(isAccepted(credential, { authorization: `Bearer ${value}` })).toBe(false);
		expect(isAccepted(credential, { authorization: value })).toBe(false);
		expect(isAccepted(credential, { authorization: [`Basic ${value}`] })).toBe(false);
	});

	it('rejects every call if user or password is empty', () => {
		for (const [user, password] of [
			['talkdesk', ''],
			['', 'pass:word'],
			['', ''],
		]) {
			const empty = { ...credential, webhookUser: user, webhookPassword: password };
			expect(isAccepted(empty, { authorization: basicAuth(`${user}:${password}`) })).toBe(false);
		}
	});
});

describe('a pasted secret with white space around it', () => {
	it.each([' k3y', 'k3y\n', '\tk3y\r\n', '\u200bk3y', 'k3y\u00a0', '\ufeff k3y \u2060'])(
		'the key %j is trimmed',
		(webhookApiKey) => {
			const credential = { webhookAuthentication: 'apiKey', webhookApiKey };
			expect(isAccepted(credential, { 'x-api-key': 'k3y' })).toBe(true);
			expect(isAccepted(credential, { 'x-api-key': header(webhookApiKey) })).toBe(true);
			expect(isAccepted(credential, { 'x-api-key': 'k3 y' })).toBe(false);
		},
	);

	it('user and password are trimmed on both sides', () => {
		const credential = {
			webhookAuthentication: 'basicAuth',
			webhookUser: ' u\n',
			webhookPassword: '\u200bp w ',
		};
		for (const given of ['u:p w', ' u :p w\n', 'u\u200b:p w']) {
			expect(isAccepted(credential, { authorization: basicAuth(given) })).toBe(true);
		}
		expect(isAccepted(credential, { authorization: basicAuth('u:pw') })).toBe(false);
	});

	it('is empty if it is white space alone', () => {
		for (const blank of [' ', '\n', '\u200b']) {
			const credential = { webhookAuthentication: 'apiKey', webhookApiKey: blank };
			expect(isAccepted(credential, { 'x-api-key': blank })).toBe(false);
			expect(isAccepted(credential, { 'x-api-key': '' })).toBe(false);
		}
	});
});

describe('non-ASCII characters', () => {
	const apiKey = { webhookAuthentication: 'apiKey', webhookApiKey: 'clé' };
	const user = {
		webhookAuthentication: 'basicAuth',
		webhookUser: 'jürgen',
		webhookPassword: 'Schlüssel',
	};

	it.each(['utf8', 'latin1'] as const)('are accepted in %s', (encoding) => {
		expect(isAccepted(apiKey, { 'x-api-key': header('clé', encoding) })).toBe(true);
		const encoded = Buffer.from('jürgen:Schlüssel', encoding).toString('base64');
		expect(isAccepted(user, { authorization: `Basic ${encoded}` })).toBe(true);
	});

	it('are compared in their normalized form', () => {
		expect(isAccepted(apiKey, { 'x-api-key': header('cle\u0301') })).toBe(true);
		expect(isAccepted(apiKey, { 'x-api-key': header('cle') })).toBe(false);
		expect(isAccepted(apiKey, { 'x-api-key': header('clè') })).toBe(false);
		expect(isAccepted(apiKey, { 'x-api-key': 'cl\ufffd' })).toBe(false);
	});
});

describe('a header that a proxy has repeated', () => {
	const key = (webhookApiKey: string) => ({ webhookAuthentication: 'apiKey', webhookApiKey });

	it.each([
		['k', 'k, k'],
		['k', 'k,k'],
		['k', 'k, k, k'],
		['a,b', 'a,b'],
		['a,b', 'a,b, a,b'],
		['a, a', 'a, a'],
	])('has the key %j: %j', (one, given) => {
		expect(isAccepted(key(one), { 'x-api-key': given })).toBe(true);
	});

	it.each([
		['k', 'k, other'],
		['k', 'other, k'],
		['k', 'k, '],
		['k', ', k'],
		['a', 'a,b'],
		['a,b', 'a, b'],
		['k', Array(1000).fill('k').join(', ')],
	])('does not have the key %j: %j', (one, given) => {
		expect(isAccepted(key(one), { 'x-api-key': given })).toBe(false);
	});

	it('may be Authorization', () => {
		const credential = {
			webhookAuthentication: 'basicAuth',
			webhookUser: 'u',
			webhookPassword: 'p',
		};
		const [one, other] = [basicAuth('u:p'), basicAuth('u:x')];
		expect(isAccepted(credential, { authorization: `${one}, ${one}` })).toBe(true);
		expect(isAccepted(credential, { authorization: `${one}, ${other}` })).toBe(false);
	});
});

describe('the reason of a rejection', () => {
	const secret = 'S3CRET-VALUE';
	const given = 'GIVEN-VALUE';
	const modes = {
		apiKey: { webhookApiKey: secret },
		basicAuth: { webhookUser: secret, webhookPassword: secret },
		oAuth2: { webhookClientId: secret, webhookClientSecret: secret },
	};

	it.each([
		['apiKey', {}, 'no header X-Api-Key'],
		['apiKey', { 'x-api-key': given }, "isn't the Webhook API Key"],
		['apiKey', { 'x-api-key': given }, 'blanks'],
		['basicAuth', {}, 'no header Authorization'],
		['basicAuth', { authorization: `Bearer ${given}` }, 'another scheme'],
		['basicAuth', { authorization: basicAuth(`${given}:${given}`) }, 'user or password'],
		['oAuth2', {}, 'no header Authorization'],
		['oAuth2', { authorization: basicAuth(given) }, 'another scheme'],
		['oAuth2', { authorization: `Bearer ${given}` }, 'token'],
	] as const)('in the mode %s with %j says: %s', (mode, headers, words) => {
		const result = resultOf({ webhookAuthentication: mode, ...modes[mode] }, headers);
		expect(result).toEqual({ ok: false, reason: expect.stringContaining(words) });
		expect(JSON.stringify(result)).not.toMatch(/S3CRET|GIVEN/);
	});

	it.each([
		['apiKey', 'Webhook API Key of the credential is empty'],
		['basicAuth', 'Webhook User and Webhook Password of the credential are empty'],
		['oAuth2', 'Webhook Client ID and Webhook Client Secret of the credential are empty'],
		['new', 'could not be read'],
	])('in the mode %s without a secret says: %s', (mode, words) => {
		expect(resultOf({ webhookAuthentication: mode }, {})).toEqual({
			ok: false,
			reason: expect.stringContaining(words),
		});
	});
});

describe('OAuth 2.0', () => {
	const credential = {
		webhookAuthentication: 'oAuth2',
		webhookClientId: 'id',
		webhookClientSecret: 'secret',
	};
	const token = issueAccessToken(
		{ clientId: 'id', clientSecret: 'secret', audience: 'trigger-1' },
		0,
	);

	it('accepts a token of this trigger', () => {
		expect(isAccepted(credential, { authorization: `Bearer ${token}` })).toBe(true);
		expect(isAccepted(credential, { authorization: `bearer ${token}` })).toBe(true);
	});

	it('rejects the client credentials, and the token at any other place', () => {
		expect(isAccepted(credential, { authorization: basicAuth('id:secret') })).toBe(false);
		expect(isAccepted(credential, { authorization: token })).toBe(false);
		expect(isAccepted(credential, { authorization: [`Bearer ${token}`] })).toBe(false);
		expect(isAccepted(credential, { 'x-api-key': token })).toBe(false);
	});

	it('rejects every call if id or secret is empty', () => {
		for (const [clientId = '', clientSecret = ''] of [['id'], ['', 'secret'], []]) {
			const empty = {
				...credential,
				webhookClientId: clientId,
				webhookClientSecret: clientSecret,
			};
			const issued = issueAccessToken({ clientId, clientSecret, audience: 'trigger-1' }, 0);
			expect(isAccepted(empty, { authorization: `Bearer ${issued}` })).toBe(false);
		}
	});

	it('rejects the token in another mode', () => {
		for (const mode of ['apiKey', 'basicAuth']) {
			const other = { ...credential, webhookAuthentication: mode };
			expect(isAccepted(other, { authorization: `Bearer ${token}` })).toBe(false);
		}
	});
});

it('the mode none accepts every call', () => {
	expect(isAccepted({ webhookAuthentication: 'none' }, {})).toBe(true);
});

it.each([
	undefined,
	null,
	'none',
	{},
	{ webhookAuthentication: 'new' },
	{ webhookAuthentication: ['none'] },
	{ webhookAuthentication: 'oAuth2' },
	JSON.parse('{"__proto__":{"webhookAuthentication":"none"}}'),
])('%j rejects every call', (credential: unknown) => {
	expect(isAccepted(credential, { 'x-api-key': '', authorization: basicAuth(':') })).toBe(false);
});

it.each([
	['apiKey', 'ApiKey '],
	['basicAuth', 'Basic realm="Talkdesk Trigger", charset="UTF-8"'],
	['oAuth2', 'Bearer '],
	['new', 'ApiKey '],
])('in the mode %s a rejection names the scheme %s', (mode, scheme) => {
	const credential = parseWebhookCredential({ webhookAuthentication: mode });
	expect(challenge(credential).startsWith(scheme)).toBe(true);
});
