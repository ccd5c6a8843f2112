import {
	challenge,
	isAuthentic as isAuthenticParsed,
	readWebhookCredential,
} from '../../nodes/Talkdesk/trigger/authenticate';
import type { Headers } from '../../nodes/Talkdesk/trigger/secrets';
import { issueToken } from '../../nodes/Talkdesk/trigger/token';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const isAuthentic = (credential: unknown, headers: Headers) =>
	isAuthenticParsed(readWebhookCredential(credential), { headers, audience: 'trigger-1', now: 0 });

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

describe('OAuth 2.0', () => {
	const credential = {
		webhookAuthentication: 'oAuth2',
		webhookClientId: 'id',
		webhookClientSecret: 'secret',
	};
	const token = issueToken({ clientId: 'id', clientSecret: 'secret', audience: 'trigger-1' }, 0);

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
			const made = issueToken({ clientId, clientSecret, audience: 'trigger-1' }, 0);
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
	['basicAuth', 'Basic '],
	['oAuth2', 'Bearer '],
	['new', 'ApiKey '],
])('in the mode %s a refused caller is told the scheme %s', (mode, scheme) => {
	const credential = readWebhookCredential({ webhookAuthentication: mode });
	expect(challenge(credential).startsWith(scheme)).toBe(true);
});
