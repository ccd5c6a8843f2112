import {
	verifyRequest,
	challenge,
	parseWebhookCredential,
} from '../../../../nodes/Talkdesk/trigger/authentication/verify';
import type { Headers } from '../../../../nodes/Talkdesk/trigger/authentication/secrets';
import { issueAccessToken } from '../../../../nodes/Talkdesk/trigger/authentication/accessToken';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const resultOf = (credential: unknown, headers: Headers) =>
	verifyRequest(parseWebhookCredential(credential), { headers, audience: 'trigger-1', now: 0 });
const isAuthentic = (credential: unknown, headers: Headers) => resultOf(credential, headers).ok;
/** A header as Node.js gives it: its bytes as Latin-1. */
const header = (text: string, encoding: 'utf8' | 'latin1' = 'utf8') =>
	Buffer.from(text, encoding).toString('latin1');

describe('API key', () => {
	const credential = { webhookAuthentication: 'apiKey', webhookApiKey: 'k'.repeat(32) };

	it('lets the right key in', () => {
		expect(isAuthentic(credential, { 'x-api-key': 'k'.repeat(32) })).toBe(true);
	});

	it.each([
		[{}],
		[{ 'x-api-key': '' }],
		[{ 'x-api-key': 'k'.repeat(31) }],
		[{ 'x-api-key': 'k'.repeat(33) }],
		[{ 'x-api-key': 'K'.repeat(32) }],
		[{ 'x-api-key': ['k'.repeat(32)] }],
		[{ authorization: basic('k:k') }],
	])('refuses %j', (headers) => {
		expect(isAuthentic(credential, headers)).toBe(false);
	});

	it.each([[{ 'x-api-key': '' }], [{}], [{ 'x-api-key': 'undefined' }]])(
		'refuses %j while the credential has no key',
		(headers) => {
			expect(isAuthentic({ webhookAuthentication: 'apiKey', webhookApiKey: '' }, headers)).toBe(
				false,
			);
			expect(isAuthentic({ webhookAuthentication: 'apiKey' }, headers)).toBe(false);
		},
	);
});

describe('Basic', () => {
	const credential = {
		webhookAuthentication: 'basicAuth',
		webhookUser: 'talkdesk',
		webhookPassword: 'pass:word',
	};

	it('lets user and password in, whatever the case of the scheme', () => {
		const header = basic('talkdesk:pass:word');
		expect(isAuthentic(credential, { authorization: header })).toBe(true);
		expect(isAuthentic(credential, { authorization: header.replace('Basic', 'basic') })).toBe(true);
	});

	it.each(['talkdesk:wrong', 'other:pass:word', 'talkdesk', ''])('refuses %j', (given) => {
		expect(isAuthentic(credential, { authorization: basic(given) })).toBe(false);
	});

	it('refuses another scheme, and a list', () => {
		const [, value = ''] = basic('talkdesk:pass:word').split(' ');
		expect(isAuthentic(credential, { authorization: `Bearer ${value}` })).toBe(false);
		expect(isAuthentic(credential, { authorization: value })).toBe(false);
		expect(isAuthentic(credential, { authorization: [`Basic ${value}`] })).toBe(false);
	});

	it('refuses everybody while user or password is empty', () => {
		for (const [user, password] of [
			['talkdesk', ''],
			['', 'pass:word'],
			['', ''],
		]) {
			const empty = { ...credential, webhookUser: user, webhookPassword: password };
			expect(isAuthentic(empty, { authorization: basic(`${user}:${password}`) })).toBe(false);
		}
	});
});

describe('what was pasted with white space around it', () => {
	it.each([' k3y', 'k3y\n', '\tk3y\r\n', '\u200bk3y', 'k3y\u00a0', '\ufeff k3y \u2060'])(
		'the key %j is k3y',
		(webhookApiKey) => {
			const credential = { webhookAuthentication: 'apiKey', webhookApiKey };
			expect(isAuthentic(credential, { 'x-api-key': 'k3y' })).toBe(true);
			expect(isAuthentic(credential, { 'x-api-key': header(webhookApiKey) })).toBe(true);
			expect(isAuthentic(credential, { 'x-api-key': 'k3 y' })).toBe(false);
		},
	);

	it('user and password, on both sides', () => {
		const credential = {
			webhookAuthentication: 'basicAuth',
			webhookUser: ' u\n',
			webhookPassword: '\u200bp w ',
		};
		for (const given of ['u:p w', ' u :p w\n', 'u\u200b:p w']) {
			expect(isAuthentic(credential, { authorization: basic(given) })).toBe(true);
		}
		expect(isAuthentic(credential, { authorization: basic('u:pw') })).toBe(false);
	});

	it('a secret of white space alone is empty', () => {
		for (const blank of [' ', '\n', '\u200b']) {
			const credential = { webhookAuthentication: 'apiKey', webhookApiKey: blank };
			expect(isAuthentic(credential, { 'x-api-key': blank })).toBe(false);
			expect(isAuthentic(credential, { 'x-api-key': '' })).toBe(false);
		}
	});
});

