import { parseTokenResponse, tokenRequest } from '../../../nodes/Talkdesk/api/token';

const settings = {
	tokenUrl: 'https://acme.talkdeskid.com/oauth/token',
	apiBaseUrl: 'https://api.talkdeskapp.com',
	clientId: 'id',
	clientSecret: 'S3CRET',
	touchpointId: '',
	accessToken: '',
};

it('the request has the client-credentials grant, Basic authentication and no scope', () => {
	expect(tokenRequest(settings)).toMatchObject({
		method: 'POST',
		url: settings.tokenUrl,
		headers: {
			Authorization: `Basic ${Buffer.from('id:S3CRET').toString('base64')}`,
			Accept: 'application/json',
			'Content-Type': 'application/x-www-form-urlencoded',
		},
		body: 'grant_type=client_credentials',
	});
});

describe('the response', () => {
	it('with a token has its scopes', () => {
		const body = { access_token: 't', token_type: 'Bearer', expires_in: 600, scope: 'a:b  c:d' };
		expect(parseTokenResponse({ status: 200, body }, settings)).toEqual({
			ok: true,
			token: { accessToken: 't', scopes: ['a:b', 'c:d'] },
		});
	});

	const jwt = (claims: unknown) =>
		`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

	it.each([
		[{ scope: ['a:b', 'c:d', 7] }, ['a:b', 'c:d']],
		[{ scope: 'a:b,c:d' }, ['a:b', 'c:d']],
		[{ scopes: ['a:b'] }, ['a:b']],
		[{ expires_in: '600', scope: 'a:b' }, ['a:b']],
		[{ access_token: jwt({ scp: ['a:b', 'c:d'] }) }, ['a:b', 'c:d']],
		[{ access_token: jwt({ scp: 'a:b c:d' }), scope: null }, ['a:b', 'c:d']],
		[{ access_token: jwt({ scope: 'a:b' }), scope: '' }, ['a:b']],
		[{ access_token: jwt({ scp: ['x:y'] }), scope: 'a:b' }, ['a:b']],
	])('%j has scopes', (change, scopes) => {
		const body = { access_token: 't', token_type: 'Bearer', ...change };
		expect(parseTokenResponse({ status: 200, body }, settings)).toMatchObject({
			ok: true,
			token: { scopes },
		});
	});

	it.each([
		{ access_token: 't' },
		{ access_token: 't', scope: '' },
		{ access_token: 't', scope: 7 },
		{ access_token: 't', scope: [] },
		{ access_token: jwt({ scp: [] }) },
		{ access_token: jwt(null) },
		{ access_token: 'a.{}.c' },
	])('without scopes is still a token: %j', (body) => {
		expect(parseTokenResponse({ status: 200, body }, settings)).toEqual({
			ok: true,
			token: { accessToken: body.access_token, scopes: undefined },
		});
	});

	it.each([
		[{ error: 'invalid_client', error_description: 'Client is disabled' }, 'Client is disabled'],
		[{ error: 'invalid_client' }, 'invalid_client'],
		[{ error: { message: 'Client is disabled' } }, 'Client is disabled'],
		[{ error: 'invalid_client', error_description: null }, 'invalid_client'],
	])('with status 200 and the error %j is a rejection', (body, words) => {
		const result = parseTokenResponse({ status: 200, body }, settings);
		expect(result).toMatchObject({ ok: false });
		expect(!result.ok && result.problem).toContain(`Talkdesk rejected the OAuth client: ${words}.`);
		expect(!result.ok && result.problem).toContain("'Client ID' and 'Client Secret'");
	});

	it.each([200, 502])('with status %i and a web page is an error that says so', (status) => {
		const body = ' <!DOCTYPE html><html><title>Login</title></html>';
		expect(parseTokenResponse({ status, body }, settings)).toMatchObject({
			ok: false,
			problem: expect.stringContaining('web page instead of a token'),
		});
	});

	it('that echoes the request puts no secret into the error', () => {
		const { Authorization } = tokenRequest(settings).headers;
		for (const words of [`bad header ${Authorization}`, `wrong secret ${settings.clientSecret}`]) {
			const result = parseTokenResponse(
				{ status: 401, body: { error_description: words } },
				settings,
			);
			expect(!result.ok && result.problem).toMatch(/\[hidden\]/);
			expect(JSON.stringify(result)).not.toContain(Authorization.split(' ')[1]);
			expect(JSON.stringify(result)).not.toContain(settings.clientSecret);
		}
	});

	it.each([
		[
			{ status: 401, body: { error: 'invalid_client', error_description: 'No such client' } },
			'No such client',
		],
		[{ status: 400, body: { error: 'invalid_grant' } }, 'invalid_grant'],
		[{ status: 400, body: '<html>' }, 'HTTP 400'],
		[{ status: 403, body: {} }, 'IP addresses'],
		[{ status: 403, body: { access_token: 't' } }, 'IP addresses'],
		[{ status: 404, body: '' }, 'acme.talkdeskid.com'],
		[{ status: 200, body: { token: 'x' } }, 'HTTP 200'],
		[{ status: 502, body: '' }, 'HTTP 502'],
		[{ networkError: 'ENOTFOUND' }, 'There is no Talkdesk account'],
		[{ networkError: 'EAI_AGAIN' }, 'EAI_AGAIN'],
		[{ networkError: 'ECONNREFUSED' }, 'ECONNREFUSED'],
	])('%j is an error that says %s', (response, words) => {
		expect(parseTokenResponse(response, settings)).toMatchObject({
			ok: false,
			problem: expect.stringContaining(words),
		});
	});
});
