import type { IHttpRequestHelper, IHttpRequestOptions } from 'n8n-workflow';

import { fetchAccessToken, readToken, tokenRequest } from '../../nodes/Talkdesk/api/token';

const SECOND = 1000;
let clients = 0;
/** Every test has a client of its own: tokens are shared by client. */
const newCredential = () => ({
	region: 'us',
	accountName: 'acme',
	clientId: `client-${++clients}`,
	clientSecret: 'secret',
	accessToken: '',
});

function tokenServer() {
	const issued: string[] = [];
	const helper: IHttpRequestHelper = {
		helpers: {
			async httpRequest() {
				issued.push(`token-${issued.length + 1}`);
				return { statusCode: 200, body: { access_token: issued.at(-1), expires_in: 600 } };
			},
		},
	};
	return { helper, issued };
}

// Nobody waits here for a server that plays.
const waits: number[] = [];
jest.mock('n8n-workflow', () => ({
	...jest.requireActual<object>('n8n-workflow'),
	sleep: async (milliseconds: number) => void waits.push(milliseconds),
}));

let now = 0;
beforeEach(() => {
	now = 1_000_000;
	waits.length = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

describe('a new token', () => {
	it('is shared by all who ask at the same time', async () => {
		const { helper, issued } = tokenServer();
		const credential = newCredential();
		const tokens = await Promise.all(
			[1, 2, 3].map(async () => await fetchAccessToken(helper, credential)),
		);
		expect(tokens).toEqual(['token-1', 'token-1', 'token-1']);
		expect(issued).toHaveLength(1);
	});

	it('is shared by one who comes a little late with the old one', async () => {
		const { helper } = tokenServer();
		const credential = { ...newCredential(), accessToken: 'old' };
		await fetchAccessToken(helper, credential);
		now += 5 * SECOND;
		expect(await fetchAccessToken(helper, credential)).toBe('token-1');
	});

	it('is replaced when it is the one that was refused', async () => {
		const { helper } = tokenServer();
		const credential = newCredential();
		const accessToken = await fetchAccessToken(helper, credential);
		expect(await fetchAccessToken(helper, { ...credential, accessToken })).toBe('token-2');
	});

	it('is not shared with one who comes much later: it may be dead by then', async () => {
		const { helper } = tokenServer();
		const credential = { ...newCredential(), accessToken: 'from another worker' };
		await fetchAccessToken(helper, credential);
		now += 60 * SECOND;
		expect(await fetchAccessToken(helper, credential)).toBe('token-2');
	});

	it('belongs to one client with one secret', async () => {
		const { helper, issued } = tokenServer();
		const credential = newCredential();
		await fetchAccessToken(helper, credential);
		await fetchAccessToken(helper, { ...credential, clientSecret: 'other' });
		await fetchAccessToken(helper, newCredential());
		expect(issued).toHaveLength(3);
	});

	it('is asked for again after a failure', async () => {
		const { helper } = tokenServer();
		const credential = newCredential();
		const failing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode: 403, headers: {}, body: '' }) },
		};
		await expect(fetchAccessToken(failing, credential)).rejects.toThrow('HTTP 403');
		expect(await fetchAccessToken(helper, credential)).toBe('token-1');
	});

	it.each([429, 502, 503, 504])('is asked for again at once after a %i', async (status) => {
		const { helper, issued } = tokenServer();
		let failures = 2;
		const flaky: IHttpRequestHelper = {
			helpers: {
				httpRequest: async (options: IHttpRequestOptions) =>
					failures-- > 0
						? { statusCode: status, headers: {}, body: '' }
						: await helper.helpers.httpRequest(options),
			},
		};
		expect(await fetchAccessToken(flaky, newCredential())).toBe('token-1');
		expect(issued).toHaveLength(1);
	});

	it('is asked for again at once where the connection breaks', async () => {
		const { helper, issued } = tokenServer();
		let failures = 2;
		const flaky: IHttpRequestHelper = {
			helpers: {
				async httpRequest(options: IHttpRequestOptions) {
					if (failures-- > 0) throw Object.assign(new Error(), { code: 'ECONNRESET' });
					return await helper.helpers.httpRequest(options);
				},
			},
		};
		expect(await fetchAccessToken(flaky, newCredential())).toBe('token-1');
		expect(issued).toHaveLength(1);
	});

	it('is asked for again when Talkdesk says so', async () => {
		const { helper } = tokenServer();
		let isLimited = true;
		const limited: IHttpRequestHelper = {
			helpers: {
				async httpRequest(options: IHttpRequestOptions) {
					if (!isLimited) return await helper.helpers.httpRequest(options);
					isLimited = false;
					return { statusCode: 429, headers: { 'retry-after': '7' }, body: '' };
				},
			},
		};
		expect(await fetchAccessToken(limited, newCredential())).toBe('token-1');
		expect(waits).toHaveLength(1);
		expect(waits[0]).toBeGreaterThanOrEqual(7000);
	});

	it('is shared while it is on its way, however long that takes', async () => {
		const { helper } = tokenServer();
		const credential = newCredential();
		let arrive = (): void => undefined;
		const slow: IHttpRequestHelper = {
			helpers: {
				async httpRequest(options: IHttpRequestOptions) {
					await new Promise<void>((resolve) => (arrive = resolve));
					return await helper.helpers.httpRequest(options);
				},
			},
		};
		const first = fetchAccessToken(slow, credential);
		now += 60 * SECOND;
		const second = fetchAccessToken(helper, credential);
		arrive();
		expect(await Promise.all([first, second])).toEqual(['token-1', 'token-1']);
	});

	it('that is refused for good is not asked for again', async () => {
		let asked = 0;
		const refusing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode: 401, headers: {}, body: ++asked }) },
		};
		await expect(fetchAccessToken(refusing, newCredential())).rejects.toThrow('refused the client');
		expect(asked).toBe(1);
	});

	it.each([
		[503, true],
		[401, false],
	])('that a %i keeps away may come at another time: %s', async (statusCode, isPassing) => {
		const failing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode, headers: {}, body: '' }) },
		};
		await expect(fetchAccessToken(failing, newCredential())).rejects.toMatchObject({ isPassing });
	});

	it('is not asked for with half a credential, which no other time makes whole', async () => {
		const { helper, issued } = tokenServer();
		const half = { ...newCredential(), clientId: '' };
		await expect(fetchAccessToken(helper, half)).rejects.toMatchObject({
			message: expect.stringContaining('Client ID'),
			isPassing: false,
		});
		expect(issued).toEqual([]);
	});
});

