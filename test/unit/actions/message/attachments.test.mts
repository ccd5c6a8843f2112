import type { IExecuteFunctions } from 'n8n-workflow';
import { Readable } from 'node:stream';

import {
	attachmentFingerprint,
	attachmentsOutput,
	type AttachmentResult,
} from '../../../../nodes/Talkdesk/actions/message/attachments';
import { readHead, isAllowedRedirect, putFile } from '../../../../nodes/Talkdesk/api/storage';

it.each([1, 3, 100])('a file is judged by enough bytes, in pieces of %i', async (length) => {
	for (const size of [0, 5, 10, 99]) {
		const content = Buffer.from('0123456789'.repeat(10).slice(0, size));
		const stream = Readable.from(
			Array.from({ length: Math.ceil(size / length) }, (_, index) =>
				content.subarray(index * length, (index + 1) * length),
			),
		);
		expect(await readHead(stream, 10)).toEqual(content.subarray(0, 10));
		expect(stream.destroyed).toBe(true);
	}
});

it('a file that breaks off before the request reads it is an error, and not the end of the process', async () => {
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
		'its storage did not answer',
	);
});

describe('the storage may send a file', () => {
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
	])('but not from %s to %s', (from, to) => {
		expect(isAllowedRedirect(new URL(from), new URL(to))).toBe(false);
	});
});

describe('the fingerprint of the files of a message', () => {
	const ready = (field: string, id: string, name = `${field}.txt`): AttachmentResult => ({
		outcome: 'ready',
		attachment: { id, name, type: 'text/plain', size: 3 },
		source: { field, name: `${field}.txt`, type: 'text/plain', size: 3 },
	});
	const failed = (name: string): AttachmentResult => ({
		outcome: 'failed',
		name,
		error: 'refused',
	});

	it('is the same when the same files were uploaded again, under other names', () => {
		expect(attachmentFingerprint([ready('a', '1'), failed('b')])).toEqual(
			attachmentFingerprint([ready('a', '2', 'a-1f3a.txt'), failed('c')]),
		);
	});

	it('is another if another file is ready', () => {
		const both = attachmentFingerprint([ready('a', '1'), ready('b', '2')]);
		expect(both).toHaveLength(2);
		expect(attachmentFingerprint([ready('a', '1'), failed('b')])).not.toEqual(both);
		expect(attachmentFingerprint([ready('b', '2'), ready('a', '1')])).not.toEqual(both);
		expect(attachmentFingerprint([failed('a')])).toEqual([]);
	});

	it('has the ids of attachments that were there before', () => {
		const attachment = { id: '1', name: 'a.txt', type: 'text/plain', size: 3 };
		const there = (attachmentId: string): AttachmentResult => ({
			outcome: 'ready',
			attachment,
			source: { attachmentId },
		});
		expect(attachmentFingerprint([there('1')])).not.toEqual(attachmentFingerprint([there('2')]));
	});
});

describe('a reason that Talkdesk gives for some files of a message', () => {
	const outcomes = (reason: string, names: string[]) =>
		attachmentsOutput(
			names.map((name, index) => ({
				outcome: 'ready',
				attachment: { id: `${index + 1}`, name, type: 'application/pdf', size: 1 },
				source: { attachmentId: `${index}` },
			})),
			{ outcome: 'sent', conversationId: 'c', sent: { partialFailReason: reason } },
		).map(({ outcome }) => outcome);

	it.each([
		['my bill.pdf is infected', ['my bill.pdf', 'bill.pdf'], ['failed', 'sent']],
		['"bill.pdf", bill.pdf.zip.', ['bill.pdf', 'bill.pdf.zip'], ['failed', 'failed']],
		['Refused: bill.pdf.', ['bill.pdf', 'other.pdf'], ['failed', 'sent']],
		['Attachment 2 was refused', ['a.pdf', 'b.pdf'], ['sent', 'failed']],
		['Files: a.pdf', ['a.pdf', 'b.pdf'], ['failed', 'sent']],
	])('calls failed what it names, and nothing that was taken: %s', (reason, names, expected) => {
		expect(outcomes(reason, names)).toEqual(expected);
	});

	it.each([
		['a2.pdf was refused with the code 2017', ['a2.pdf', 'pdf'], ['failed', 'unclear']],
		['the code is 2017', ['a.pdf', 'b.pdf'], ['unclear', 'unclear']],
	])('leaves open what it may name: %s', (reason, names, expected) => {
		expect(outcomes(reason, names)).toEqual(expected);
	});
});
