import { createHash } from 'node:crypto';
import { z } from 'zod';
import { waitUntil, listen, loadPage, plainRequest } from './testing-pages.mts';
import { cleanUp, connectedForTest, request, talkdeskForTest } from './testing.mts';

afterEach(cleanUp);

const bytes = Buffer.from('<script>alert(1)</script>');

/** Uploads a file to the desk, and gives its id. */
async function bring(deskUrl: string, type = 'text/html') {
	const url = `${deskUrl}/api/files?name=${encodeURIComponent('a "ö" ;\n.html')}`;
	const { status, text } = await plainRequest('POST', url, { 'content-type': type }, bytes);
	expect(status).toBe(200);
	return z.object({ id: z.string() }).parse(JSON.parse(text)).id;
}

describe('the page', () => {
	test('serves everything that it loads, and loads nothing from another origin', async () => {
		const { deskUrl, url } = await talkdeskForTest();
		const { page, files } = await loadPage(deskUrl);
		const names = [...files.keys()];
		expect(names.every((name) => name.startsWith(`${url}/desk/assets/`))).toBe(true);
		expect(names).toEqual(
			expect.arrayContaining([
				`${url}/desk/assets/page/app.js`,
				`${url}/desk/assets/shared/messages.js`,
				`${url}/desk/assets/lit-html/lit-html.js`,
			]),
		);
		for (const text of [page.text, ...files.values()]) {
			expect(text).not.toMatch(/(?:src|href)="https?:|@import|url\(|innerHTML\s*=\s*[^=\s]*data/);
		}
	});

	test('allows its own scripts only', async () => {
		const { deskUrl } = await talkdeskForTest();
		const { headers, text } = await plainRequest('GET', deskUrl);
		const map = /<script type="importmap">([^<]*)</.exec(text)?.[1] ?? '';
		const hash = createHash('sha256').update(map).digest('base64');
		const policy = String(headers['content-security-policy']);
		expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
		expect(policy).toContain("default-src 'none'");
		expect(policy).not.toContain('unsafe');
	});

	test.each([
		'/assets/page/../../talkdesk.mts',
		'/assets/page/%2e%2e/%2e%2e/talkdesk.mts',
		'/assets/page/..%2f..%2fpackage.json',
		'/assets/page/..%2fshared%2flive.js',
		'/assets/page//../shared/live.js',
		'/assets/lit/..%2flit-html%2flit-html.js',
		'/assets/lit/package.json',
		'/assets/lit/../jest/build/index.js',
		'/assets/lit/%2e%2e/jest/build/index.js',
		'/assets/constructor/name.js',
		'/assets/page/index.html',
		'/assets/page/none.js',
	])('does not serve %s', async (path) => {
		const { deskUrl } = await talkdeskForTest();
		expect(await plainRequest('GET', `${deskUrl}${path}`)).toMatchObject({ status: 404 });
	});
});

describe('the stream of updates', () => {
	test('begins with a snapshot, and continues with the changes', async () => {
		const { talkdesk, client, conversation_id: id } = await connectedForTest();
		const page = listen(`${talkdesk.deskUrl}/api/live`);
		expect(await page.next()).toMatchObject({
			event: 'snapshot',
			data: { conversations: [{ id, agent: null, events: [] }], log: expect.any(Array) },
		});
		await client.send(id, { content: 'Hello' });
		await waitUntil(() => page.events.length > 1, 'the message and the log');
		expect(page.events.splice(0)).toMatchObject([
			{ event: 'conversation', data: { id, messages: [{ content: 'Hello' }] } },
			{ event: 'log', data: [{ conversationId: id, summary: 'customer: Hello' }] },
		]);
		page.close();
	});

	test('has the outcome of webhook calls, also of failed ones', async () => {
		const { talkdesk, conversation_id: id } = await connectedForTest(() => ({ status: 500 }));
		const page = listen(`${talkdesk.deskUrl}/api/live`);
		await talkdesk.agent.join(id, { name: 'Grace' });
		const event = 'conversation_started';
		const events = [{ event, calls: [{ ok: false, status: 500, error: 'status 500' }] }];
		await waitUntil(() => {
			const last = page.events.findLast((each) => each.event === 'conversation');
			return JSON.stringify(last?.data ?? '').includes('"status":500');
		}, 'the failure');
		expect(page.events.findLast((each) => each.event === 'conversation')).toMatchObject({
			data: { agent: { name: 'Grace' }, events },
		});
		page.close();
	});

	test('has the readings and the touchpoints, and their changes', async () => {
		const { talkdesk } = await connectedForTest();
		const page = listen(`${talkdesk.deskUrl}/api/live`);
		const readings = { conversationStarted: 'join', echoAuthors: [] };
		const touchpoints = ['local-touchpoint'];
		expect(await page.next()).toMatchObject({ data: { readings, touchpoints } });
		talkdesk.configure({ conversationStarted: 'never' });
		await waitUntil(() => page.events.length > 0, 'the change');
		expect(page.events.at(-1)).toEqual({
			event: 'options',
			data: { readings: { ...readings, conversationStarted: 'never' }, touchpoints },
		});
		page.close();
	});

	test('ends when the simulator is closed', async () => {
		const { talkdesk } = await connectedForTest();
		const page = listen(`${talkdesk.deskUrl}/api/live`);
		await page.next();
		await talkdesk.close();
		await waitUntil(() => page.isOver, 'the end');
	});

	test('is not logged', async () => {
		const { talkdesk, conversation_id: id } = await connectedForTest();
		const before = talkdesk.log.length;
		await plainRequest('GET', talkdesk.deskUrl);
		const join = `${talkdesk.deskUrl}/api/conversations/${id}/join`;
		expect((await request('POST', join, { name: 'Grace' })).status).toBe(200);
		expect(talkdesk.log.slice(before).map(({ summary }) => summary)).toEqual([
			'conversation_started',
		]);
	});
});

describe('the agent', () => {
	test('joins, writes with a file, and ends', async () => {
		const { talkdesk, n8n, conversation_id: id } = await connectedForTest();
		const { deskUrl } = talkdesk;
		const act = (what: string, body?: object) =>
			request('POST', `${deskUrl}/api/conversations/${id}/${what}`, body);
		expect(await act('join', { name: 'Grace' })).toMatchObject({ data: { ok: true } });
		const file = await bring(deskUrl);
		expect(await act('say', { text: '', files: [file] })).toMatchObject({ data: { ok: true } });
		const [message] = talkdesk.conversation(id)?.messages ?? [];
		const [attachment] = message?.attachments ?? [];
		expect(attachment).toMatchObject({ name: 'a "ö" ;\n.html', type: 'text/html', size: 25 });

		// A file can be used for one message.
		expect(await act('say', { text: '', files: [file] })).toMatchObject({ status: 404 });
		expect(await act('end')).toMatchObject({ data: { ok: true } });
		expect(n8n.calls).toHaveLength(3);
		expect(await act('say', { text: 'x', files: [] })).toMatchObject({ status: 409 });
	});

	test('uploads a file of any type, also one that claims to be JSON', async () => {
		const { talkdesk } = await connectedForTest();
		for (const type of ['application/json', 'text/plain', 'image/png; x=1']) {
			await bring(talkdesk.deskUrl, type);
		}
	});

	test('gets a file as a download, never to be shown', async () => {
		const { talkdesk, conversation_id: id } = await connectedForTest();
		await talkdesk.agent.join(id, { name: 'Grace' });
		const name = 'a "ö"\r\n.html';
		await talkdesk.agent.say(id, '', { files: [{ name, type: 'text/html', content: bytes }] });
		const [attachment] = talkdesk.attachments();
		const url = `${talkdesk.deskUrl}/api/attachments/${attachment?.id}`;
		const { headers, text } = await plainRequest('GET', url);
		expect(text).toBe(bytes.toString());
		expect(headers).toMatchObject({
			'content-type': 'application/octet-stream',
			'content-disposition': "attachment; filename*=UTF-8''a%20%22%C3%B6%22%0D%0A.html",
			'content-security-policy': expect.stringContaining('sandbox'),
			'x-content-type-options': 'nosniff',
		});
		expect(await plainRequest('GET', `${url}x`)).toMatchObject({ status: 404 });
	});
});

describe('a request of a foreign origin', () => {
	test.each([
		['a page of another site', { origin: 'https://evil.example' }],
		['a page without an origin', { origin: 'null' }],
		['a page of another port', { origin: 'http://127.0.0.1:1' }],
		['a name that leads here', { host: 'evil.example' }],
		['such a name with a port', { host: 'evil.example:4010' }],
		['a name that begins like ours', { host: '127.0.0.1.evil.example' }],
	])('is rejected: %s', async (_, headers) => {
		const { talkdesk, conversation_id: id, n8n } = await connectedForTest();
		for (const [method, path] of [
			['GET', ''],
			['GET', '/api/live'],
			['POST', `/api/conversations/${id}/end`],
			['POST', '/api/files?name=x'],
		] as const) {
			const answer = await plainRequest(method, `${talkdesk.deskUrl}${path}`, headers);
			expect(answer).toMatchObject({ status: 403 });
		}
		expect(n8n.calls).toEqual([]);
	});

	test('is not one of the page itself', async () => {
		const { deskUrl, url } = await talkdeskForTest();
		const here = { host: new URL(url).host, origin: url };
		expect(await plainRequest('GET', deskUrl, here)).toMatchObject({ status: 200 });
		const named = here.host.replace('127.0.0.1', 'localhost');
		const there = { host: named, origin: `http://${named}` };
		expect(await plainRequest('GET', deskUrl, there)).toMatchObject({ status: 200 });
	});
});
