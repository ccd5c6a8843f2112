import { credentialTestMethods } from '../../../nodes/Talkdesk/api/credentialTest';

const SECRET = 'S3CRET-VALUE';
const TOKEN = 'T0KEN-VALUE';
const ALL = [
	...['digital-connect:write', 'attachments:request', 'attachments:write'],
	...['attachments:read', 'attachments:download'],
];
const outbound = { accountName: 'acme', clientId: 'id', clientSecret: SECRET };
const inbound = { webhookAuthentication: 'apiKey', webhookApiKey: 'a long random key' };

interface Responses {
	token?: unknown;
	probe?: { statusCode: number; body: unknown };
}

/** Runs the credential test against a server with these responses. */
const test = async (
	data: Record<string, string>,
	{
		token = { access_token: TOKEN, scope: ALL.join(' ') },
		probe = { statusCode: 400, body: {} },
	}: Responses = {},
) => {
	const urls: string[] = [];
	const helpers = {
		async request({ uri }: { uri: string }) {
			urls.push(uri);
			return uri.endsWith('/oauth/token') ? { statusCode: 200, body: token } : probe;
		},
	};
	// Nothing else of n8n is used.
	const result = await credentialTestMethods.credentialTest.talkdeskCredentialTest.call(
		Object.assign(Object.create(null), { helpers }),
		{ id: '1', name: 'Talkdesk', type: 'talkdeskOAuth2Api', data: { ...data } },
	);
	return { ...result, urls };
};

it('passes for a credential that is valid in both directions', async () => {
	expect(await test({ ...outbound, ...inbound })).toMatchObject({
		status: 'OK',
		message: 'Connection successful: conversations and files.',
	});
});

describe('the scopes', () => {
	it('are checked by a probe if the token response does not name them', async () => {
		const result = await test({ ...outbound, ...inbound }, { token: { access_token: TOKEN } });
		expect(result.status).toBe('OK');
		expect(result.urls).toContain('https://api.talkdeskapp.com/digital-connect/conversations');
	});

	it('that are missing are named, also if the response has a list', async () => {
		const token = { access_token: TOKEN, scope: ['digital-connect:write'] };
		const { status, message } = await test({ ...outbound, ...inbound }, { token });
		expect([status, message]).toEqual(['OK', expect.stringContaining('attachments:request')]);
		const none = await test(outbound, { token: { access_token: TOKEN, scope: ['other'] } });
		expect([none.status, none.message]).toEqual([
			'Error',
			expect.stringContaining('lacks the scope digital-connect:write'),
		]);
	});
});

it('fails with an explanation if the response is a web page', async () => {
	const { status, message } = await test(outbound, { token: '<html>Login</html>' });
	expect([status, message]).toEqual(['Error', expect.stringContaining('web page')]);
});

it('shows no secret that a server echoes', async () => {
	const basic = Buffer.from(`id:${SECRET}`).toString('base64');
	const body = { message: `no: Bearer ${TOKEN}`, description: `${SECRET} ${basic}` };
	for (const statusCode of [401, 403, 500]) {
		const { message } = await test(outbound, { probe: { statusCode, body } });
		expect(message).toContain('[hidden]');
		for (const secret of [TOKEN, SECRET, basic]) expect(message).not.toContain(secret);
	}
});

describe('the webhook part of the credential', () => {
	it.each([
		[{ webhookAuthentication: 'apiKey', webhookApiKey: '' }],
		[{ webhookAuthentication: 'apiKey', webhookApiKey: ' \n' }],
	])('may be empty, which the message says: %j', async (fields) => {
		const { status, message } = await test({ ...outbound, ...fields });
		expect([status, message]).toEqual([
			'OK',
			expect.stringContaining('Webhook API Key of the credential is empty'),
		]);
	});

	it.each<[Record<string, string>, string]>([
		[{ webhookAuthentication: 'basicAuth' }, 'Webhook User and Webhook Password'],
		[{ webhookAuthentication: 'basicAuth', webhookUser: 'u' }, 'Webhook Password'],
		[{ webhookAuthentication: 'oAuth2', webhookClientSecret: 's' }, 'Webhook Client ID'],
		[
			{ webhookAuthentication: 'apiKey', webhookApiKey: 'a\nb' },
			'Webhook API Key has a line break',
		],
		[{ webhookAuthentication: 'apiKey', webhookApiKey: 'a\u200bb' }, 'invisible character'],
	])('%j fails with an explanation', async (fields, words) => {
		const { status, message } = await test({ ...outbound, ...fields });
		expect(status).toBe('Error');
		expect(message).toContain('Requests to Talkdesk work,');
		expect(message).toContain(words);
	});

	it.each<Record<string, string>>([
		{ webhookAuthentication: 'none' },
		{ webhookAuthentication: 'apiKey', webhookApiKey: ' with blanks around \n' },
		{ webhookAuthentication: 'basicAuth', webhookUser: 'u', webhookPassword: 'pass word' },
		{ webhookAuthentication: 'oAuth2', webhookClientId: 'i', webhookClientSecret: 'ü' },
	])('%j passes', async (fields) => {
		expect(await test({ ...outbound, ...fields })).toMatchObject({
			status: 'OK',
			message: 'Connection successful: conversations and files.',
		});
	});
});