describe('letters outside of ASCII', () => {
	const apiKey = { webhookAuthentication: 'apiKey', webhookApiKey: 'clé' };
	const user = {
		webhookAuthentication: 'basicAuth',
		webhookUser: 'jürgen',
		webhookPassword: 'Schlüssel',
	};

	it.each(['utf8', 'latin1'] as const)('are taken in %s', (encoding) => {
		expect(isAuthentic(apiKey, { 'x-api-key': header('clé', encoding) })).toBe(true);
		const encoded = Buffer.from('jürgen:Schlüssel', encoding).toString('base64');
		expect(isAuthentic(user, { authorization: `Basic ${encoded}` })).toBe(true);
	});

	it('composed or not, but not any others', () => {
		expect(isAuthentic(apiKey, { 'x-api-key': header('cle\u0301') })).toBe(true);
		expect(isAuthentic(apiKey, { 'x-api-key': header('cle') })).toBe(false);
		expect(isAuthentic(apiKey, { 'x-api-key': header('clè') })).toBe(false);
		expect(isAuthentic(apiKey, { 'x-api-key': 'cl\ufffd' })).toBe(false);
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
	])('the key %j is in %j', (one, given) => {
		expect(isAuthentic(key(one), { 'x-api-key': given })).toBe(true);
	});

	it.each([
		['k', 'k, other'],
		['k', 'other, k'],
		['k', 'k, '],
		['k', ', k'],
		['a', 'a,b'],
		['a,b', 'a, b'],
		['k', Array(1000).fill('k').join(', ')],
	])('the key %j is not in %j', (one, given) => {
		expect(isAuthentic(key(one), { 'x-api-key': given })).toBe(false);
	});

	it('Authorization too', () => {
		const credential = {
			webhookAuthentication: 'basicAuth',
			webhookUser: 'u',
			webhookPassword: 'p',
		};
		const [one, other] = [basic('u:p'), basic('u:x')];
		expect(isAuthentic(credential, { authorization: `${one}, ${one}` })).toBe(true);
		expect(isAuthentic(credential, { authorization: `${one}, ${other}` })).toBe(false);
	});
});

describe('the reason of a refusal', () => {
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
		['basicAuth', { authorization: basic(`${given}:${given}`) }, 'user or password'],
		['oAuth2', {}, 'no header Authorization'],
		['oAuth2', { authorization: basic(given) }, 'another scheme'],
		['oAuth2', { authorization: `Bearer ${given}` }, 'token'],
	] as const)('%s with %j says: %s', (mode, headers, words) => {
		const result = resultOf({ webhookAuthentication: mode, ...modes[mode] }, headers);
		expect(result).toEqual({ ok: false, reason: expect.stringContaining(words) });
		expect(JSON.stringify(result)).not.toMatch(/S3CRET|GIVEN/);
	});

	it.each([
		['apiKey', 'Webhook API Key of the credential is empty'],
		['basicAuth', 'Webhook User and Webhook Password of the credential are empty'],
		['oAuth2', 'Webhook Client ID and Webhook Client Secret of the credential are empty'],
		['new', 'could not be read'],
	])('%s without a secret says: %s', (mode, words) => {
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

	it('lets a token of this trigger in', () => {
		expect(isAuthentic(credential, { authorization: `Bearer ${token}` })).toBe(true);
		expect(isAuthentic(credential, { authorization: `bearer ${token}` })).toBe(true);
	});

	it('refuses the client itself, and the token in any other place', () => {
		expect(isAuthentic(credential, { authorization: basic('id:secret') })).toBe(false);
		expect(isAuthentic(credential, { authorization: token })).toBe(false);
		expect(isAuthentic(credential, { authorization: [`Bearer ${token}`] })).toBe(false);
		expect(isAuthentic(credential, { 'x-api-key': token })).toBe(false);
	});

	it('refuses everybody while id or secret is empty', () => {
		for (const [clientId = '', clientSecret = ''] of [['id'], ['', 'secret'], []]) {
			const empty = {
				...credential,
				webhookClientId: clientId,
				webhookClientSecret: clientSecret,
			};
			const made = issueAccessToken({ clientId, clientSecret, audience: 'trigger-1' }, 0);
			expect(isAuthentic(empty, { authorization: `Bearer ${made}` })).toBe(false);
		}
	});

	it('is of no use in another mode', () => {
		for (const mode of ['apiKey', 'basicAuth']) {
			const other = { ...credential, webhookAuthentication: mode };
			expect(isAuthentic(other, { authorization: `Bearer ${token}` })).toBe(false);
		}
	});
});

it('none lets everybody in', () => {
	expect(isAuthentic({ webhookAuthentication: 'none' }, {})).toBe(true);
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
])('%j lets nobody in', (credential: unknown) => {
	expect(isAuthentic(credential, { 'x-api-key': '', authorization: basic(':') })).toBe(false);
});

it.each([
	['apiKey', 'ApiKey '],
	['basicAuth', 'Basic realm="Talkdesk Trigger", charset="UTF-8"'],
	['oAuth2', 'Bearer '],
	['new', 'ApiKey '],
])('in the mode %s a refused caller is told the scheme %s', (mode, scheme) => {
	const credential = parseWebhookCredential({ webhookAuthentication: mode });
	expect(challenge(credential).startsWith(scheme)).toBe(true);
});
