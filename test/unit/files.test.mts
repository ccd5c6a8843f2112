import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import { readFilePolicy, splitList } from '../../nodes/Talkdesk/files/options';
import { FileRefused, guard, refusalOf, type FilePolicy } from '../../nodes/Talkdesk/files/policy';
import { contradicts } from '../../nodes/Talkdesk/files/signature';
import { uniqueName } from '../../nodes/Talkdesk/files/upload';

const policy = (change: Partial<FilePolicy> = {}): FilePolicy => ({
	allowedMimeTypes: [],
	maxSize: 0,
	checkSignature: false,
	...change,
});

describe('what is refused before its bytes move', () => {
	it.each([
		['image/png', 10, policy()],
		['image/png', 10, policy({ allowedMimeTypes: ['image/*'] })],
		['image/png', 10, policy({ allowedMimeTypes: ['application/pdf', 'image/*'] })],
		['Image/PNG; charset=binary', 10, policy({ allowedMimeTypes: ['image/png'] })],
		['image/png ;charset=binary', 10, policy({ allowedMimeTypes: ['image/png'] })],
		['image/png', 10, policy({ maxSize: 10 })],
		['image/png', undefined, policy({ maxSize: 10 })],
	])('not %s of %s bytes under %j', (type, size, rule) => {
		expect(refusalOf({ type, size }, rule)).toBeUndefined();
	});

	it.each([
		['text/html', 10, policy({ allowedMimeTypes: ['image/*', 'application/pdf'] }), 'text/html'],
		['image/pnm', 10, policy({ allowedMimeTypes: ['image/png'] }), 'not allowed'],
		['imagex/png', 10, policy({ allowedMimeTypes: ['image/*'] }), 'not allowed'],
		['image/png', 11, policy({ maxSize: 10 }), 'larger'],
	])('%s of %s bytes under %j', (type, size, rule, reason) => {
		expect(refusalOf({ type, size }, rule)).toContain(reason);
	});
});

it('the options of a node make a policy', () => {
	expect(readFilePolicy({})).toEqual(policy());
	expect(
		readFilePolicy({
			allowedMimeTypes: 'Image/*, text/plain',
			maxFileSize: 0.5,
			checkSignature: true,
		}),
	).toEqual({
		allowedMimeTypes: ['image/*', 'text/plain'],
		maxSize: 500_000,
		checkSignature: true,
	});
});

it('a list may have spaces, and gaps', () => {
	expect(splitList(' a b,c ,, d,')).toEqual(['a b', 'c', 'd']);
});

describe('a stream under guard', () => {
	const read = async (chunks: Buffer[], type: string, rule: FilePolicy) => {
		const passed: Buffer[] = [];
		for await (const chunk of guard(Readable.from(chunks), type, rule, () => {}))
			passed.push(chunk);
		return Buffer.concat(passed);
	};
	const chunks = [Buffer.from('%PDF-1.7'), Buffer.alloc(10), Buffer.alloc(10)];

	it('passes on byte for byte', async () => {
		for (const rule of [policy(), policy({ maxSize: 28 }), policy({ checkSignature: true })]) {
			expect(await read(chunks, 'application/pdf', rule)).toEqual(Buffer.concat(chunks));
		}
	});

	it('is checked at its start alone, and only where that is wanted', async () => {
		const image = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(10)];
		const checked = policy({ checkSignature: true });
		expect(await read(image, 'image/png', checked)).toEqual(Buffer.concat(image));
		expect(await read(chunks, 'image/png', policy())).toEqual(Buffer.concat(chunks));
	});

	it('may break off before anybody reads it', async () => {
		const source = Readable.from(chunks);
		const guarded = guard(source, 'image/png', policy(), () => {});
		source.destroy(new Error('broken off'));
		guarded.destroy(new Error('broken off'));
		await setImmediate();
		expect([source.destroyed, guarded.destroyed]).toEqual([true, true]);
	});

	it('is broken off at the limit, and where its bytes contradict its type', async () => {
		await expect(read(chunks, 'application/pdf', policy({ maxSize: 27 }))).rejects.toThrow(
			FileRefused,
		);
		await expect(read(chunks, 'image/png', policy({ checkSignature: true }))).rejects.toThrow(
			'a PDF document',
		);
	});

	it('is closed when it is broken off', async () => {
		const source = Readable.from(chunks);
		const guarded = guard(source, 'image/png', policy({ checkSignature: true }), () => {});
		await expect(guarded.toArray()).rejects.toThrow(FileRefused);
		expect(source.destroyed).toBe(true);
	});
});

describe('signatures', () => {
	const bytes = (text: string) => Buffer.from(text.padEnd(32, '\0'), 'latin1');
	const PNG = bytes('\x89PNG\r\n\x1a\n');
	const JPEG = bytes('\xff\xd8\xff\xe0');
	const PDF = bytes('%PDF-1.7');
	const ZIP = bytes('PK\x03\x04');
	const EXE = bytes('MZ\x90');
	const MP4 = bytes('\0\0\0\x20ftypisom');
	const WEBP = bytes('RIFF\0\0\0\0WEBPVP8 ');
	const TEXT = bytes('Hello there');

	it.each([
		['image/png', PNG],
		['image/jpeg', JPEG],
		['image/jpg', JPEG],
		['image/webp', WEBP],
		['application/pdf', PDF],
		['application/zip', ZIP],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', ZIP],
		['video/mp4', MP4],
		['audio/mp4', MP4],
		['image/heic', MP4],
		['text/plain', TEXT],
		['text/csv', TEXT],
		['application/octet-stream', EXE],
		['', PDF],
		['image/svg+xml', TEXT],
	])('of %s fit', (type, head) => {
		expect(contradicts(type, head)).toBeUndefined();
	});

	it.each([
		['image/png', JPEG, 'a JPEG image'],
		['image/png', TEXT, 'not a PNG image'],
		['image/png', Buffer.alloc(0), 'not a PNG image'],
		['application/pdf', EXE, 'a program for Windows'],
		['text/plain', EXE, 'a program for Windows'],
		['image/jpeg', ZIP, 'a ZIP archive'],
		['application/pdf', MP4, 'an MP4 file'],
	])('of %s are contradicted', (type, head, what) => {
		expect(contradicts(type, head)).toBe(what);
	});
});

it.each([
	['bill.pdf', 'bill-1f3a.pdf'],
	['archive.tar.gz', 'archive.tar-1f3a.gz'],
	['README', 'README-1f3a'],
	['.env', '.env-1f3a'],
	['', '-1f3a'],
])('%s becomes the unique %s', (name, unique) => {
	expect(uniqueName(name, '1f3a')).toBe(unique);
});
