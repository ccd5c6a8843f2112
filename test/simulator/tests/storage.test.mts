import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { TalkdeskSimulator } from '../simulator.mts';
import { cleanUp, ManualTimer, request, time, until } from './testing.mts';
import { filesOnDisk, put, setUpAttachments, sha256, xmlOf } from './testing-attachments.mts';

afterEach(cleanUp);

const hello = Buffer.from('Hello');

/** Writes to a socket, and gives the response when the socket ends. */
function raw(origin: string, ...parts: string[]): { text: Promise<string>; end: () => void } {
	const socket = connect(Number(new URL(origin).port), '127.0.0.1');
	const chunks: Buffer[] = [];
	socket.on('data', (chunk: Buffer) => chunks.push(chunk));
	socket.on('error', () => undefined);
	socket.write(parts.join('\r\n'));
	const text = new Promise<string>((over) =>
		socket.on('close', () => over(Buffer.concat(chunks).toString())),
	);
	return { text, end: () => socket.end() };
}

/** Waits for a number of aborted uploads in the log, as their senders are disconnected. */
const givenUp = (talkdesk: TalkdeskSimulator, count: number) =>
	talkdesk.waitFor(() => talkdesk.log.filter(({ status }) => status === 400).length === count, {
		what: 'the upload to be given up',
	});

const head = (url: string, length: number) => [
	`PUT ${url.replace(/^http:\/\/[^/]+/, '')} HTTP/1.1`,
	...['Host: x', 'Content-Type: text/plain', `Content-Length: ${length}`, '', ''],
];

describe('an upload', () => {
	test('is accepted, also if it is empty or without a type', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { url } = await files.link();
		expect(await put(url, hello)).toMatchObject({ status: 200, data: '' });
		await files.attachment('empty', '');
		const { request_id, url: untyped } = await files.link();
		const length = { 'content-type': false, 'content-length': '0' } as const;
		expect((await put(untyped, Buffer.alloc(0), length)).status).toBe(200);
		await files.create({ name: 'untyped', request_id });
		expect(talkdesk.attachments()).toMatchObject([
			{ name: 'empty', size: 0, sha256: sha256('') },
			{ name: 'untyped', type: 'binary/octet-stream' },
		]);
	});

	test('rejects a second authentication, and stays valid', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { url } = await files.link();
		const token = { authorization: 'Bearer local-token-x' };
		expect(xmlOf(await put(url, hello, token))).toEqual({ status: 400, code: 'InvalidArgument' });
		const nowhere = await put(`${talkdesk.storageUrl}/x`, hello, token);
		expect(xmlOf(nowhere)).toEqual({ status: 400, code: 'InvalidArgument' });
		expect((await put(url, hello)).status).toBe(200);
	});

	test('rejects chunks, and a body without a length', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { request_id, url } = await files.link();
		const chunked = await put(url, Readable.from([hello]));
		expect(xmlOf(chunked)).toEqual({ status: 501, code: 'NotImplemented' });
		const [line = '', host = '', type = ''] = head(url, 0);
		const none = raw(talkdesk.storageUrl, line, host, type, 'Connection: close', '', '');
		expect(await none.text).toMatch(/^HTTP\/1.1 411 [^]+<Code>MissingContentLength<\/Code>/);
		expect((await files.create({ request_id })).status).toBe(400);
	});

	test('rejects a type outside of allowed_mime_types', async () => {
		const { files } = await setUpAttachments();
		const { url } = await files.link({ allowed_mime_types: ['image/png', 'text/html'] });
		const denied = { status: 403, code: 'AccessDenied' };
		for (const type of ['text/plain', 'image/png; q=1', false] as const) {
			expect(xmlOf(await put(url, hello, { 'content-type': type }))).toEqual(denied);
		}
		expect((await put(url, hello, { 'content-type': 'text/html' })).status).toBe(200);
	});

	test('rejects a second one with the same link, even during the first', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { request_id, url } = await files.link();
		const denied = { status: 403, code: 'AccessDenied' };
		const first = raw(talkdesk.storageUrl, ...head(url, 10), 'Hello');
		await until(() => filesOnDisk().length > 0);
		expect(xmlOf(await put(url, hello))).toEqual(denied);
		first.end();
		await first.text;
		await givenUp(talkdesk, 1);
		expect((await put(url, hello)).status).toBe(200);
		expect(xmlOf(await put(url, Buffer.from('other')))).toEqual(denied);
		await files.create({ request_id });
		expect(xmlOf(await put(url, hello))).toEqual(denied);
		expect(talkdesk.attachments()).toMatchObject([{ sha256: sha256(hello) }]);
	});

	test.each([
		[899_999, 200],
		[900_000, 403],
	])('after %i ms is a %i', async (ms, status) => {
		let now = Date.parse(time);
		const { files } = await setUpAttachments({ now: () => now, tokenLifetimeSeconds: 3600 });
		const { url } = await files.link();
		now += ms;
		const answer = await put(url, hello);
		expect(answer.status).toBe(status);
		if (status === 403) expect(answer.data).toContain('Request has expired');
	});

	test('rejects a changed link, another method, and a missing signature', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { url } = await files.link();
		const { url: other } = await files.link();
		const mismatch = { status: 403, code: 'SignatureDoesNotMatch' };
		const denied = { status: 403, code: 'AccessDenied' };
		expect(xmlOf(await put(url.replace('Expires=1', 'Expires=2'), hello))).toEqual(mismatch);
		const swapped = new URL(new URL(other).search, url).href;
		expect(xmlOf(await put(swapped, hello))).toEqual(mismatch);
		expect(xmlOf(await put(url.split('?')[0] ?? '', hello))).toEqual(denied);
		expect(xmlOf(await request('POST', url, 'x'))).toEqual(denied);
		expect(xmlOf(await request('GET', url))).toEqual(denied);
		expect(xmlOf(await request('GET', talkdesk.storageUrl))).toEqual(denied);
		expect((await put(url, hello)).status).toBe(200);
	});

	test('rejects a body that is shorter or longer than its length', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { request_id, url } = await files.link();
		const incomplete = /^HTTP\/1.1 400 [^]+<Code>IncompleteBody<\/Code>/;
		const short = raw(talkdesk.storageUrl, ...head(url, 10), 'Hello');
		short.end();
		expect(await short.text).toMatch(incomplete);
		await givenUp(talkdesk, 1);
		const long = raw(talkdesk.storageUrl, ...head(url, 3), 'Hello');
		expect(await long.text).toMatch(incomplete);
		await givenUp(talkdesk, 2);
		expect(filesOnDisk()).toEqual([]);
		expect((await files.create({ request_id })).status).toBe(400);
		expect((await put(url, hello)).status).toBe(200);
	});

	test('aborts a sender that is idle for 20 s', async () => {
		const timer = new ManualTimer();
		const { talkdesk, files } = await setUpAttachments({ timer });
		const { request_id, url } = await files.link();
		const silent = raw(talkdesk.storageUrl, ...head(url, 10), 'Hello');
		await until(() => timer.left().length === 1);
		timer.advance(19_999);
		expect(timer.left()).toEqual([1]);
		timer.advance(1);
		expect(await silent.text).toMatch(/^HTTP\/1.1 400 [^]+<Code>RequestTimeout<\/Code>/);
		expect(timer.left()).toEqual([]);
		await until(() => filesOnDisk().length === 0);
		expect((await files.create({ request_id })).status).toBe(400);
		// The link is valid again as soon as the bytes are removed.
		let { status } = await put(url, hello);
		while (status === 403) ({ status } = await put(url, hello));
		expect(status).toBe(200);
	});

	test('fails with the status of uploadFailure, and the link stays valid', async () => {
		const asked: object[] = [];
		const uploadFailure = (upload: object) => (asked.push(upload) === 1 ? 503 : undefined);
		const { files } = await setUpAttachments({ uploadFailure });
		const { request_id, url } = await files.link();
		expect(xmlOf(await put(url, hello))).toEqual({ status: 503, code: 'LocalFailure' });
		expect((await files.create({ request_id })).status).toBe(400);
		expect((await put(url, hello)).status).toBe(200);
		expect(asked).toEqual([{ requestId: request_id }, { requestId: request_id }]);
	});
});

