import { isAuthentic } from '../../nodes/Talkdesk/trigger/authenticate';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

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

	it('lets user and password in', () => {
		expect(isAuthentic(credential, { authorization: basic('talkdesk:pass:word') })).toBe(true);
	});

	it.each(['talkdesk:wrong', 'other:pass:word', 'talkdesk', ''])('refuses %j', (given) => {
		expect(isAuthentic(credential, { authorization: basic(given) })).toBe(false);
	});

	it('refuses everybody while user or password is empty', () => {
		expect(
			isAuthentic({ ...credential, webhookPassword: '' }, { authorization: basic('talkdesk:') }),
		).toBe(false);
		expect(
			isAuthentic({ ...credential, webhookUser: '' }, { authorization: basic(':pass:word') }),
		).toBe(false);
	});
});

it('none lets everybody in', () => {
	expect(isAuthentic({ webhookAuthentication: 'none' }, {})).toBe(true);
});

it.each([
	undefined,
	null,
	{},
	{ webhookAuthentication: 'new' },
	{ webhookAuthentication: 'oAuth2' },
])('%j lets nobody in', (credential) => {
	expect(isAuthentic(credential, { 'x-api-key': '', authorization: basic(':') })).toBe(false);
});
