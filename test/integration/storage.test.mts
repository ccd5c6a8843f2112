import type { FastifyReply } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';

import { contentOf } from './runNode.mts';
import { run } from './fixtures.mts';
import { bill } from './sample-files.mts';
import { download, storage, upload, xml } from './storage-links.mts';

/** Sends the headers of a response; the test sends the bytes. */
const begin = (reply: FastifyReply, headers = {}) => {
	reply.hijack();
	reply.raw.writeHead(200, headers).flushHeaders();
	return reply.raw;
};

it("a rejected upload has the storage's own message", async () => {
	storage.answer = (reply) =>
		reply.code(403).type('application/xml').send(xml('AccessDenied', 'Request has expired'));
	const { error } = await upload();
	expect(error?.message).toBe(
		'Talkdesk could not accept the file: the file storage answered with HTTP 403 (Request has expired)',
	);
	expect(error?.description).toContain("Talkdesk's code: AccessDenied.");
});

it('the output has the metadata of an attachment, but not its links', async () => {
	const get = { resource: 'attachment', operation: 'get', attachmentId: 'a', options: {} };
	const { items } = await run(get);
	expect(items[0]?.json).toEqual({ id: 'a', name: 'a.txt', metadata: { case: '7' } });
});

it('type and size of an attachment are those of the file if Talkdesk gives none', async () => {
	storage.answer = (reply) => reply.send();
	const { items } = await upload();
	expect(items[0]?.json).toMatchObject({
		id: 'a',
		type: 'application/pdf',
		size: bill.content.length,
	});
});

it('an attachment without a name has that of its file, and a numeric id becomes a text', async () => {
	storage.answer = (reply) => reply.send();
	storage.created = { id: 7, name: null, type: null, size: null, state: null };
	storage.requestId = 8;
	const { items, error } = await upload();
	expect(error).toBeUndefined();
	const { name, type, content } = bill;
	expect(items[0]?.json).toEqual({ id: '7', name, type, size: content.length });
	expect(storage.keptRequestId).toBe('8');
});

it('a download is rejected by its Content-Length, and aborted', async () => {
	const closed = new Promise((resolve) => {
		storage.answer = (reply) =>
			void begin(reply, { 'content-length': '200000' }).on('close', resolve);
	});
	const { error } = await download({ maxFileSize: 0.1 });
	expect(error?.message).toContain('larger than 0.1 MB');
	await closed;
});

it('a download is aborted when the execution is canceled', async () => {
	const stopped = new Promise<void>((resolve) => {
		storage.answer = (reply) => {
			begin(reply);
			resolve();
		};
	});
	const { error } = await download({ timeout: 120_000 }, stopped);
	expect(error).toBeDefined();
});

it('a download may exceed the timeout while bytes arrive', async () => {
	const parts = ['slow', ' but', ' ste', 'ady', '!!', '!'];
	storage.answer = async (reply) => {
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

it('an upload has a longer timeout than other requests', async () => {
	storage.answer = async (reply) => {
		await sleep(1500);
		reply.send();
	};
	const { error } = await upload({ timeout: 1000, maxRetries: 1 });
	expect(error).toBeUndefined();
});
