import type { IExecuteFunctions } from 'n8n-workflow';
import { Readable } from 'node:stream';

import { isAllowedRedirect, putFile, readHead } from '../../../nodes/Talkdesk/api/fileStorage';
import { chunksOf } from '../../support/chunks.mts';

it.each([1, 3, 100])('reads the whole head of a file from chunks of %i bytes', async (length) => {
	for (const size of [0, 5, 10, 99]) {
		const content = Buffer.from('0123456789'.repeat(10).slice(0, size));
		const stream = Readable.from(chunksOf(content, length));
		expect(await readHead(stream, 10)).toEqual(content.subarray(0, 10));
		expect(stream.destroyed).toBe(true);
	}
});

it('rejects, and does not crash, if a file breaks off before the request reads it', async () => {
	const broken = new Readable({ read() {} });
	const httpRequest = async () => {
		broken.destroy(new Error('EIO'));
		await new Promise((resolve) => setTimeout(resolve, 20));
		throw new Error('EIO');
	};
	const getNode = () => ({ name: 'Talkdesk', type: 'talkdesk' });
	const functions: IExecuteFunctions = Object.create({ getNode, helpers: { httpRequest } });
	const file = { type: 'text/plain', size: 1, open: async () => broken };
	await expect(putFile(functions, 'https://files.example.com/a', file, 1000)).rejects.toThrow(
		'the file storage did not respond',
	);
});

describe('the storage may redirect', () => {
	it.each([
		['https://files.example.com/a', 'https://files.example.com/b?signature=1'],
		['http://127.0.0.1:5000/a', 'http://127.0.0.1:5000/b'],
		['https://b.s3.amazonaws.com/a', 'https://b.s3.eu-west-1.amazonaws.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://b.s3-eu-west-1.amazonaws.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://s3.dualstack.us-east-1.amazonaws.com/b/a'],
		['https://b.s3.amazonaws.com/a', 'https://b.s3.cn-north-1.amazonaws.com.cn/a'],
		['https://files.example.com/a', 'https://b.s3.eu-west-1.amazonaws.com/a'],
	])('from %s to %s', (from, to) => {
		expect(isAllowedRedirect(new URL(from), new URL(to))).toBe(true);
	});

	it.each([
		['https://b.s3.amazonaws.com/a', 'http://b.s3.eu-west-1.amazonaws.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://b.s3.eu-west-1.amazonaws.com:8080/a'],
		['https://b.s3.amazonaws.com/a', 'https://b.s3.amazonaws.com.example.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://s3.example.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://evils3.amazonaws.com/a'],
		['https://b.s3.amazonaws.com/a', 'https://ec2-10-0-0-1.compute-1.amazonaws.com/a'],
		['https://b.s3.amazonaws.com/a', 'http://169.254.169.254/latest'],
		['https://files.example.com/a', 'http://files.example.com/a'],
		['https://files.example.com/a', 'https://other.example.com/a'],
		['https://files.example.com/a', 'https://user:word@files.example.com/a'],
		['http://127.0.0.1:5000/a', 'http://127.0.0.1:6000/a'],
		['https://files.example.com/a', 'file:///etc/passwd'],
	])('not from %s to %s', (from, to) => {
		expect(isAllowedRedirect(new URL(from), new URL(to))).toBe(false);
	});
});
