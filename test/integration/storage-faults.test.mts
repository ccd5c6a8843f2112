import type { FastifyReply } from 'fastify';
import { getEventListeners } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { contentOf } from './runNode.mts';
import { bill } from './sample-files.mts';
import { download, storage, upload, xml } from './storage-links.mts';

/** The number of n8n's files that stay open. Node.js takes some turns to close one. */
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

describe('a redirect of the storage', () => {
	it.each([307, 308])('is followed by an upload, with the whole file (%i)', async (status) => {
		storage.answer = (reply) => reply.redirect(`${storage.base}/elsewhere?signature=1`, status);
		const { error } = await upload();
		expect(error).toBeUndefined();
		expect(storage.redirected).toEqual([
			{ method: 'PUT', authorization: undefined, bytes: bill.content.length },
		]);
	});

	it('is followed by a download', async () => {
		storage.answer = (reply) => reply.redirect('/elsewhere', 307);
		const { items, error } = await download();
		expect(error).toBeUndefined();
		expect(String(await contentOf(items[0]?.binary?.data))).toBe('moved');
		expect(storage.redirected).toMatchObject([{ method: 'GET', authorization: undefined }]);
	});

	it.each([
		['an upload', upload],
		['a download', download],
	])('is followed once by %s', async (_what, act) => {
		storage.answer = (reply) => reply.redirect(`${storage.base}/storage`, 307);
		const { error } = await act();
		expect(error?.message).toContain('the file storage answered with HTTP 307');
		expect(storage.requests).toBe(2);
	});

	it.each([
		['an upload', upload],
		['a download', download],
	])(
		'to another host is not followed by %s, and shown without its signature',
		async (_what, act) => {
			const other = storage.base.replace('127.0.0.1', 'localhost');
			storage.answer = (reply) => reply.redirect(`${other}/elsewhere?signature=1`, 307);
			const { error } = await act();
			expect(error?.message).toContain(
				`the file storage answered with HTTP 307 and redirects to ${new URL(other).host}`,
			);
			expect(`${error?.message} ${error?.description}`).not.toContain('signature');
			expect(storage.redirected).toEqual([]);
		},
	);

	it.each([301, 302, 303])(
		'that would make an upload a download is not followed (%i)',
		async (status) => {
			storage.answer = (reply) => reply.redirect(`${storage.base}/elsewhere`, status);
			const { error } = await upload();
			expect(error?.message).toContain(`the file storage answered with HTTP ${status}`);
			expect(storage.redirected).toEqual([]);
		},
	);
});

describe('a transfer', () => {
	it.each([
		[400, 'RequestTimeout'],
		[408, 'RequestTimeout'],
		[429, 'TooManyRequests'],
		[500, 'InternalError'],
		[503, 'SlowDown'],
		[520, ''],
	])('is retried with a new link after %i %s', async (status, code) => {
		for (const act of [upload, download]) {
			storage.requests = 0;
			storage.answer = (reply) =>
				reply
					.code(storage.requests === 1 ? status : 200)
					.send(storage.requests === 1 ? xml(code) : 'ok');
			const { error } = await act();
			expect(error).toBeUndefined();
			expect(storage.requests).toBe(2);
		}
	});

	it.each([
		[400, 'InvalidArgument'],
		[403, 'AccessDenied'],
		[411, 'MissingContentLength'],
		[501, 'NotImplemented'],
	])('is not retried after %i %s', async (status, code) => {
		for (const act of [upload, download]) {
			storage.requests = 0;
			storage.answer = (reply) => reply.code(status).send(xml(code));
			const { error } = await act();
			expect(error?.message).toContain(`the file storage answered with HTTP ${status} (${code})`);
			expect(storage.requests).toBe(1);
		}
	});

	it('is retried as often as the options say', async () => {
		storage.answer = (reply) => reply.code(500).send(xml('InternalError'));
		const { error } = await upload({ maxRetries: 1 });
		expect(error?.message).toContain('500 (InternalError)');
		expect(storage.requests).toBe(2);
	});
});

it('an endless error response of the storage is aborted', async () => {
	storage.answer = (reply) => {
		reply.hijack();
		reply.raw.writeHead(403).write(xml('AccessDenied').padEnd(1000));
	};
	const { error } = await download({ timeout: 500 });
	expect(error?.message).toContain('the file storage answered with HTTP 403');
});

// Only Linux shows the open files of a process as links.
const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('no file stays open after', () => {
	const large = { ...bill, content: Buffer.alloc(8_000_000, 'x') };

	it.each<[string, (reply: FastifyReply) => unknown]>([
		[
			'is rejected',
			(reply) => reply.code(403).header('connection', 'close').send(xml('AccessDenied')),
		],
		['fails', (reply) => reply.code(503).send(xml('SlowDown'))],
		['breaks off', (reply) => reply.raw.destroy()],
	])('an upload %s', async (_how, act) => {
		storage.rejectEarly = act;
		const { error } = await upload({ maxRetries: 1 }, large);
		expect(error).toBeDefined();
		expect(await openFiles()).toBe(0);
	});

	it('a signature check', async () => {
		const { error } = await upload({ checkSignature: true }, { ...large, type: 'image/png' });
		expect(error?.message).toContain('not a PNG image');
		expect(await openFiles()).toBe(0);
	});
});

it('retries of a download leave no listener on the execution', async () => {
	const listen = jest.spyOn(AbortSignal.prototype, 'addEventListener');
	const leftAfter = async (failures: number) => {
		storage.requests = 0;
		storage.answer = (reply) => reply.code(storage.requests <= failures ? 503 : 200).send('ok');
		listen.mockClear();
		const { error } = await download();
		expect(error).toBeUndefined();
		expect(storage.requests).toBe(failures + 1);
		// A signal that is aborted belongs to one attempt.
		const signals = [...new Set(listen.mock.contexts)].filter((signal) => !signal.aborted);
		return signals.flatMap((signal) => getEventListeners(signal, 'abort')).length;
	};
	expect(await leftAfter(2)).toBe(await leftAfter(0));
	listen.mockRestore();
});
