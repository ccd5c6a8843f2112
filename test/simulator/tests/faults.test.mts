import type { Fault, FaultRequest } from '../simulator.mts';
import { attachmentsOf, put } from './testing-attachments.mts';
import { codeOf, sendRoute, setFault } from './testing-faults.mts';
import {
	cleanUp,
	clientOf,
	errorOf,
	apiError,
	request,
	setUp,
	talkdeskForTest,
	tokenRequest,
	type Reply,
} from './testing.mts';

afterEach(cleanUp);

const startRoute = 'POST /api/digital-connect/conversations';
const endRoute = 'DELETE /api/digital-connect/conversations/:id';
const tokenRoute = 'POST /id/:account/oauth/token';
const text = { content: 'Hello' };

test('the option faults gets exactly the requests that can have one', async () => {
	const asked: FaultRequest[] = [];
	const talkdesk = await talkdeskForTest({ faults: (about) => void asked.push(about) });
	const client = await clientOf(talkdesk);
	const id = await client.startConversation();
	await client.send(id, text);
	await client.send('nobody', text);
	const files = await attachmentsOf(talkdesk);
	const { id: file } = await files.attachment('a.txt');
	await request('GET', await files.downloadUrl(file));
	await files.list('?page=1');
	await client.end(id);
	await request('GET', `${talkdesk.agentApiUrl}/conversations`);
	await request('GET', `${talkdesk.apiBaseUrl}/nothing`);
	await request('GET', `${talkdesk.storageUrl}/nothing`);

	expect(asked.map(({ route, index, total }) => [route, index, total])).toEqual([
		[tokenRoute, 0, 0],
		[startRoute, 0, 1],
		[sendRoute, 0, 2],
		[sendRoute, 1, 3],
		[tokenRoute, 1, 4],
		['POST /api/attachments/2023-03/upload-link', 0, 5],
		['PUT /uploads/:id', 0, 6],
		['POST /api/attachments/2023-03', 0, 7],
		['GET /api/attachments/2023-03/:id/download-link', 0, 8],
		['GET /downloads/:id', 0, 9],
		['GET /api/attachments/2023-03', 0, 10],
		[endRoute, 0, 11],
	]);
	const paths = asked.map(({ path }) => path);
	expect(paths[2]).toBe(`/api/digital-connect/conversations/${id}/messages`);
	expect(paths.filter((path) => path.includes('?'))).toEqual([]);
	expect(asked.map(({ conversationId }) => conversationId)).toEqual([
		...[undefined, undefined, id, 'nobody', undefined, undefined, undefined],
		...[undefined, undefined, undefined, undefined, id],
	]);
	expect(asked.every(({ method, route }) => route.startsWith(`${method} /`))).toBe(true);
});

describe('too many requests', () => {
	test.each<[Fault, string | undefined]>([
		[{ kind: 'rateLimited', retryAfterSeconds: 7 }, '7'],
		[{ kind: 'rateLimited', retryAfterSeconds: 0 }, '0'],
		[{ kind: 'rateLimited' }, undefined],
	])('%j is a 429, and the request has no effect', async (fault, retryAfter) => {
		const { talkdesk, client } = await setUp();
		setFault(talkdesk, startRoute, fault);
		const answer = await client.start();
		expect(errorOf(answer)).toEqual(apiError(429));
		expect(answer.headers['retry-after']).toBe(retryAfter);
		expect(talkdesk.conversations()).toEqual([]);
	});

	test('has the error format of the token endpoint there', async () => {
		const talkdesk = await talkdeskForTest();
		setFault(talkdesk, tokenRoute, { kind: 'rateLimited', retryAfterSeconds: 3 });
		const answer = await tokenRequest(talkdesk);
		expect(errorOf(answer)).toEqual({
			status: 429,
			data: { error: 'local-429', error_description: expect.any(String) },
		});
		expect(answer.headers['retry-after']).toBe('3');
		expect(talkdesk.counts().tokensIssued).toBe(0);
	});
});

