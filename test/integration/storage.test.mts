import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';

import { contentOf } from './engine.mts';
import { credential, run } from './local.mts';
import { bill, UPLOAD } from './sample-files.mts';

/** Talkdesk's API as far as files go. Its links lead to `/storage` on the same server, which answers as the test wants. */
let links: FastifyInstance;
let base = '';
let answer: (reply: FastifyReply) => unknown;
let followed = 0;

beforeEach(async () => {
	followed = 0;
	links = Fastify({ forceCloseConnections: true });
	links.addContentTypeParser('*', (_request, payload, done) => {
		payload.on('end', () => done(null)).resume();
	});
	const root = '/attachments/2023-03';
	links.post(`${root}/upload-link`, async () => ({ request_id: 'r', url: `${base}/storage` }));
	links.post(root, async () => ({ id: 'a', name: 'a.txt' }));
	// Without type and size: what is known of them comes from the storage.
	links.get(`${root}/a`, async () => ({
		id: 'a',
		name: 'a.txt',
		metadata: { case: '7' },
		_links: {},
	}));
	links.get(`${root}/a/download-link`, async () => ({ url: `${base}/storage` }));
	links.all('/storage', async (_request, reply) => {
		await answer(reply);
		return reply;
	});
	links.all('/elsewhere', async () => ++followed);
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

it.each([
	['an upload', upload],
	['a download', download],
])('%s follows no redirection', async (_what, act) => {
	answer = (reply) => reply.redirect(`${base}/elsewhere`, 307);
	const { error } = await act();
	expect(error?.message).toContain('its storage answered 307');
	expect(followed).toBe(0);
});

it("a refusal of an upload has the storage's own words", async () => {
	answer = (reply) =>
		reply
			.code(403)
			.type('application/xml')
			.send(
				'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
			);
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
