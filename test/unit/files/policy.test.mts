import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import {
	FileRejectedError,
	enforcePolicy,
	policyViolation,
	type FilePolicy,
} from '../../../nodes/Talkdesk/files/policy';

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
