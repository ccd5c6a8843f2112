import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import { filePolicyOf, filePolicyOptions } from '../../../nodes/Talkdesk/files/policyOptions';
import {
	FileRejectedError,
	enforcePolicy,
	policyViolation,
	type FilePolicy,
} from '../../../nodes/Talkdesk/files/policy';
import { detectFormatMismatch } from '../../../nodes/Talkdesk/files/signature';

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
		expect(policyViolation({ type, size }, rule)).toBeUndefined();
	});

	it.each([
		['text/html', 10, policy({ allowedMimeTypes: ['image/*', 'application/pdf'] }), 'text/html'],
		['image/pnm', 10, policy({ allowedMimeTypes: ['image/png'] }), 'not allowed'],
		['imagex/png', 10, policy({ allowedMimeTypes: ['image/*'] }), 'not allowed'],
		['image/png', 11, policy({ maxSize: 10 }), 'larger'],
	])('%s of %s bytes under %j', (type, size, rule, reason) => {
		expect(policyViolation({ type, size }, rule)).toContain(reason);
	});
});

const { allowedMimeTypes, checkSignature, maxFileSize } = filePolicyOptions;
const readFilePolicy = (options: Record<string, unknown>) =>
	filePolicyOf({
		allowedMimeTypes: allowedMimeTypes.schema.parse(options.allowedMimeTypes),
		checkSignature: checkSignature.schema.parse(options.checkSignature),
		maxFileSize: maxFileSize.schema.parse(options.maxFileSize),
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

it.each([null, undefined, ''])('an option that is %j is not set', (nothing) => {
	expect(
		readFilePolicy({ allowedMimeTypes: nothing, maxFileSize: nothing, checkSignature: nothing }),
	).toEqual(policy());
});

it('numbers and switches may come as texts', () => {
	expect(readFilePolicy({ maxFileSize: ' 0.5 ', checkSignature: 'true' })).toEqual(
		policy({ maxSize: 500_000, checkSignature: true }),
	);
});

it.each([
	[{ maxFileSize: 'ten' }, 'is not a number from 0 on'],
	[{ maxFileSize: -1 }, 'is not a number from 0 on'],
	[{ maxFileSize: Infinity }, 'is not a number from 0 on'],
	[{ maxFileSize: [] }, 'is not a number from 0 on'],
	[{ maxFileSize: {} }, 'is not a number from 0 on'],
	[{ maxFileSize: false }, 'is not a number from 0 on'],
	[
		{ allowedMimeTypes: { type: 'image/png' } },
		'is neither a text with commas nor a list of texts',
	],
	[{ checkSignature: 'maybe' }, 'is neither true nor false'],
	[{ checkSignature: {} }, 'is neither true nor false'],
])('an option of another kind never switches a limit off: %j', (options, message) => {
	expect(() => readFilePolicy(options)).toThrow(message);
});

describe('a stream under guard', () => {
	const read = async (chunks: Buffer[], type: string, rule: FilePolicy) => {
		const passed: Buffer[] = [];
		const { stream, finish } = enforcePolicy(Readable.from(chunks), type, rule, () => {});
		for await (const chunk of stream) passed.push(chunk);
		finish();
		return Buffer.concat(passed);
	};
	const chunks = [Buffer.from('%PDF-1.7'), Buffer.alloc(10), Buffer.alloc(10)];
	const checked = policy({ checkSignature: true });

	it('passes on byte for byte', async () => {
		for (const rule of [policy(), policy({ maxSize: 28 }), checked]) {
			expect(await read(chunks, 'application/pdf', rule)).toEqual(Buffer.concat(chunks));
		}
	});

	it('is checked at its start alone, and only if that is wanted', async () => {
		const image = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(10)];
		expect(await read(image, 'image/png', checked)).toEqual(Buffer.concat(image));
		expect(await read(chunks, 'image/png', policy())).toEqual(Buffer.concat(chunks));
	});

	it.each([1, 7, 500])('is judged by all of its start, in pieces of %i', async (length) => {
		const inPieces = (bytes: string, size: number) => {
			const content = Buffer.from(bytes.padEnd(size, '\0'), 'latin1');
			return Array.from({ length: Math.ceil(size / length) }, (_, index) =>
				content.subarray(index * length, (index + 1) * length),
			);
		};
		for (const size of [12, 1000]) {
			const png = inPieces('\x89PNG\r\n\x1a\n', size);
			expect(await read(png, 'image/png', checked)).toEqual(Buffer.concat(png));
			const program = inPieces('MZ\x90', size);
			for (const type of ['text/plain', 'application/zip', 'image/png']) {
				await expect(read(program, type, checked)).rejects.toThrow('a program for Windows');
			}
		}
	});

	it('may break off before anybody reads it', async () => {
		const source = Readable.from(chunks);
		const { stream } = enforcePolicy(source, 'image/png', policy(), () => {});
		source.destroy(new Error('broken off'));
		stream.destroy(new Error('broken off'));
		await setImmediate();
		expect([source.destroyed, stream.destroyed]).toEqual([true, true]);
	});

	it('is broken off at the limit, and if its bytes contradict its type', async () => {
		await expect(read(chunks, 'application/pdf', policy({ maxSize: 27 }))).rejects.toThrow(
			FileRejectedError,
		);
		await expect(read(chunks, 'image/png', checked)).rejects.toThrow('a PDF document');
	});

	it('is closed when it is broken off', async () => {
		const source = Readable.from([...chunks, Buffer.alloc(100)]);
		const { stream } = enforcePolicy(source, 'image/png', checked, () => {});
		await expect(stream.toArray()).rejects.toThrow(FileRejectedError);
		expect(source.destroyed).toBe(true);
	});
});

describe('signatures', () => {
	const bytes = (text: string) => Buffer.from(text.padEnd(64, '\0'), 'latin1');
	const PNG = bytes('\x89PNG\r\n\x1a\n');
	const JPEG = bytes('\xff\xd8\xff\xe0');
	const GIF = bytes('GIF89a');
	const TIFF = bytes('II*\0');
	const PDF = bytes('%PDF-1.7');
	const ZIP = bytes('PK\x03\x04');
	const EMPTY_ZIP = bytes('PK\x05\x06');
	const GZIP = bytes('\x1f\x8b\x08');
	const OLE = bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1');
	const EXE = bytes('MZ\x90');
	const ELF = bytes('\x7fELF');
	const MP3 = bytes('ID3\x04');
	const MP4 = bytes('\0\0\0\x20ftypisom');
	const OGG = bytes('OggS');
	const WEBP = bytes('RIFF\0\0\0\0WEBPVP8 ');
	const WAV = bytes('RIFF\0\0\0\0WAVEfmt ');
	const TEXT = Buffer.from('Hello there');
	const NOTHING = Buffer.alloc(0);

	it.each([
		['image/png', PNG],
		['image/jpeg', JPEG],
		['image/jpg', JPEG],
		['image/webp', WEBP],
		['image/gif', GIF],
		['image/x-canon-cr2', TIFF],
		['application/pdf', PDF],
		['application/zip', ZIP],
		['application/zip', EMPTY_ZIP],
		['application/x-zip-compressed', ZIP],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', ZIP],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', OLE],
		['application/msword', ZIP],
		['application/msword', OLE],
		['application/vnd.ms-excel', ZIP],
		['application/vnd.ms-excel', Buffer.from('a;b\n1;2')],
		['application/vnd.apple.pages', ZIP],
		['application/vnd.apple.numbers', ZIP],
		['application/vnd.google-earth.kmz', ZIP],
		['application/x-cbz', ZIP],
		['application/gzip', GZIP],
		['image/svg+xml', GZIP],
		['video/mp4', MP4],
		['audio/mp4', MP4],
		['audio/x-m4a', MP4],
		['application/mp4', MP4],
		['video/quicktime', MP4],
		['image/heic', MP4],
		['audio/mpeg', MP3],
		['audio/ogg', OGG],
		['application/ogg', OGG],
		['audio/x-wav', WAV],
		['text/plain', TEXT],
		['text/csv', TEXT],
		['text/csv', Buffer.from('ID3 score;name\n7;Ann')],
		['text/plain', Buffer.from('MZ-4711 arrived')],
		['text/plain', Buffer.from('MZ')],
		['application/json', Buffer.from('MZ')],
		['application/x-yaml', Buffer.from('MZ: 4711')],
		['text/plain', Buffer.from('II* is a mark')],
		['text/plain', Buffer.from('GIF8 is a mark')],
		['text/plain', Buffer.from('abcdftyp and so on')],
		['text/plain', Buffer.from('12345678WAVE and 12345678WEBP')],
		['application/octet-stream', EXE],
		['application/x-msdownload', EXE],
		['', PDF],
		['image/svg+xml', TEXT],
		['image/png', NOTHING],
		['text/plain', NOTHING],
	])('of %s fit', (type, head) => {
		expect(detectFormatMismatch(type, head)).toBeUndefined();
	});

	it.each([
		['image/png', JPEG, 'a JPEG image'],
		['image/png', MP4, 'an MP4 file'],
		['image/png', TEXT, 'not a PNG image'],
		['image/png', Buffer.from('MZ'), 'not a PNG image'],
		['image/png', EXE, 'a program for Windows'],
		['image/bmp', EXE, 'a program for Windows'],
		['application/pdf', EXE, 'a program for Windows'],
		['application/zip', EXE, 'a program for Windows'],
		['application/vnd.apple.pages', EXE, 'a program for Windows'],
		['text/plain', EXE, 'a program for Windows'],
		['application/json', EXE, 'a program for Windows'],
		['audio/mpeg', ELF, 'a program for Linux'],
		['image/jpeg', ZIP, 'a ZIP archive'],
		['text/plain', ZIP, 'a ZIP archive'],
		['text/csv', OLE, 'an office document of the old kind'],
		['audio/mpeg', PDF, 'a PDF document'],
		['application/pdf', MP4, 'an MP4 file'],
		['application/msword', PDF, 'a PDF document'],
		['text/plain', MP3, 'an MP3 recording'],
	])('of %s are contradicted', (type, head, what) => {
		expect(detectFormatMismatch(type, head)).toBe(what);
	});
});
