import { startChat, type Chat } from './chat.mts';
import { cleanUp, receiver, request, type Received } from '../../simulator/tests/testing.mts';
import { waitUntil, listen, loadPage, plainRequest } from '../../simulator/tests/testing-pages.mts';

/** The server of the customer's page, without n8n. */

let chat: Chat;
beforeEach(async () => {
	chat = await startChat();
});
afterEach(async () => {
	await chat.close();
	await cleanUp();
});

const answers = (body: object, status = 200) => ({ status, body: JSON.stringify(body) });
const byBot = answers({ handledBy: 'bot', reply: 'I am a bot' });

/** A page with a new session, and a fake n8n. */
async function setUp(answer: Parameters<typeof receiver>[0] = () => byBot) {
	const n8n = await receiver(answer);
	chat.webhookUrl = n8n.url;
	const begun = await request('POST', `${chat.url}/api/sessions`, { name: 'Ann', email: '' });
	const [, sessionId = ''] = /"id":"([^"]+)"/.exec(JSON.stringify(begun.data)) ?? [];
	const url = `${chat.url}/api/sessions/${sessionId}`;
	const page = listen(`${url}/live`);
	/** Waits until the newest update of the page matches. */
	const shows = async (expected: object) => {
		const isIt = () => {
			try {
				expect(page.events.at(-1)?.data).toMatchObject(expected);
				return true;
			} catch {
				return false;
			}
		};
		await waitUntil(isIt, JSON.stringify(expected));
	};
	const says = async (text: string, files: string[] = []) =>
		await request('POST', `${url}/messages`, { text, files });
	return { n8n, sessionId, url, page, shows, says };
}

const bodyOf = (call: Received | undefined): unknown => JSON.parse(call?.body ?? 'null');

it('serves everything that the page loads, which is from its own origin', async () => {
	const { page, files } = await loadPage(`${chat.url}/`);
	expect([...files.keys()].filter((name) => !name.startsWith(`${chat.url}/assets/`))).toEqual([]);
	expect([...files.keys()]).toContain(`${chat.url}/assets/page/panel.js`);
	expect(page.headers['content-security-policy']).toContain("default-src 'none'");
});

it('forwards a message to n8n, and the response to the page', async () => {
	const { n8n, sessionId, page, shows, says } = await setUp();
	expect(await page.next()).toMatchObject({ event: 'chat', data: { answering: { by: 'bot' } } });
	expect((await says('Hello')).status).toBe(202);
	await shows({
		messages: [
			{ from: 'customer', text: 'Hello', state: 'sent' },
			{ from: 'bot', text: 'I am a bot' },
		],
	});
	expect(n8n.calls.map(bodyOf)).toEqual([
		{ sessionId, text: 'Hello', messageId: expect.any(String), name: 'Ann' },
	]);
});

it('keeps the order of one customer while n8n is slow', async () => {
	const slow: { answer?: () => void } = {};
	const { n8n, says } = await setUp(async ({ body }) => {
		if (body.includes('first')) await new Promise<void>((done) => (slow.answer = done));
		return byBot;
	});
	const texts = () => n8n.calls.map(({ body }) => /"text":"(\w+)"/.exec(body)?.[1]);
	await says('first');
	await says('second');
	const { url } = n8n;
	const other = await setUp();
	chat.webhookUrl = url;
	await other.says('other');
	await waitUntil(() => n8n.calls.length === 2, 'two calls');
	expect(texts()).toEqual(['first', 'other']);
	slow.answer?.();
	await waitUntil(() => n8n.calls.length === 3, 'the third call');
	expect(texts()).toEqual(['first', 'other', 'second']);
});

it('forwards files as a form, and serves them as downloads', async () => {
	const { n8n, sessionId, url, shows, says } = await setUp();
	const file = await plainRequest(
		'POST',
		`${url}/files?name=${encodeURIComponent('ö.html')}`,
		{ 'content-type': 'text/html' },
		'<b>',
	);
	const [, id = ''] = /"id":"([^"]+)"/.exec(file.text) ?? [];
	await says('', [id]);
	await waitUntil(() => n8n.calls.length === 1, 'the call');
	const [call] = n8n.calls;
	expect(call?.headers['content-type']).toMatch(/^multipart\/form-data/);
	expect(call?.body).toContain(`name="sessionId"\r\n\r\n${sessionId}\r\n`);
	expect(call?.body).toMatch(
		/name="file_0"; filename="ö.html"\r\ncontent-type: text\/html\r\n\r\n<b>/i,
	);
	await shows({ messages: [{ files: [{ name: 'ö.html', size: 3 }] }, {}] });
	expect(await plainRequest('GET', `${url}/files/${id}`)).toMatchObject({
		text: '<b>',
		headers: {
			'content-type': 'application/octet-stream',
			'content-disposition': "attachment; filename*=UTF-8''%C3%B6.html",
		},
	});
});

