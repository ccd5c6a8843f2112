import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { getEventListeners } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

import { contentOf } from './engine.mts';
import { credential, run } from './local.mts';
import { bill, UPLOAD } from './sample-files.mts';

/** Talkdesk's API as far as files go. Its links lead to `/storage` on the same server, which answers as the test wants. */
let links: FastifyInstance;
let base = '';
let answer: (reply: FastifyReply) => unknown;
/** What Talkdesk says of the attachment `a`. */
let described: object;
/** What Talkdesk says of a new attachment. */
let created: object;
let requestId: unknown;
let keptRequestId: unknown;
let asked = 0;
/** Answers an upload before its bytes have come. */
let refuse: ((reply: FastifyReply) => unknown) | undefined;
/** Requests of the storage at another path. */
let followed: Array<{ method: string; authorization: unknown; bytes: number }> = [];

beforeEach(async () => {
	followed = [];
	created = { id: 'a', name: 'a.txt' };
	requestId = 'r';
	asked = 0;
	refuse = undefined;
	// Without type and size: what is known of them comes from the storage.
	described = { id: 'a', name: 'a.txt', metadata: { case: '7' }, _links: {} };
	links = Fastify({ forceCloseConnections: true });
	links.addContentTypeParser('*', (_request, payload, done) => {
		let bytes = 0;
		payload.on('data', (chunk: Buffer) => (bytes += chunk.length));
		payload.on('end', () => done(null, bytes));
	});
	links.addHook('onRequest', async ({ url, method }, reply) => {
		if (method === 'PUT' && url === '/storage') await refuse?.(reply);
	});
	const root = '/attachments/2023-03';
	links.post(`${root}/upload-link`, async () => ({
		request_id: requestId,
		url: `${base}/storage`,
	}));
	links.post<{ Body: { request_id: unknown } }>(root, async ({ body }) => {
		keptRequestId = body.request_id;
		return created;
	});
	links.get(`${root}/a`, async () => described);
	links.get(`${root}/a/download-link`, async () => ({ url: `${base}/storage` }));
	links.all('/storage', async (_request, reply) => {
		asked++;
		await answer(reply);
		return reply;
	});
	links.all('/elsewhere', async ({ method, headers, body }, reply) => {
		followed.push({ method, authorization: headers.authorization, bytes: Number(body) });
		return reply.type('text/plain').send('moved');
	});
	base = await links.listen({ host: '127.0.0.1', port: 0 });
	credential.apiBaseUrl = base;
});
afterEach(async () => await links.close());

const upload = async (options = {}) => await run({ ...UPLOAD, options }, { files: { data: bill } });
const download = async (options = {}, stopped?: Promise<void>) =>
	await run(
		{
			...{ resource: 'attachment', operation: 'download', outputDataFieldName: 'data' },
			...{ attachmentId: 'a', options },
		},
		{ stopped },
	);
/** Begins to answer; the bytes are up to the test. */
const begin = (reply: FastifyReply, headers = {}) => {
	reply.hijack();
	reply.raw.writeHead(200, headers).flushHeaders();
	return reply.raw;
};