describe('a download', () => {
	test('gives the bytes, their type and length, and the name', async () => {
		const { files } = await setUpAttachments();
		const { id } = await files.attachment('Ünter "100%" (1)\r\n.txt', 'Hello', 'text/plain; a=b');
		const url = await files.downloadUrl(id);
		const { status, data, headers } = await request('GET', url);
		expect({ status, data }).toEqual({ status: 200, data: 'Hello' });
		expect(headers).toMatchObject({
			'content-type': 'text/plain; a=b',
			'content-length': '5',
			'content-disposition':
				'attachment; filename="_nter _100__ (1)__.txt"; ' +
				"filename*=UTF-8''%C3%9Cnter%20%22100%25%22%20%281%29%0D%0A.txt",
		});
		expect((await request('GET', url)).status).toBe(200);
	});

	test('rejects a second authentication, and a link of another attachment', async () => {
		const { files } = await setUpAttachments();
		const one = await files.downloadUrl((await files.attachment('1')).id);
		const two = await files.downloadUrl((await files.attachment('2')).id);
		const token = await request('GET', one, undefined, { authorization: 'Bearer x' });
		expect(xmlOf(token)).toEqual({ status: 400, code: 'InvalidArgument' });
		const swapped = await request('GET', new URL(new URL(one).search, two).href);
		expect(xmlOf(swapped)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' });
	});

	test('is impossible after the expiry of its link, or without its attachment', async () => {
		let now = Date.parse(time);
		const { files } = await setUpAttachments({ now: () => now, tokenLifetimeSeconds: 3600 });
		const { id } = await files.attachment('a.txt');
		const url = await files.downloadUrl(id);
		now += 599_999;
		expect((await request('GET', url)).status).toBe(200);
		now += 1;
		const late = await request('GET', url);
		expect(xmlOf(late)).toEqual({ status: 403, code: 'AccessDenied' });
		expect(late.data).toContain('Request has expired');
		const fresh = await files.downloadUrl(id);
		await files.remove(id);
		expect(xmlOf(await request('GET', fresh))).toEqual({ status: 404, code: 'NoSuchKey' });
		expect(filesOnDisk()).toEqual([]);
	});

	test('fails with the status of downloadFailure', async () => {
		const asked: object[] = [];
		const downloadFailure = (attachment: object) =>
			asked.push(attachment) === 1 ? 500 : undefined;
		const { files } = await setUpAttachments({ downloadFailure });
		const { id } = await files.attachment('a.txt');
		const url = await files.downloadUrl(id);
		expect(xmlOf(await request('GET', url))).toEqual({ status: 500, code: 'LocalFailure' });
		expect((await request('GET', url)).data).toBe('Hello');
		expect(asked).toEqual([{ id }, { id }]);
	});
});