it('shows who answers, from the bot to a human and back', async () => {
	const { sessionId, shows, says } = await setUp(() => answers({ handledBy: 'human' }));
	const posts = async (body: object) =>
		await request('POST', chat.messagesUrl, { sessionId, text: 'x', ...body });
	await says('a human please');
	await shows({ answering: { by: 'nobody yet' } });
	await posts({ from: 'automated', name: 'Studio' });
	await posts({ from: 'unknown' });
	await shows({ answering: { by: 'nobody yet' }, messages: { length: 3 } });
	await posts({ from: 'human', name: '' });
	await shows({ answering: { by: 'human' } });
	await posts({ from: 'human', name: 'Zoe', joined: true });
	await shows({
		answering: { by: 'human', name: 'Zoe' },
		messages: [
			...[{ from: 'customer' }, { from: 'automated', name: 'Studio' }, { from: 'unknown' }],
			{ from: 'human' },
			{ from: 'notice', text: 'Zoe has joined the chat.' },
			{ from: 'human', name: 'Zoe' },
		],
	});
	await says('more');
	await posts({ from: 'automated' });
	await posts({ from: 'unknown' });
	await shows({ answering: { by: 'human', name: 'Zoe' }, messages: { length: 9 } });
	await posts({ from: 'bot' });
	await shows({ answering: { by: 'bot' } });
});

it('accepts a file from n8n, without a bubble for an empty text', async () => {
	const { sessionId, url, shows, page } = await setUp();
	await request('POST', chat.messagesUrl, { sessionId, from: 'human', text: '', name: 'Zoe' });
	const query = new URLSearchParams({ sessionId, from: 'human', name: 'Zoe', fileName: 'a.json' });
	const type = { 'content-type': 'application/json' };
	const taken = await plainRequest('POST', `${chat.filesUrl}?${query}`, type, 'no JSON');
	expect(taken.status).toBe(200);
	await shows({
		messages: [{ from: 'human', name: 'Zoe', text: '', files: [{ name: 'a.json' }] }],
	});
	const [, id = ''] = /"files":\[{"id":"([^"]+)"/.exec(JSON.stringify(page.events.at(-1))) ?? [];
	expect((await plainRequest('GET', `${url}/files/${id}`)).text).toBe('no JSON');
});

it.each([
	['an error', () => answers({}, 500), 'The bot can’t be reached.'],
	[
		'no such webhook',
		() => answers({ message: 'not registered' }, 404),
		'The bot can’t be reached.',
	],
	['nonsense', () => ({ body: 'hello' }), 'The bot can’t be reached.'],
	['words', () => answers({ handledBy: 'human', error: 'Later, please.' }, 503), 'Later, please.'],
])('shows that a message failed, and sends it again: %s', async (_, failure, problem) => {
	let isWell = false;
	const { n8n, url, page, shows, says } = await setUp(() => (isWell ? byBot : failure()));
	await says('Hello');
	await shows({ messages: [{ state: 'failed', problem }] });
	isWell = true;
	const [, id = ''] =
		/"messages":\[{[^}]*"id":"([^"]+)"/.exec(JSON.stringify(page.events.at(-1))) ?? [];
	expect((await plainRequest('POST', `${url}/messages/${id}/again`)).status).toBe(202);
	await shows({ messages: [{ text: 'Hello', state: 'sent' }, { from: 'bot' }] });
	expect(JSON.stringify(page.events.at(-1))).not.toContain('problem');
	// A message that has arrived is not sent again.
	expect((await plainRequest('POST', `${url}/messages/${id}/again`)).status).toBe(404);
	expect(n8n.calls.map(bodyOf)).toMatchObject([{ messageId: id }, { messageId: id }]);
});

it('makes a page with an unknown session start again', async () => {
	const page = listen(`${chat.url}/api/sessions/nobody/live`);
	expect(await page.next()).toMatchObject({ event: 'gone' });
	page.close();
});

it.each([
	['POST', '/api/sessions/nobody/messages', { text: 'x', files: [] }, 404],
	['POST', '/api/sessions/nobody/messages', { text: '', files: [] }, 400],
	['POST', '/api/sessions/nobody/files?name=x', undefined, 404],
	['POST', '/api/sessions', { name: 7 }, 400],
	['POST', '/messages', { sessionId: 'nobody', from: 'bot', text: 'x' }, 404],
	['POST', '/messages', { sessionId: 'nobody', from: 'nobody', text: 'x' }, 400],
	['POST', '/files?sessionId=nobody&from=human&fileName=x', undefined, 404],
	['GET', '/api/sessions/nobody/files/x', undefined, 404],
])('%s %s with %j is a %i', async (method, path, body, status) => {
	expect((await request(method, `${chat.url}${path}`, body)).status).toBe(status);
});

it.each<Record<string, string>>([{ origin: 'https://evil.example' }, { host: 'evil.example' }])(
	'refuses %j',
	async (headers) => {
		for (const path of ['/', '/api/sessions/x/live', '/messages']) {
			const method = path === '/messages' ? 'POST' : 'GET';
			const answer = await plainRequest(method, `${chat.url}${path}`, headers);
			expect(answer).toMatchObject({ status: 403 });
		}
	},
);
