import { readdirSync, readlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { codeOf, setFault } from './testing-faults.mts';
import { filesOnDisk, put, setUpAttachments } from './testing-attachments.mts';
import { cleanUp, ManualTimer, request, until } from './testing.mts';

afterEach(cleanUp);

const upload = 'PUT /uploads/:id';
const download = 'GET /downloads/:id';
/** Larger than the buffers of a socket and a stream. */
const content = Buffer.alloc(9_000_001, 'x');

/** Starts a download, and counts its bytes. */
async function startDownload(url: string) {
	const answer = await new Promise<IncomingMessage>((came, failed) => {
		get(url, came).on('error', failed);
	});
	const got = { bytes: 0, complete: false };
	answer.on('data', (chunk: Buffer) => (got.bytes += chunk.length));
	answer.on('end', () => (got.complete = true));
	// `close` follows both `end` and an abort.
	answer.on('error', () => undefined);
	const closed = new Promise<void>((ended) => answer.on('close', ended));
	return { answer, got, closed };
}

describe('a download', () => {
	async function withLink(size = content.length) {
		const timer = new ManualTimer();
		const set = await setUpAttachments({ timer });
		// The stored file is text.
		const { id } = await set.files.attachment('x.txt', content.subarray(0, size));
		return { ...set, timer, url: await set.files.downloadUrl(id) };
	}

	test.each([[content.length], [1]])('of %d bytes is cut in the middle', async (size) => {
		const { talkdesk, url } = await withLink(size);
		setFault(talkdesk, download, { kind: 'cut', when: 'midway' });
		const { answer, got, closed } = await startDownload(url);
		await closed;
		expect(answer.headers).toMatchObject({
			'content-length': String(size),
			'content-type': 'text/plain',
		});
		expect(got).toEqual({ bytes: Math.floor(size / 2), complete: false });
		expect(talkdesk.log.at(-1)).toMatchObject({
			status: 200,
			summary: `[fault: cut midway] ${size} bytes of x.txt`,
		});
	});

	test('stalls in the middle for its time', async () => {
		const { talkdesk, url, timer } = await withLink();
		setFault(talkdesk, download, { kind: 'stall', ms: 30_000 });
		const { got, closed } = await startDownload(url);
		await until(() => got.bytes === 4_500_000);
		await until(() => timer.left().includes(30_000));
		timer.advance(29_999);
		expect((await request('GET', `${url}x`)).status).toBe(403);
		expect(got).toEqual({ bytes: 4_500_000, complete: false });
		timer.advance(1);
		await closed;
		expect(got).toEqual({ bytes: 4_500_000, complete: false });
	});

	test('that stalls ends when the simulator is closed', async () => {
		const { talkdesk, url } = await withLink();
		setFault(talkdesk, download, { kind: 'stall' });
		const { got, closed } = await startDownload(url);
		await until(() => got.bytes === 4_500_000);
		await talkdesk.close();
		await closed;
		expect(got.complete).toBe(false);
	});

	test('may be aborted by its client in the middle', async () => {
		const { talkdesk, url } = await withLink();
		setFault(talkdesk, download, { kind: 'cut', when: 'midway' });
		const { answer, closed } = await startDownload(url);
		answer.destroy();
		await closed;
		talkdesk.configure({ faults: () => undefined });
		expect((await request('GET', url)).data).toHaveLength(content.length);
	});

	test('that is rejected is not cut', async () => {
		const { talkdesk, url } = await withLink();
		setFault(talkdesk, download, { kind: 'stall' });
		expect((await request('GET', `${url}x`)).status).toBe(403);
		expect(talkdesk.log.at(-1)?.summary).not.toContain('fault');
	});

	test.each(['before', 'after'] as const)(
		'gets a gateway page or no response, %s',
		async (when) => {
			const { talkdesk, url } = await withLink();
			setFault(talkdesk, download, { kind: 'unavailable', status: 504, when });
			const answer = await request('GET', url);
			expect(answer).toMatchObject({ status: 504, data: expect.stringMatching(/^<html>/) });
			expect(answer.headers).not.toHaveProperty('content-disposition');
			setFault(talkdesk, download, { kind: 'cut', when });
			expect(await codeOf(request('GET', url))).toBe('ECONNRESET');
		},
	);
});

/** Skipped if the system doesn't list open files. */
(process.platform === 'linux' ? test : test.skip)(
	'no file is left open, however a download ends',
	async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('x.txt', content);
		const url = await files.downloadUrl(id);
		const openFiles = () =>
			readdirSync('/proc/self/fd').filter((fd) => {
				try {
					return readlinkSync(`/proc/self/fd/${fd}`).includes(`local-talkdesk-${process.pid}-`);
				} catch {
					return false; // That of the folder itself is closed by now.
				}
			});
		for (const fault of [
			{ kind: 'unavailable', status: 502, when: 'after' },
			{ kind: 'cut', when: 'after' },
			{ kind: 'cut', when: 'midway' },
		] as const) {
			setFault(talkdesk, download, fault);
			await codeOf(request('GET', url));
			await until(() => openFiles().length === 0);
		}
		setFault(talkdesk, download, { kind: 'stall' });
		const { answer, closed } = await startDownload(url);
		answer.destroy();
		await closed;
		await until(() => openFiles().length === 0);
	},
);

describe('an upload', () => {
	test.each([
		['before', 0],
		['after', 1],
	] as const)('that fails %s leaves %d files', async (when, left) => {
		const { talkdesk, files } = await setUpAttachments();
		for (const fault of [
			{ kind: 'unavailable', status: 502, when },
			{ kind: 'cut', when },
		] as const) {
			const stored = filesOnDisk().length;
			const { request_id, url } = await files.link();
			setFault(talkdesk, upload, fault);
			const answer = await codeOf(put(url, content));
			if (fault.kind === 'unavailable') expect(answer).toMatchObject({ status: 502 });
			else expect(['ECONNRESET', 'EPIPE']).toContain(answer);
			expect(filesOnDisk()).toHaveLength(stored + left);
			const created = await files.create({ request_id });
			expect(created.status).toBe(left ? 200 : 400);
		}
	});
});
