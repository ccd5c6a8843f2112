import { cleanUp, connectedForTest, type Received } from './testing.mts';

afterEach(cleanUp);

const id = 'local-touchpoint';

describe('authentication', () => {
	const sent = ({ headers }: Received) => ({
		authorization: headers.authorization,
		key: headers['x-api-key'],
	});

	test.each([
		[{ type: 'none' }, {}],
		[{ type: 'apiKey', key: 'k-1' }, { key: 'k-1' }],
		[
			{ type: 'basic', user: 'talkdesk', password: 'a:b' },
			{ authorization: `Basic ${Buffer.from('talkdesk:a:b').toString('base64')}` },
		],
	])('%j', async (authentication, headers) => {
		const { n8n, talkdesk, conversation_id } = await connectedForTest(undefined, {
			integration: { authentication },
		});
		await talkdesk.agent.join(conversation_id, { name: 'Grace' });
		expect(n8n.calls.map(sent)).toEqual([headers]);
	});

	/** n8n's side with a token endpoint that counts its tokens. */
	async function oAuth2(token: object) {
		let time = 0;
		let tokens = 0;
		const { n8n, connected, talkdesk } = await connectedForTest(
			({ url }) =>
				url === '/oauth/token'
					? { body: JSON.stringify({ access_token: `t-${++tokens}`, ...token }) }
					: {},
			{ now: () => time },
		);
		const clientSecret = 'n8n-secret';
		const tokenUrl = `${n8n.url}/oauth/token`;
		const authentication = { type: 'oAuth2', tokenUrl, clientId: 'n8n-client', clientSecret };
		talkdesk.configure({ touchpoints: connected({ authentication }) });
		const pass = (ms: number) => (time += ms);
		return { n8n, talkdesk, pass };
	}

	test('oAuth2 requests a token first, and keeps it until it expires', async () => {
		const { n8n, talkdesk, pass } = await oAuth2({ token_type: 'Bearer', expires_in: 60 });
		await talkdesk.deliver(id, 'message_created', {});
		pass(59_999);
		await talkdesk.deliver(id, 'message_created', {});
		pass(1);
		await talkdesk.deliver(id, 'message_created', {});
		expect(n8n.calls.map(({ url, headers }) => `${url} ${headers.authorization}`)).toEqual([
			`/oauth/token Basic ${Buffer.from('n8n-client:n8n-secret').toString('base64')}`,
			'/message_created Bearer t-1',
			'/message_created Bearer t-1',
			`/oauth/token Basic ${Buffer.from('n8n-client:n8n-secret').toString('base64')}`,
			'/message_created Bearer t-2',
		]);
		expect(n8n.calls[0]).toMatchObject({
			method: 'POST',
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
			body: 'grant_type=client_credentials',
		});
	});

	test('oAuth2 makes no call without a valid token, and requests none for a call with its own', async () => {
		const { n8n, talkdesk } = await oAuth2({ token_type: 'mac', expires_in: 60 });
		expect(await talkdesk.deliver(id, 'message_created', {})).toMatchObject({
			...{ ok: false, status: null },
			error: 'the token endpoint gave no bearer token',
		});
		const headers = { Authorization: 'Bearer forged' };
		await talkdesk.deliver(id, 'message_created', {}, { headers });
		expect(n8n.calls.map(({ url }) => url)).toEqual(['/oauth/token', '/message_created']);
		expect(n8n.calls[1]?.headers.authorization).toBe('Bearer forged');
	});

	test('an error of the token endpoint is the error of the delivery', async () => {
		const { talkdesk, n8n, connected } = await connectedForTest(() => ({ status: 401 }));
		const oAuth2 = { type: 'oAuth2', clientId: 'a', clientSecret: 'b', tokenUrl: `${n8n.url}/t` };
		talkdesk.configure({ touchpoints: connected({ authentication: oAuth2 }) });
		const { error } = await talkdesk.deliver(id, 'message_created', {});
		expect(error).toBe('the token endpoint answered 401');
	});
});