describe.each([
	['unavailable', { kind: 'unavailable', status: 503 }],
	['cut', { kind: 'cut' }],
] as const)('%s', (kind, fault) => {
	const isWhatItIs = (answer: unknown) =>
		kind === 'cut'
			? expect(answer).toBe('ECONNRESET')
			: expect(answer).toMatchObject({
					status: 503,
					data: expect.stringMatching(/^<html>.*503 Service Unavailable/),
					headers: { 'content-type': expect.stringMatching(/^text\/html/) },
				});

	test('before: the request is not checked, and has no effect', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const before = talkdesk.counts();
		for (const route of [startRoute, sendRoute, endRoute, tokenRoute]) {
			setFault(talkdesk, route, { ...fault, when: 'before' });
			if (route === startRoute) isWhatItIs(await codeOf(client.start({ wrong: 'body' })));
			if (route === sendRoute) isWhatItIs(await codeOf(client.send(id, text)));
			if (route === endRoute) isWhatItIs(await codeOf(client.end(id)));
			if (route === tokenRoute) isWhatItIs(await codeOf(tokenRequest(talkdesk)));
		}
		expect(talkdesk.counts()).toEqual({ ...before, routes: expect.anything() });
		expect(talkdesk.conversation(id)).toMatchObject({ state: 'open', messages: [] });
	});

	test('after: the message is stored, and a repetition gets the same message', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { ...fault, when: 'after' });
		isWhatItIs(await codeOf(client.send(id, text, 'same')));
		talkdesk.configure({ faults: () => undefined });
		const again = await client.send(id, text, 'same');
		const messages = talkdesk.conversation(id)?.messages;
		expect(messages).toMatchObject([{ content: 'Hello' }]);
		expect(again.data).toMatchObject({ message_id: messages?.[0]?.id });
	});

	test('after: a conversation is started and ended, and a token issued', async () => {
		const { talkdesk, client } = await setUp();
		setFault(talkdesk, startRoute, { ...fault, when: 'after' });
		isWhatItIs(await codeOf(client.start()));
		const [started] = talkdesk.conversations();
		setFault(talkdesk, endRoute, { ...fault, when: 'after' });
		isWhatItIs(await codeOf(client.end(started?.id ?? '')));
		expect(talkdesk.conversations()).toMatchObject([{ state: 'ended', endedBy: 'api' }]);
		setFault(talkdesk, tokenRoute, { ...fault, when: 'after' });
		isWhatItIs(await codeOf(tokenRequest(talkdesk)));
		expect(talkdesk.counts().tokensIssued).toBe(2);
	});

	test('after: replaces an error, too', async () => {
		const { talkdesk, client } = await setUp();
		setFault(talkdesk, startRoute, { ...fault, when: 'after' });
		isWhatItIs(await codeOf(client.start({ wrong: 'body' })));
	});

	test('the log has the real response, and the fault', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const status = kind === 'cut' ? null : 503;
		for (const when of ['before', 'after'] as const) {
			setFault(talkdesk, sendRoute, { ...fault, when });
			await codeOf(client.send(id, text));
		}
		const name = `[fault: ${kind}`;
		expect(talkdesk.log.slice(-2)).toMatchObject([
			{ status, summary: `${name} before]` },
			{ status, summary: `${name} after] customer: Hello`, conversationId: id },
		]);
		expect(talkdesk.counts().routes).toMatchObject({ [sendRoute]: 2 });
	});
});

test('a token that dies is a 401 from then on, and other tokens stay valid', async () => {
	const { talkdesk, client } = await setUp();
	const other = await clientOf(talkdesk);
	const id = await client.startConversation();
	setFault(talkdesk, sendRoute, { kind: 'tokenDies' });
	expect(errorOf(await client.send(id, text))).toEqual(apiError(401));
	talkdesk.configure({ faults: () => undefined });
	expect(errorOf(await client.send(id, text))).toEqual(apiError(401));
	expect((await other.send(id, text)).status).toBe(201);
	expect(talkdesk.conversation(id)?.messages).toHaveLength(1);
});

describe('an impossible fault is a 500', () => {
	test.each<[Fault, string]>([
		[{ kind: 'stall' }, sendRoute],
		[{ kind: 'cut', when: 'midway' }, sendRoute],
		[{ kind: 'conversationEnds' }, startRoute],
		[{ kind: 'conversationEnds' }, endRoute],
		[{ kind: 'tokenDies' }, tokenRoute],
		[{ kind: 'tokenDies' }, 'PUT /uploads/:id'],
		[{ kind: 'rateLimited' }, 'GET /downloads/:id'],
		[{ kind: 'stall' }, 'PUT /uploads/:id'],
	])('%j on %s', async (fault, route) => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		setFault(talkdesk, route, fault);
		const answers: Record<string, () => Promise<Reply>> = {
			[startRoute]: () => client.start(),
			[sendRoute]: () => client.send(id, text),
			[endRoute]: () => client.end(id),
			[tokenRoute]: () => tokenRequest(talkdesk),
			'PUT /uploads/:id': () => put(`${talkdesk.storageUrl}/uploads/x`, Buffer.from('x')),
			'GET /downloads/:id': () => request('GET', `${talkdesk.storageUrl}/downloads/x`),
		};
		const answer = await answers[route]?.();
		expect(answer?.status).toBe(500);
		expect(JSON.stringify(answer?.data)).toMatch(/is impossible on (POST|PUT|GET|DELETE) /);
		expect(talkdesk.conversation(id)).toMatchObject({ state: 'open', messages: [] });
	});
});
