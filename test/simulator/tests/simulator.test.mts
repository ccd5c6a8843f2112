import { connect } from 'node:net';
import { startSimulator } from '../simulator.mts';
import {
	cleanUp,
	clientOf,
	ManualTimer,
	receiver,
	startBody,
	talkdeskForTest,
	until,
} from './testing.mts';

afterEach(cleanUp);

const id = 'local-touchpoint';
const withTimeout = (timeoutSeconds: number) => ({
	touchpoints: [{ id, integration: { basePath: 'https://n8n.example', timeoutSeconds } }],
});

describe('options', () => {
	test.each([4.9, 30.1, 0, Infinity])('a timeout of %d s is a RangeError', async (seconds) => {
		await expect(startSimulator(withTimeout(seconds))).rejects.toThrow(RangeError);
	});

	test.each([5, 30])('a timeout of %d s is valid', async (seconds) => {
		await talkdeskForTest(withTimeout(seconds));
	});

	test.each([
		'ftp://n8n.example',
		'n8n.example',
		'https://n8n.example/webhook?id=1',
		'https://n8n.example/#x',
		'https://user:password@n8n.example',
	])('%s is an invalid base path', async (basePath) => {
		const touchpoints = [{ id, integration: { basePath } }];
		await expect(startSimulator({ touchpoints })).rejects.toThrow(TypeError);
	});

	test('change on the running server, all or none', async () => {
		const talkdesk = await talkdeskForTest();
		const client = await clientOf(talkdesk);
		talkdesk.configure({ touchpoints: [{ id: 'new' }], account: undefined });
		expect((await client.start(startBody({ touchpoint_id: 'new' }))).status).toBe(201);
		expect((await client.start()).status).toBe(404);
		expect(() => talkdesk.configure({ account: 'globex', endedStatus: 200 })).toThrow(TypeError);
		expect(talkdesk.tokenUrl).toContain('/acme/');
		const port = { port: 1, account: 'globex' };
		expect(() => talkdesk.configure(port)).toThrow(TypeError);
	});
});

test('snapshots cannot change the state', async () => {
	const talkdesk = await talkdeskForTest();
	const client = await clientOf(talkdesk);
	const started = await client.startConversation();
	const before = talkdesk.conversation(started);
	await client.send(started, { content: 'x' });
	expect(before?.messages).toEqual([]);
	const after = talkdesk.conversation(started);
	expect(() => Object.assign(after ?? {}, { state: 'ended' })).toThrow(TypeError);
	expect(() => Object.assign(after?.start ?? {}, { subject: 'x' })).toThrow(TypeError);
	expect(talkdesk.conversation('nobody')).toBeUndefined();
});

describe('waitFor', () => {
	test('resolves at once or after a change', async () => {
		const talkdesk = await talkdeskForTest();
		expect(await talkdesk.waitFor(() => 'there', { what: 'nothing' })).toBe('there');
		const client = await clientOf(talkdesk);
		const found = talkdesk.waitFor(() => talkdesk.conversations()[0]?.messages[0], {
			what: 'a message',
		});
		await client.send(await client.startConversation(), { content: 'x' });
		expect(await found).toMatchObject({ content: 'x' });
	});

	test('calls the predicate after changes only', async () => {
		const talkdesk = await talkdeskForTest();
		let asked = 0;
		const never = talkdesk.waitFor(() => void (asked += 1), { timeoutMs: 50, what: 'a wonder' });
		await expect(never).rejects.toThrow('Waited 50 ms in vain for a wonder');
		expect(asked).toBe(2);
		talkdesk.configure({});
		expect(asked).toBe(2);
	});

	test('waits while the predicate gives false or null', async () => {
		const talkdesk = await talkdeskForTest();
		for (const value of [false, null]) {
			await expect(talkdesk.waitFor(() => value, { timeoutMs: 1, what: 'it' })).rejects.toThrow();
		}
		expect(await talkdesk.waitFor(() => 0, { timeoutMs: 1, what: 'zero' })).toBe(0);
	});

	test('rejects if the predicate throws, and when the simulator is closed', async () => {
		const talkdesk = await talkdeskForTest();
		const broken = () => {
			throw new Error('oops');
		};
		await expect(talkdesk.waitFor(broken, { what: 'it' })).rejects.toThrow(/it failed.*oops/);
		const waiting = talkdesk.waitFor(() => undefined, { what: 'the end' });
		const rejected = expect(waiting).rejects.toThrow('Closed while waiting for the end');
		await talkdesk.close();
		await rejected;
	});
});

describe('close', () => {
	test('ends open connections, pending calls and waiting calls', async () => {
		const n8n = await receiver(() => 'never');
		const timer = new ManualTimer();
		const touchpoints = [{ id, integration: { basePath: n8n.url } }];
		const talkdesk = await talkdeskForTest({ touchpoints, timer });
		const conversation = await (await clientOf(talkdesk)).startConversation();
		const socket = connect(Number(new URL(talkdesk.url).port), '127.0.0.1');
		const ended = new Promise((closed) => socket.on('close', closed));
		await new Promise((connected) => socket.on('connect', connected));
		socket.on('error', () => undefined);
		socket.write('POST /api/digital-connect/conversations HTTP/1.1\r\n');

		const calls = [
			talkdesk.agent.join(conversation, { name: 'Grace' }),
			talkdesk.agent.say(conversation, 'waits for the join'),
			...Array.from({ length: 50 }, () => talkdesk.deliver(id, 'message_created', {})),
		];
		await until(() => n8n.calls.length === 50);
		await talkdesk.close();
		await ended;
		const error = 'the Talkdesk simulator was closed';
		expect(await Promise.all(calls)).toMatchObject(calls.map(() => ({ ok: false, error })));
		expect(timer.left()).toEqual([]);
		expect(n8n.calls).toHaveLength(50);
	});

	test('may be called again, and frees the port', async () => {
		const first = await startSimulator();
		await Promise.all([first.close(), first.close()]);
		const port = Number(new URL(first.url).port);
		const second = await talkdeskForTest({ port });
		expect(second.url).toBe(first.url);
		await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	});
});
