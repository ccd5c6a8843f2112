import { gatewayStatuses, storageErrors, type Fault } from '../fault-kinds.mts';
import { put, setUpAttachments, xmlOf } from './testing-attachments.mts';
import { sendRoute, setFault } from './testing-faults.mts';
import { cleanUp, ManualTimer, request, setUp, until } from './testing.mts';

afterEach(cleanUp);

const text = { content: 'Hello' };
const bytes = Buffer.from('Hello');
const uploadRoute = 'PUT /uploads/:id';
const downloadRoute = 'GET /downloads/:id';

describe.each(gatewayStatuses)('%d', (status) => {
	test.each([
		['before', 0],
		['after', 1],
	] as const)('%s', async (when, stored) => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'unavailable', status, when });
		const answer = await client.send(id, text);
		expect(answer).toMatchObject({ status, data: expect.stringContaining(`<h1>${status} `) });
		expect(answer.headers['retry-after']).toBeUndefined();
		expect(talkdesk.conversation(id)?.messages).toHaveLength(stored);
	});
});

test.each(['before', 'after'] as const)('503 with Retry-After: 0, %s', async (when) => {
	const { talkdesk, client } = await setUp();
	const id = await client.startConversation();
	setFault(talkdesk, sendRoute, { kind: 'unavailable', status: 503, when, retryAfterSeconds: 0 });
	const answer = await client.send(id, text);
	expect([answer.status, answer.headers['retry-after']]).toEqual([503, '0']);
	expect(talkdesk.conversation(id)?.messages).toHaveLength(when === 'after' ? 1 : 0);
});

describe('the storage', () => {
	test.each([
		['RequestTimeout', 400],
		['InternalError', 500],
		['SlowDown', 503],
	] as const)('answers %s with %d', async (code, status) => {
		expect(storageErrors[code]).toBe(status);
		const { talkdesk, files } = await setUpAttachments();
		const { url } = await files.link();
		const { id } = await files.attachment('a');
		const download = await files.downloadUrl(id);
		for (const when of ['before', 'after'] as const) {
			setFault(talkdesk, uploadRoute, { kind: 'storageError', code, when });
			expect(xmlOf(await put(url, bytes))).toEqual({ status, code });
			setFault(talkdesk, downloadRoute, { kind: 'storageError', code, when });
			expect(xmlOf(await request('GET', download))).toEqual({ status, code });
		}
		talkdesk.configure({ faults: () => undefined });
		// The first one has no effect, the second one stores the bytes.
		expect(xmlOf(await put(url, bytes))).toEqual({ status: 403, code: 'AccessDenied' });
		expect((await request('GET', download)).data).toBe('Hello');
	});

	test.each([307, 308] as const)('redirects an upload with %d', async (status) => {
		const { talkdesk, files } = await setUpAttachments();
		const { request_id, url } = await files.link();
		talkdesk.configure({
			faults: ({ route, index }) =>
				route === uploadRoute && index === 0 ? { kind: 'redirect', status } : undefined,
		});
		const answer = await put(url, bytes);
		expect([answer.status, answer.headers.location]).toEqual([status, url]);
		expect((await put(String(answer.headers.location), bytes)).status).toBe(200);
		expect((await files.create({ request_id })).status).toBe(200);
	});

	test('redirects a download to another URL', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a');
		const to = 'http://127.0.0.1:1/elsewhere';
		const url = await files.downloadUrl(id);
		setFault(talkdesk, downloadRoute, { kind: 'redirect', status: 307, to });
		expect(await request('GET', url).catch((error: unknown) => error)).toMatchObject({
			code: 'ECONNREFUSED',
		});
	});
});

describe('a response that drips', () => {
	test('arrives byte by byte, and complete', async () => {
		const timer = new ManualTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'drip', everyMs: 40 });
		let answer: unknown;
		const sent = client.send(id, text).then((given) => (answer = given));
		for (let bytes = 0; bytes < 20; bytes++) {
			await until(() => timer.left().length > 0);
			expect(timer.left()).toEqual([40]);
			timer.advance(40);
		}
		expect(answer).toBeUndefined();
		setFault(talkdesk, sendRoute, { kind: 'drip', everyMs: 0 });
		const rest = setInterval(() => timer.advance(40), 1);
		await sent.finally(() => clearInterval(rest));
		expect(answer).toMatchObject({ status: 201, data: { id, message_id: expect.any(String) } });
		expect(talkdesk.conversation(id)?.messages).toHaveLength(1);
	});

	test('may be a download', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a');
		const url = await files.downloadUrl(id);
		setFault(talkdesk, downloadRoute, { kind: 'drip', everyMs: 1 });
		expect((await request('GET', url)).data).toBe('Hello');
	});

	test('ends when its client disconnects, and with the server', async () => {
		const timer = new ManualTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'drip', everyMs: 40 });
		const sent = client.send(id, text).catch((error: unknown) => error);
		await until(() => timer.left().length > 0);
		await talkdesk.close();
		expect(timer.left()).toEqual([]);
		expect(await sent).toBeInstanceOf(Error);
	});
});

test.each<[Fault, string]>([
	[{ kind: 'storageError', code: 'SlowDown', when: 'before' }, sendRoute],
	[{ kind: 'redirect', status: 307 }, sendRoute],
])('%j is impossible on %s', async (fault, route) => {
	const { talkdesk, client } = await setUp();
	const id = await client.startConversation();
	setFault(talkdesk, route, fault);
	expect((await client.send(id, text)).status).toBe(500);
});
