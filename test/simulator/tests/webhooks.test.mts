import {
	cleanUp,
	clientOf,
	connectedForTest,
	ManualTimer,
	receiver,
	talkdeskForTest,
	time,
	until,
	type Received,
} from './testing.mts';
import type { SimulatorOptions } from '../simulator.mts';

afterEach(cleanUp);

const id = 'local-touchpoint';

const parsed = (calls: Received[]): unknown[] => calls.map(({ body }) => JSON.parse(body));

describe('the calls of a conversation', () => {
	test('are none at first, and one for each action of the agent', async () => {
		const { n8n, talkdesk, client, conversation_id } = await connectedForTest(undefined, {
			integration: { paths: { message_created: '/said' } },
		});
		await client.send(conversation_id, { content: 'Hello?' });
		expect(n8n.calls).toEqual([]);
		const joined = await talkdesk.agent.join(conversation_id, { name: 'Grace' });
		const said = await talkdesk.agent.say(conversation_id, 'Hello.');
		await talkdesk.agent.end(conversation_id);

		const delivery = { status: 200, ok: true, ms: expect.any(Number) };
		const url = `${n8n.url}/conversation_started`;
		expect(joined).toEqual({ ...delivery, event: 'conversation_started', url });
		expect(said).toMatchObject({ event: 'message_created', url: `${n8n.url}/said` });
		expect(n8n.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
			'POST /conversation_started',
			'POST /said',
			'POST /conversation_ended',
		]);
		expect(n8n.calls[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
	});

	const author = { type: 'AGENT', name: 'Grace' };
	test.each<[NonNullable<SimulatorOptions['payloadForm']>, (c: string, m: string) => object[]]>([
		[
			'envelope',
			(conversation_id, id) => [
				{ event_type: 'CONVERSATION_STARTED', conversation_id, timestamp: time },
				{
					...{ event_type: 'MESSAGE_CREATED', conversation_id, timestamp: time },
					payload: { id, content: 'Hello.', author },
				},
				{ event_type: 'CONVERSATION_ENDED', conversation_id, timestamp: time },
			],
		],
		[
			'flat',
			(conversation_id) => [
				{ event_type: 'CONVERSATION_STARTED', conversation_id, timestamp: time },
				{
					...{ event_type: 'MESSAGE_CREATED', conversation_id, timestamp: time },
					...{ content: 'Hello.', author_name: 'Grace' },
				},
				{ event_type: 'CONVERSATION_ENDED', conversation_id, timestamp: time },
			],
		],
		[
			'relay',
			(conversation_id, id) => [
				{ event_type: 'conversation_started', timestamp: time, payload: { conversation_id } },
				{
					...{ event_type: 'message_created', timestamp: time },
					payload: { conversation_id, id, content: 'Hello.', author },
				},
				{ event_type: 'conversation_ended', timestamp: time, payload: { conversation_id } },
			],
		],
	])('have the form %s', async (payloadForm, bodies) => {
		const { n8n, talkdesk, conversation_id } = await connectedForTest();
		talkdesk.configure({ payloadForm });
		await talkdesk.agent.join(conversation_id, { name: 'Grace' });
		await talkdesk.agent.say(conversation_id, 'Hello.');
		await talkdesk.agent.end(conversation_id);
		const messageId = talkdesk.conversation(conversation_id)?.messages[0]?.id ?? '';
		expect(parsed(n8n.calls)).toEqual(bodies(conversation_id, messageId));
	});

	test('an end by the API is dispatched, unless notifyApiEnd is off', async () => {
		const { n8n, talkdesk, client, conversation_id } = await connectedForTest();
		await client.end(conversation_id);
		await talkdesk.waitFor(() => talkdesk.log.some((entry) => entry.direction === 'out'), {
			what: 'conversation_ended',
		});
		expect(parsed(n8n.calls)).toMatchObject([
			{ event_type: 'CONVERSATION_ENDED', conversation_id },
		]);

		talkdesk.configure({ notifyApiEnd: false });
		await client.end(await client.startConversation());
		// A call for the end would precede this one.
		await talkdesk.deliver(id, 'message_created', {});
		expect(n8n.calls).toHaveLength(2);
	});

	test('are sequential, in the order of the actions', async () => {
		const open: Array<() => void> = [];
		const { n8n, talkdesk, client, conversation_id } = await connectedForTest(async () => {
			await new Promise<void>((answered) => open.push(answered));
			return {};
		});
		const other = await client.startConversation();
		const deliveries = [
			talkdesk.agent.join(conversation_id, { name: 'Grace' }),
			talkdesk.agent.say(conversation_id, 'one'),
			talkdesk.agent.say(conversation_id, 'two'),
			talkdesk.agent.join(other, { name: 'Grace' }),
		];
		// The other conversation doesn't wait for the first one.
		await until(() => open.length === 2);
		await talkdesk.deliver('nobody', 'x', {}).catch(() => undefined);
		expect(n8n.calls.map(({ url }) => url)).toEqual([
			'/conversation_started',
			'/conversation_started',
		]);
		while (n8n.calls.length < 4) {
			const before = n8n.calls.length;
			open.splice(0).forEach((answer) => answer());
			await until(() => n8n.calls.length > before);
			expect(n8n.calls).toHaveLength(before + 1);
		}
		open.splice(0).forEach((answer) => answer());
		expect(await Promise.all(deliveries)).toMatchObject(deliveries.map(() => ({ ok: true })));
		expect(parsed(n8n.calls.slice(2))).toMatchObject([
			{ payload: { content: 'one' } },
			{ payload: { content: 'two' } },
		]);
	});
});

describe('a response', () => {
	test.each<[string, Awaited<ReturnType<NonNullable<Parameters<typeof receiver>[0]>>>, object]>([
		['of 204 without JSON', { status: 204, body: '' }, { status: 204, ok: false }],
		['of 201 with JSON', { status: 201, body: '[]' }, { status: 201, ok: true }],
		['with a subtype of JSON', { type: 'application/problem+json' }, { status: 200, ok: true }],
		['that is HTML', { type: 'text/html', body: '<p>' }, { status: 200, ok: false }],
		['that only claims to be JSON', { body: '{' }, { status: 200, ok: false }],
		['that is JSON but says text', { type: 'text/plain' }, { status: 200, ok: false }],
		['of 401', { status: 401 }, { status: 401, ok: false, error: 'status 401' }],
		['of 500', { status: 500 }, { status: 500, ok: false, error: 'status 500' }],
		[
			'of 302',
			{ status: 302, location: '/elsewhere' },
			{ status: 302, ok: false, error: 'status 302' },
		],
	])('%s', async (_, answer, delivery) => {
		const { n8n, talkdesk, conversation_id } = await connectedForTest(() => answer);
		const joined = await talkdesk.agent.join(conversation_id, { name: 'Grace' });
		expect(joined).toMatchObject(delivery);
		expect(joined.error === undefined).toBe(joined.ok);
		// A failed call is not repeated, and does not undo the action.
		await talkdesk.deliver(id, 'message_created', {});
		expect(n8n.calls.map(({ url }) => url)).toEqual(['/conversation_started', '/message_created']);
		expect(talkdesk.conversation(conversation_id)?.agent).toEqual({ name: 'Grace' });
	});

	test('after the timeout is ignored', async () => {
		const timer = new ManualTimer();
		const { n8n, talkdesk } = await connectedForTest(() => 'never', {
			timer,
			integration: { timeoutSeconds: 30 },
		});
		const delivery = talkdesk.deliver(id, 'message_created', {});
		await until(() => n8n.calls.length === 1);
		expect(timer.left()).toEqual([30_000]);
		timer.advance(30_000);
		expect(await delivery).toEqual({
			...{ event: 'message_created', url: `${n8n.url}/message_created` },
			...{ status: null, ok: false, ms: 30_000, error: 'no answer within 30 s' },
		});
		expect(timer.left()).toEqual([]);
	});

	test('is awaited for 10 seconds by default', async () => {
		const timer = new ManualTimer();
		const { n8n, talkdesk } = await connectedForTest(() => 'never', { timer });
		void talkdesk.deliver(id, 'message_created', {});
		await until(() => n8n.calls.length === 1);
		expect(timer.left()).toEqual([10_000]);
	});

	test('is missing if no server listens', async () => {
		const talkdesk = await talkdeskForTest({
			touchpoints: [{ id, integration: { basePath: 'http://127.0.0.1:1' } }],
		});
		const delivery = await talkdesk.deliver(id, 'message_created', {});
		expect(delivery).toMatchObject({ ok: false, status: null });
		expect(delivery.error).toMatch(/ECONNREFUSED/);
	});

	test('is not requested without an integration', async () => {
		const talkdesk = await talkdeskForTest();
		const conversation = await (await clientOf(talkdesk)).startConversation();
		expect(await talkdesk.agent.end(conversation)).toEqual({
			...{ event: 'conversation_ended', url: null, status: null, ms: 0, ok: false },
			error: 'the touchpoint has no integration',
		});
	});
});

test('no more than 50 calls are made per second', async () => {
	const timer = new ManualTimer();
	const { n8n, talkdesk } = await connectedForTest(undefined, { timer });
	const send = () => talkdesk.deliver(id, 'message_created', {});
	const deliveries = Array.from({ length: 120 }, send);
	await Promise.all(deliveries.slice(0, 50));
	expect(timer.left()).toEqual([1000]);
	expect(n8n.calls).toHaveLength(50);
	timer.advance(999);
	expect(timer.left()).toEqual([1]);
	timer.advance(1);
	await Promise.all(deliveries.slice(50, 100));
	expect(timer.left()).toEqual([1000]);
	expect(n8n.calls).toHaveLength(100);
	timer.advance(1000);
	await Promise.all(deliveries);
	expect(n8n.calls).toHaveLength(120);
});

describe('deliver', () => {
	test('sends any bytes with the authentication of the integration', async () => {
		const { n8n, talkdesk } = await connectedForTest(undefined, {
			integration: { authentication: { type: 'apiKey', key: 'k-1' } },
		});
		await talkdesk.deliver(id, 'message_created', '{"broken": ');
		await talkdesk.deliver(id, 'conversation_ended', Buffer.from('  "x"  '));
		await talkdesk.deliver(id, 'surprise', { any: ['thing'] });
		await talkdesk.deliver(id, 'message_created', undefined);
		expect(n8n.calls.map(({ url, body }) => [url, body])).toEqual([
			['/message_created', '{"broken": '],
			['/conversation_ended', '  "x"  '],
			['/surprise', '{"any":["thing"]}'],
			['/message_created', ''],
		]);
		expect(n8n.calls.every(({ headers }) => headers['x-api-key'] === 'k-1')).toBe(true);
	});

	test('accepts its own headers, method and path', async () => {
		const { n8n, talkdesk } = await connectedForTest(undefined, {
			integration: { authentication: { type: 'apiKey', key: 'k-1' } },
		});
		await talkdesk.deliver(id, 'message_created', 'x=1', {
			method: 'PUT',
			path: '/events?token=1',
			headers: { 'X-Api-Key': null, 'Content-Type': 'text/plain', 'x-more': 'yes' },
		});
		expect(n8n.calls).toMatchObject([
			{
				...{ method: 'PUT', url: '/events?token=1', body: 'x=1' },
				headers: { 'content-type': 'text/plain', 'x-more': 'yes' },
			},
		]);
		expect(n8n.calls[0]?.headers).not.toHaveProperty('x-api-key');
	});

	test('rejects an unknown touchpoint', async () => {
		const talkdesk = await talkdeskForTest();
		await expect(talkdesk.deliver('other', 'message_created', {})).rejects.toThrow(TypeError);
	});
});
