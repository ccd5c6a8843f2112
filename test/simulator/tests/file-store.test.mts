import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startSimulator } from '../simulator.mts';
import { cleanUp, until } from './testing.mts';
import {
	filesOnDisk,
	foldersOnDisk,
	measure,
	put,
	setUpAttachments,
} from './testing-attachments.mts';

afterEach(cleanUp);

const mebibyte = Buffer.alloc(1024 * 1024, 'a line of a long file\n');
const large = { count: 20, size: 20 * mebibyte.length };
const stream = (count = large.count) =>
	Readable.from(Array.from({ length: count }, () => mebibyte));

test('a large file is stored, hashed, and read as a stream', async () => {
	const { talkdesk, files } = await setUpAttachments();
	const { request_id, url } = await files.link();
	const answer = await put(url, stream(), { 'content-length': String(large.size) });
	expect(answer.status).toBe(200);
	await files.create({ name: 'large', request_id });
	const expected = { size: large.size, sha256: (await measure(stream())).sha256 };
	const [stored] = talkdesk.attachments();
	expect(stored).toMatchObject(expected);
	const id = stored?.id ?? '';
	expect(await measure(talkdesk.attachmentContent(id))).toEqual(expected);
	const download = await fetch(await files.downloadUrl(id));
	expect(download.headers.get('content-length')).toBe(String(large.size));
	expect(await measure(Readable.fromWeb(download.body as never))).toEqual(expected);
});

test('a file is never in memory as a whole', async () => {
	const { files } = await setUpAttachments();
	const { url } = await files.link();
	const before = process.memoryUsage().arrayBuffers;
	let highest = 0;
	async function* watched() {
		for await (const chunk of stream(200)) {
			highest = Math.max(highest, process.memoryUsage().arrayBuffers);
			yield chunk as Buffer;
		}
	}
	const length = { 'content-length': String(200 * mebibyte.length) };
	expect((await put(url, Readable.from(watched()), length)).status).toBe(200);
	expect(highest - before).toBeLessThan(100 * mebibyte.length);
}, 30_000);

describe('the temporary folder', () => {
	test('is removed by close, even during a transfer', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { url } = await files.link();
		async function* endless() {
			for (;;) yield mebibyte;
		}
		const length = { 'content-length': String(2 ** 40) };
		const upload = expect(put(url, Readable.from(endless()), length)).rejects.toThrow();
		await until(() => filesOnDisk().length === 1);
		expect(foldersOnDisk()).toHaveLength(1);
		await talkdesk.close();
		await upload;
		expect(foldersOnDisk()).toEqual([]);
	});

	test('is removed if the port is taken', async () => {
		const { talkdesk } = await setUpAttachments();
		const before = foldersOnDisk();
		const port = Number(new URL(talkdesk.url).port);
		await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
		expect(foldersOnDisk()).toEqual(before);
	});

	test('is removed with a process that does not call close', async () => {
		const program = `
			import { startSimulator } from ${JSON.stringify(join(__dirname, '../simulator.mts'))};
			import { readdirSync } from 'node:fs';
			import { tmpdir } from 'node:os';
			await startSimulator();
			console.log(readdirSync(tmpdir()).filter((name) => name.includes('-' + process.pid + '-')).length);
			process.exit();`;
		const child = spawn(process.execPath, [
			...['--import', 'tsx', '--input-type=module', '--eval', program],
		]);
		let output = '';
		child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
		await new Promise((ended) => child.on('close', ended));
		expect(output.trim()).toBe('1');
		expect(foldersOnDisk(child.pid)).toEqual([]);
	}, 30_000);
});