const xml = (code: string, message = code) =>
	`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** Files of n8n's that are open, and stay so: to close one takes Node.js some turns. */
const openFiles = async () => {
	for (let turn = 0; turn < 100 && openNow() > 0; turn++) await setImmediate();
	return openNow();
};
const openNow = () =>
	readdirSync('/proc/self/fd').filter((descriptor) => {
		try {
			return readlinkSync(`/proc/self/fd/${descriptor}`).includes('n8n-engine');
		} catch {
			return false;
		}
	}).length;

describe('a redirection of the storage', () => {
	it.each([307, 308])('is followed by an upload, with the whole file (%i)', async (status) => {
		answer = (reply) => reply.redirect(`${base}/elsewhere?signature=1`, status);
		const { error } = await upload();
		expect(error).toBeUndefined();
		expect(followed).toEqual([
			{ method: 'PUT', authorization: undefined, bytes: bill.content.length },
		]);
	});

	it('is followed by a download', async () => {
		answer = (reply) => reply.redirect('/elsewhere', 307);
		const { items, error } = await download();
		expect(error).toBeUndefined();
		expect(String(await contentOf(items[0]?.binary?.data))).toBe('moved');
		expect(followed).toMatchObject([{ method: 'GET', authorization: undefined }]);
	});

	it.each([
		['an upload', upload],
		['a download', download],
	])('is followed once by %s', async (_what, act) => {
		answer = (reply) => reply.redirect(`${base}/storage`, 307);
		const { error } = await act();
		expect(error?.message).toContain('its storage answered 307');
		expect(asked).toBe(2);
	});

	it.each([
		['an upload', upload],
		['a download', download],
	])(
		'to another place is followed by no %s, and named without its signature',
		async (_what, act) => {
			const other = base.replace('127.0.0.1', 'localhost');
			answer = (reply) => reply.redirect(`${other}/elsewhere?signature=1`, 307);
			const { error } = await act();
			expect(error?.message).toContain(
				`its storage answered 307 and points to ${new URL(other).host}`,
			);
			expect(`${error?.message} ${error?.description}`).not.toContain('signature');
			expect(followed).toEqual([]);
		},
	);

	it.each([301, 302, 303])(
		'that would make an upload a download is not followed (%i)',
		async (status) => {
			answer = (reply) => reply.redirect(`${base}/elsewhere`, status);
			const { error } = await upload();
			expect(error?.message).toContain(`its storage answered ${status}`);
			expect(followed).toEqual([]);
		},
	);
});

describe('what passes is tried again, with a new link:', () => {
	it.each([
		[400, 'RequestTimeout'],
		[408, 'RequestTimeout'],
		[429, 'TooManyRequests'],
		[500, 'InternalError'],
		[503, 'SlowDown'],
		[520, ''],
	])('%i %s', async (status, code) => {
		for (const act of [upload, download]) {
			asked = 0;
			answer = (reply) =>
				reply.code(asked === 1 ? status : 200).send(asked === 1 ? xml(code) : 'ok');
			const { error } = await act();
			expect(error).toBeUndefined();
			expect(asked).toBe(2);
		}
	});

	it.each([
		[400, 'InvalidArgument'],
		[403, 'AccessDenied'],
		[411, 'MissingContentLength'],
		[501, 'NotImplemented'],
	])('not %i %s', async (status, code) => {
		for (const act of [upload, download]) {
			asked = 0;
			answer = (reply) => reply.code(status).send(xml(code));
			const { error } = await act();
			expect(error?.message).toContain(`its storage answered ${status} (${code})`);
			expect(asked).toBe(1);
		}
	});

	it('how often is what the options say', async () => {
		answer = (reply) => reply.code(500).send(xml('InternalError'));
		const { error } = await upload({ maxRetries: 1 });
		expect(error?.message).toContain('500 (InternalError)');
		expect(asked).toBe(2);
	});
});

it('an error of the storage that never ends is read no further', async () => {
	answer = (reply) => {
		reply.hijack();
		reply.raw.writeHead(403).write(xml('AccessDenied').padEnd(1000));
	};
	const { error } = await download({ timeout: 500 });
	expect(error?.message).toContain('its storage answered 403');
});

// Only Linux shows the open files of a process as links.
const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('no file stays open after', () => {
	const large = { ...bill, content: Buffer.alloc(8_000_000, 'x') };

	it.each<[string, (reply: FastifyReply) => unknown]>([
		[
			'is refused',
			(reply) => reply.code(403).header('connection', 'close').send(xml('AccessDenied')),
		],
		['fails', (reply) => reply.code(503).send(xml('SlowDown'))],
		['breaks off', (reply) => reply.raw.destroy()],
	])('an upload %s', async (_how, act) => {
		refuse = act;
		const { error } = await run(
			{ ...UPLOAD, options: { maxRetries: 1 } },
			{ files: { data: large } },
		);
		expect(error).toBeDefined();
		expect(await openFiles()).toBe(0);
	});

	it('the look at the first bytes', async () => {
		const { error } = await run(
			{ ...UPLOAD, options: { checkSignature: true } },
			{ files: { data: { ...large, type: 'image/png' } } },
		);
		expect(error?.message).toContain('not a PNG image');
		expect(await openFiles()).toBe(0);
	});
});

it("a refusal of an upload has the storage's own words", async () => {
	answer = (reply) =>
		reply.code(403).type('application/xml').send(xml('AccessDenied', 'Request has expired'));
	const { error } = await upload();
	expect(error?.message).toBe(
		'Talkdesk could not take the file: its storage answered 403 (Request has expired)',
	);
	expect(error?.description).toContain("Talkdesk's code: AccessDenied.");
});

it('the metadata of an attachment is in the output, its links are not', async () => {
	const get = { resource: 'attachment', operation: 'get', attachmentId: 'a', options: {} };
	const { items } = await run(get);
	expect(items[0]?.json).toEqual({ id: 'a', name: 'a.txt', metadata: { case: '7' } });
});

it('what Talkdesk does not say of an attachment is as the file was', async () => {
	answer = (reply) => reply.send();
	const { items } = await upload();
	expect(items[0]?.json).toMatchObject({
		id: 'a',
		type: 'application/pdf',
		size: bill.content.length,
	});
});

it('an attachment without a name has the name of its file, a numeric id is a text', async () => {
	answer = (reply) => reply.send();
	created = { id: 7, name: null, type: null, size: null, state: null };
	requestId = 8;
	const { items, error } = await upload();
	expect(error).toBeUndefined();
	const { name, type, content } = bill;
	expect(items[0]?.json).toEqual({ id: '7', name, type, size: content.length });
	expect(keptRequestId).toBe('8');
});

it('however often a download is tried, no listener stays on the execution', async () => {
	const listen = jest.spyOn(AbortSignal.prototype, 'addEventListener');
	const leftAfter = async (failures: number) => {
		asked = 0;
		answer = (reply) => reply.code(asked <= failures ? 503 : 200).send('ok');
		listen.mockClear();
		const { error } = await download();
		expect(error).toBeUndefined();
		expect(asked).toBe(failures + 1);
		// What is only for one try is over with it.
		const signals = [...new Set(listen.mock.contexts)].filter((signal) => !signal.aborted);
		return signals.flatMap((signal) => getEventListeners(signal, 'abort')).length;
	};
	expect(await leftAfter(2)).toBe(await leftAfter(0));
	listen.mockRestore();
});

it('a download that the storage says is too large is refused and ended before a byte comes', async () => {
	const closed = new Promise((resolve) => {
		answer = (reply) => void begin(reply, { 'content-length': '200000' }).on('close', resolve);
	});
	const { error } = await download({ maxFileSize: 0.1 });
	expect(error?.message).toContain('larger than 0.1 MB');
	await closed;
});

it('a download ends with the execution', async () => {
	const stopped = new Promise<void>((resolve) => {
		answer = (reply) => {
			begin(reply);
			resolve();
		};
	});
	const { error } = await download({ timeout: 120_000 }, stopped);
	expect(error).toBeDefined();
});

it('a download may take longer than the timeout, as long as bytes come', async () => {
	const parts = ['slow', ' but', ' ste', 'ady', '!!', '!'];
	answer = async (reply) => {
		const response = begin(reply);
		for (const part of parts) {
			response.write(part);
			await sleep(300);
		}
		response.end();
	};
	const { items, error } = await download({ timeout: 1000, maxRetries: 1 });
	expect(error).toBeUndefined();
	const file = items[0]?.binary?.data;
	expect(String(await contentOf(file))).toBe(parts.join(''));
	expect(file?.mimeType).toBe('application/octet-stream');
});

it('an upload has more time than another request, for its bytes', async () => {
	answer = async (reply) => {
		await sleep(1500);
		reply.send();
	};
	const { error } = await upload({ timeout: 1000, maxRetries: 1 });
	expect(error).toBeUndefined();
});
