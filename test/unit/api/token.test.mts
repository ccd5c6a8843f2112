import { parsePrivateKey } from '../../../nodes/Talkdesk/api/privateKey';
import type { TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import { parseTokenResponse, tokenRequest } from '../../../nodes/Talkdesk/api/token';
import { createSigningClient } from '../../simulator/credential.mts';

const SECRET = 'S3CRET';
const settings: TalkdeskSettings = {
	tokenUrl: 'https://acme.talkdeskid.com/oauth/token',
	apiBaseUrl: 'https://api.talkdeskapp.com',
	clientId: 'id',
	authentication: { type: 'secret', clientSecret: SECRET },
	touchpointId: '',
	accessToken: '',
};

/** The same client with a private key. */
function signingSettings(): TalkdeskSettings {
	const parsed = parsePrivateKey(createSigningClient().fields.privateKey);
	if (!parsed.ok) throw new Error(parsed.problem);
	return { ...settings, authentication: { type: 'privateKey', keyId: 'k', key: parsed.key } };
}

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

	it('that rejects an assertion names what is signed', () => {
		const signing = signingSettings();
		const body = { error: 'invalid_client', error_description: 'No such key' };
		const result = parseTokenResponse({ status: 401, body }, signing);
		for (const words of ['No such key', "'Key ID'", "'Private Key'", 'clock']) {
			expect(!result.ok && result.problem).toContain(words);
		}
		expect(!result.ok && result.problem).not.toContain('Secret');
	});

	it('that echoes an assertion puts no part of it into the error', () => {
		const signing = signingSettings();
		const { body } = tokenRequest(signing);
		const response = { status: 400, body: { error_description: `bad form ${body}` } };
		const result = parseTokenResponse(response, signing);
		expect(!result.ok && result.problem).toContain('client_assertion=[hidden]');
	});

	it('that echoes the request puts no secret into the error', () => {
		const basic = Buffer.from(`id:${SECRET}`).toString('base64');
		for (const words of [`bad header Basic ${basic}`, `wrong secret ${SECRET}`]) {
			const result = parseTokenResponse(
				{ status: 401, body: { error_description: words } },
				settings,
			);
			expect(!result.ok && result.problem).toMatch(/\[hidden\]/);
			expect(JSON.stringify(result)).not.toContain(basic);
			expect(JSON.stringify(result)).not.toContain(SECRET);
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
