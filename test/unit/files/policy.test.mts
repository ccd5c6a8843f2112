import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import {
	FileRejectedError,
	enforcePolicy,
	policyViolation,
	type FilePolicy,
} from '../../../nodes/Talkdesk/files/policy';
import { chunksOf } from '../../support/chunks.mts';

const policy = (change: Partial<FilePolicy> = {}): FilePolicy => ({
	allowedMimeTypes: [],
	maxSize: 0,
	checkSignature: false,
	...change,
});

describe('the policy before a transfer', () => {
	it.each([
		['image/png', 10, policy()],
		['image/png', 10, policy({ allowedMimeTypes: ['image/*'] })],
		['image/png', 10, policy({ allowedMimeTypes: ['application/pdf', 'image/*'] })],
		['Image/PNG; charset=binary', 10, policy({ allowedMimeTypes: ['image/png'] })],
		['image/png ;charset=binary', 10, policy({ allowedMimeTypes: ['image/png'] })],
		['image/png', 10, policy({ maxSize: 10 })],
		['image/png', undefined, policy({ maxSize: 10 })],
	])('allows %s of %s bytes with %j', (type, size, rule) => {
		expect(policyViolation({ type, size }, rule)).toBeUndefined();
	});

	it.each([
		['text/html', 10, policy({ allowedMimeTypes: ['image/*', 'application/pdf'] }), 'text/html'],
		['image/pnm', 10, policy({ allowedMimeTypes: ['image/png'] }), 'not allowed'],
		['imagex/png', 10, policy({ allowedMimeTypes: ['image/*'] }), 'not allowed'],
		['image/png', 11, policy({ maxSize: 10 }), 'larger'],
		['image/png', 2_500_001, policy({ maxSize: 2_500_000 }), 'larger than 2.5 MB.'],
	])('rejects %s of %s bytes with %j', (type, size, rule, reason) => {
		expect(policyViolation({ type, size }, rule)).toContain(reason);
	});
});

describe('the policy during a transfer', () => {
	const read = async (chunks: Buffer[], type: string, rule: FilePolicy) => {
		const passed: Buffer[] = [];
		const { stream, finish } = enforcePolicy(Readable.from(chunks), type, rule, () => {});
		for await (const chunk of stream) passed.push(chunk);
		finish();
		return Buffer.concat(passed);
	};
	const chunks = [Buffer.from('%PDF-1.7'), Buffer.alloc(10), Buffer.alloc(10)];
	const checked = policy({ checkSignature: true });

	it('passes every byte on', async () => {
		for (const rule of [policy(), policy({ maxSize: 28 }), checked]) {
			expect(await read(chunks, 'application/pdf', rule)).toEqual(Buffer.concat(chunks));
		}
	});

	it('says how many bytes there are so far', async () => {
		const sizes: number[] = [];
		const { stream } = enforcePolicy(Readable.from(chunks), 'image/png', policy(), (size) =>
			sizes.push(size),
		);
		await stream.toArray();
		expect(sizes).toEqual([8, 18, 28]);
	});

	it('checks the signature only at the start, and only if the policy says so', async () => {
		const image = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(10)];
		expect(await read(image, 'image/png', checked)).toEqual(Buffer.concat(image));
		expect(await read(chunks, 'image/png', policy())).toEqual(Buffer.concat(chunks));
	});

	it.each([1, 7, 500])('checks the whole signature in chunks of %i bytes', async (length) => {
		const padded = (bytes: string, size: number) =>
			chunksOf(Buffer.from(bytes.padEnd(size, '\0'), 'latin1'), length);
		for (const size of [12, 1000]) {
			const png = padded('\x89PNG\r\n\x1a\n', size);
			expect(await read(png, 'image/png', checked)).toEqual(Buffer.concat(png));
			const program = padded('MZ\x90', size);
			for (const type of ['text/plain', 'application/zip', 'image/png']) {
				await expect(read(program, type, checked)).rejects.toThrow('a Windows program');
			}
		}
	});

	it('survives a stream that breaks off before it is read', async () => {
		const source = Readable.from(chunks);
		const { stream } = enforcePolicy(source, 'image/png', policy(), () => {});
		source.destroy(new Error('broken off'));
		stream.destroy(new Error('broken off'));
		await setImmediate();
		expect([source.destroyed, stream.destroyed]).toEqual([true, true]);
	});

	it('fails at the size limit, and if the signature contradicts the type', async () => {
		await expect(read(chunks, 'application/pdf', policy({ maxSize: 27 }))).rejects.toThrow(
			FileRejectedError,
		);
		await expect(read(chunks, 'image/png', checked)).rejects.toThrow('a PDF document');
	});

	it('closes the source when it fails', async () => {
		const source = Readable.from([...chunks, Buffer.alloc(100)]);
		const { stream } = enforcePolicy(source, 'image/png', checked, () => {});
		await expect(stream.toArray()).rejects.toThrow(FileRejectedError);
		expect(source.destroyed).toBe(true);
	});
});
