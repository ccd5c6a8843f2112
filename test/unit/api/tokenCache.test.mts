import type { IHttpRequestHelper, IHttpRequestOptions } from 'n8n-workflow';

import { clock } from '../../support/fakeClock.mts';
import { fetchAccessToken as fetchStored } from '../../../nodes/Talkdesk/api/tokenCache';
import { createSigningClient } from '../../simulator/credential.mts';

const SECOND = 1000;
const fetchAccessToken = async (...given: Parameters<typeof fetchStored>) =>
	(await fetchStored(...given)).accessToken;

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

describe('a new token', () => {
	it('is shared by concurrent requests', async () => {
		const { helper, issued } = tokenServer();
		const credential = newCredential();
		const tokens = await Promise.all(
			[1, 2, 3].map(async () => await fetchAccessToken(helper, credential)),
		);
		expect(tokens).toEqual(['token-1', 'token-1', 'token-1']);
		expect(issued).toHaveLength(1);
	});

	it('is shared with a request that follows soon with the old one', async () => {
		const { helper } = tokenServer();
		const credential = { ...newCredential(), accessToken: 'old' };
		await fetchAccessToken(helper, credential);
		clock.now += 5 * SECOND;
		expect(await fetchAccessToken(helper, credential)).toBe('token-1');
	});

	it('is replaced if it is the rejected one', async () => {
		const { helper } = tokenServer();
		const credential = newCredential();
		const accessToken = await fetchAccessToken(helper, credential);
		expect(await fetchAccessToken(helper, { ...credential, accessToken })).toBe('token-2');
	});

	it('is not shared with a much later request: it may have expired', async () => {
		const { helper } = tokenServer();
		const credential = { ...newCredential(), accessToken: 'from another worker' };
		await fetchAccessToken(helper, credential);
		clock.now += 60 * SECOND;
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

	it('belongs to one key with one ID', async () => {
		const { helper, issued } = tokenServer();
		const { clientAuthentication, keyId, privateKey } = createSigningClient().fields;
		const credential = { ...newCredential(), clientAuthentication, keyId, privateKey };
		const otherKey = createSigningClient().fields.privateKey;
		await fetchAccessToken(helper, credential);
		await fetchAccessToken(helper, { ...credential, privateKey: otherKey });
		await fetchAccessToken(helper, { ...credential, keyId: 'another' });
		await fetchAccessToken(helper, { ...credential, clientAuthentication: 'secret' });
		expect(issued).toHaveLength(4);
		await fetchAccessToken(helper, { ...credential, privateKey: `"${privateKey}"\n` });
		expect(issued).toHaveLength(4);
	});

	it('is requested with another assertion in each attempt', async () => {
		const { helper } = tokenServer();
		const { clientAuthentication, keyId, privateKey } = createSigningClient().fields;
		const bodies: unknown[] = [];
		const flaky: IHttpRequestHelper = {
			helpers: {
				async httpRequest(options: IHttpRequestOptions) {
					bodies.push(options.body);
					if (bodies.length < 3) throw Object.assign(new Error(), { code: 'ECONNRESET' });
					return await helper.helpers.httpRequest(options);
				},
			},
		};
		await fetchAccessToken(flaky, { ...newCredential(), clientAuthentication, keyId, privateKey });
		expect(new Set(bodies).size).toBe(3);
	});

	it('is not requested with a key that cannot be read', async () => {
		const { helper, issued } = tokenServer();
		const credential = { ...newCredential(), clientAuthentication: 'privateKey', keyId: 'k' };
		await expect(fetchAccessToken(helper, { ...credential, privateKey: 'AAAA' })).rejects.toThrow(
			"The 'Private Key' holds no key.",
		);
		expect(issued).toEqual([]);
	});

	it('is requested again after a failure', async () => {
		const { helper } = tokenServer();
		const credential = newCredential();
		const failing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode: 403, headers: {}, body: '' }) },
		};
		await expect(fetchAccessToken(failing, credential)).rejects.toThrow('HTTP 403');
		expect(await fetchAccessToken(helper, credential)).toBe('token-1');
	});

	it.each([429, 502, 503, 504])(
		'is requested again by the same call after a %i',
		async (status) => {
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
		},
	);

	it('is requested again by the same call if the connection breaks', async () => {
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

	it('is requested again after the time in Retry-After', async () => {
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
		expect(clock.sleeps).toHaveLength(1);
		expect(clock.sleeps[0]).toBeGreaterThanOrEqual(7000);
	});

	it('is shared while its request is pending, however long that takes', async () => {
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
		clock.now += 60 * SECOND;
		const second = fetchAccessToken(helper, credential);
		arrive();
		expect(await Promise.all([first, second])).toEqual(['token-1', 'token-1']);
	});

	it('is not requested again after a 401', async () => {
		let requests = 0;
		const refusing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode: 401, headers: {}, body: ++requests }) },
		};
		await expect(fetchAccessToken(refusing, newCredential())).rejects.toThrow(
			'rejected the OAuth client',
		);
		expect(requests).toBe(1);
	});

	it.each([
		[503, true],
		[401, false],
	])('fails with a %i, which is transient: %s', async (statusCode, isTransient) => {
		const failing: IHttpRequestHelper = {
			helpers: { httpRequest: async () => ({ statusCode, headers: {}, body: '' }) },
		};
		await expect(fetchAccessToken(failing, newCredential())).rejects.toMatchObject({ isTransient });
	});

	it('is not requested with an incomplete credential, which is no transient failure', async () => {
		const { helper, issued } = tokenServer();
		const half = { ...newCredential(), clientId: '' };
		await expect(fetchAccessToken(helper, half)).rejects.toMatchObject({
			message: expect.stringContaining('Client ID'),
			isTransient: false,
		});
		expect(issued).toEqual([]);
	});
});
