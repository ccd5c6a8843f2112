import { credentialTestMethods } from '../../../nodes/Talkdesk/api/credentialTest';

const SECRET = 'S3CRET-VALUE';
const TOKEN = 'T0KEN-VALUE';
const ALL = [
	...['digital-connect:write', 'attachments:request', 'attachments:write'],
	...['attachments:read', 'attachments:download'],
];
const outbound = { accountName: 'acme', clientId: 'id', clientSecret: SECRET };
const inbound = { webhookAuthentication: 'apiKey', webhookApiKey: 'a long random key' };

interface Answers {
	token?: unknown;
	probe?: { statusCode: number; body: unknown };
}

/** The test, with what a server answers. */
const test = async (
	data: Record<string, string>,
	{
		token = { access_token: TOKEN, scope: ALL.join(' ') },
		probe = { statusCode: 400, body: {} },
	}: Answers = {},
) => {
	const asked: string[] = [];
	const helpers = {
		async request({ uri }: { uri: string }) {
			asked.push(uri);
			return uri.endsWith('/oauth/token') ? { statusCode: 200, body: token } : probe;
		},
	};
	// Nothing else of n8n is used.
	const result = await credentialTestMethods.credentialTest.talkdeskCredentialTest.call(
		Object.assign(Object.create(null), { helpers }),
		{ id: '1', name: 'Talkdesk', type: 'talkdeskOAuth2Api', data: { ...data } },
	);
	return { ...result, asked };
};

it('is passed by a credential that is right in both directions', async () => {
	expect(await test({ ...outbound, ...inbound })).toMatchObject({
		status: 'OK',
		message: 'Connection successful: conversations and files.',
	});
});

describe('the scopes', () => {
	it('that an answer does not name are those that were asked for: the probe decides', async () => {
		const result = await test({ ...outbound, ...inbound }, { token: { access_token: TOKEN } });
		expect(result.status).toBe('OK');
		expect(result.asked).toContain('https://api.talkdeskapp.com/digital-connect/conversations');
	});

	it('that are missing are named, also from a list', async () => {
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

it('tells a web page from a token', async () => {
	const { status, message } = await test(outbound, { token: '<html>Login</html>' });
	expect([status, message]).toEqual(['Error', expect.stringContaining('web page')]);
});

it('has no secret in its words, whatever a server repeats', async () => {
	const basic = Buffer.from(`id:${SECRET}`).toString('base64');
	const body = { message: `no: Bearer ${TOKEN}`, description: `${SECRET} ${basic}` };
	for (const statusCode of [401, 403, 500]) {
		const { message } = await test(outbound, { probe: { statusCode, body } });
		expect(message).toContain('[hidden]');
		for (const secret of [TOKEN, SECRET, basic]) expect(message).not.toContain(secret);
	}
});

describe('the part for calls of Talkdesk', () => {
	it.each([
		[{ webhookAuthentication: 'apiKey', webhookApiKey: '' }],
		[{ webhookAuthentication: 'apiKey', webhookApiKey: ' \n' }],
	])('untouched is no failure, but it says what the trigger does: %j', async (fields) => {
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
	])('%j is a failure in words', async (fields, words) => {
		const { status, message } = await test({ ...outbound, ...fields });
		expect(status).toBe('Error');
		expect(message).toContain('Requests to Talkdesk work.');
		expect(message).toContain(words);
	});

	it.each<Record<string, string>>([
		{ webhookAuthentication: 'none' },
		{ webhookAuthentication: 'apiKey', webhookApiKey: ' with blanks around \n' },
		{ webhookAuthentication: 'basicAuth', webhookUser: 'u', webhookPassword: 'pass word' },
		{ webhookAuthentication: 'oAuth2', webhookClientId: 'i', webhookClientSecret: 'ü' },
	])('%j is fine', async (fields) => {
		expect(await test({ ...outbound, ...fields })).toMatchObject({
			status: 'OK',
			message: 'Connection successful: conversations and files.',
		});
	});
});