const settings = {
	tokenUrl: 'https://acme.talkdeskid.com/oauth/token',
	apiBaseUrl: 'https://api.talkdeskapp.com',
	clientId: 'id',
	clientSecret: 'S3CRET',
	touchpointId: '',
	accessToken: '',
};

it('the request is client credentials with Basic, and asks for no scope', () => {
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

describe('the answer', () => {
	it('with a token gives its scopes', () => {
		const body = { access_token: 't', token_type: 'Bearer', expires_in: 600, scope: 'a:b  c:d' };
		expect(readToken({ status: 200, body }, settings)).toEqual({
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
	])('%j has its scopes', (change, scopes) => {
		const body = { access_token: 't', token_type: 'Bearer', ...change };
		expect(readToken({ status: 200, body }, settings)).toMatchObject({
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
	])('without scopes is a token all the same, with what was asked for: %j', (body) => {
		expect(readToken({ status: 200, body }, settings)).toEqual({
			ok: true,
			token: { accessToken: body.access_token, scopes: undefined },
		});
	});

	it.each([
		[{ error: 'invalid_client', error_description: 'Client is disabled' }, 'Client is disabled'],
		[{ error: 'invalid_client' }, 'invalid_client'],
		[{ error: { message: 'Client is disabled' } }, 'Client is disabled'],
		[{ error: 'invalid_client', error_description: null }, 'invalid_client'],
	])('200 with the error %j is a refusal', (body, words) => {
		const result = readToken({ status: 200, body }, settings);
		expect(result).toMatchObject({ ok: false, reason: 'client' });
		expect(!result.ok && result.problem).toContain(`Talkdesk refused the client: ${words}.`);
		expect(!result.ok && result.problem).toContain('Client ID and Client Secret');
	});

	it.each([200, 502])('%i with a web page says so', (status) => {
		const body = ' <!DOCTYPE html><html><title>Login</title></html>';
		expect(readToken({ status, body }, settings)).toMatchObject({
			ok: false,
			reason: 'unreachable',
			problem: expect.stringContaining('web page instead of a token'),
		});
	});

	it('that repeats the request does not bring the secret into the error', () => {
		const { Authorization } = tokenRequest(settings).headers;
		for (const words of [`bad header ${Authorization}`, `wrong secret ${settings.clientSecret}`]) {
			const result = readToken({ status: 401, body: { error_description: words } }, settings);
			expect(!result.ok && result.problem).toMatch(/\[hidden\]/);
			expect(JSON.stringify(result)).not.toContain(Authorization.split(' ')[1]);
			expect(JSON.stringify(result)).not.toContain(settings.clientSecret);
		}
	});

	it.each([
		[
			{ status: 401, body: { error: 'invalid_client', error_description: 'No such client' } },
			'client',
			'No such client',
		],
		[{ status: 400, body: { error: 'invalid_grant' } }, 'client', 'invalid_grant'],
		[{ status: 400, body: '<html>' }, 'client', 'HTTP 400'],
		[{ status: 403, body: {} }, 'forbidden', 'IP addresses'],
		[{ status: 403, body: { access_token: 't' } }, 'forbidden', 'IP addresses'],
		[{ status: 404, body: '' }, 'account', 'acme.talkdeskid.com'],
		[{ status: 200, body: { token: 'x' } }, 'unreachable', 'HTTP 200'],
		[{ status: 502, body: '' }, 'unreachable', 'HTTP 502'],
		[{ networkError: 'ENOTFOUND' }, 'account', 'There is no Talkdesk account'],
		[{ networkError: 'EAI_AGAIN' }, 'unreachable', 'EAI_AGAIN'],
		[{ networkError: 'ECONNREFUSED' }, 'unreachable', 'ECONNREFUSED'],
	])('%j says %s', (answer, reason, words) => {
		expect(readToken(answer, settings)).toMatchObject({
			ok: false,
			reason,
			problem: expect.stringContaining(words),
		});
	});
});
