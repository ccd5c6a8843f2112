import {
	attachmentFingerprint,
	attachmentsOutput,
	type AttachmentResult,
} from '../../../../nodes/Talkdesk/actions/message/attachments';

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

	it('is the same if the same files are uploaded again under other names', () => {
		expect(attachmentFingerprint([ready('a', '1'), failed('b')])).toEqual(
			attachmentFingerprint([ready('a', '2', 'a-1f3a.txt'), failed('c')]),
		);
	});

	it('differs if another file is ready', () => {
		const both = attachmentFingerprint([ready('a', '1'), ready('b', '2')]);
		expect(both).toHaveLength(2);
		expect(attachmentFingerprint([ready('a', '1'), failed('b')])).not.toEqual(both);
		expect(attachmentFingerprint([ready('b', '2'), ready('a', '1')])).not.toEqual(both);
		expect(attachmentFingerprint([failed('a')])).toEqual([]);
	});

	it('includes the ids of existing attachments', () => {
		const attachment = { id: '1', name: 'a.txt', type: 'text/plain', size: 3 };
		const existing = (attachmentId: string): AttachmentResult => ({
			outcome: 'ready',
			attachment,
			source: { attachmentId },
		});
		expect(attachmentFingerprint([existing('1')])).not.toEqual(
			attachmentFingerprint([existing('2')]),
		);
	});
});

describe('the reason of a partial failure', () => {
	const outcomes = (reason: string, names: string[]) =>
		attachmentsOutput(
			names.map((name, index) => ({
				outcome: 'ready',
				attachment: { id: `${index + 1}`, name, type: 'application/pdf', size: 1 },
				source: { attachmentId: `${index}` },
			})),
			{ outcome: 'sent', conversationId: 'c', message: { partialFailReason: reason } },
		).map(({ outcome }) => outcome);

	it.each([
		['my bill.pdf is infected', ['my bill.pdf', 'bill.pdf'], ['failed', 'sent']],
		['"bill.pdf", bill.pdf.zip.', ['bill.pdf', 'bill.pdf.zip'], ['failed', 'failed']],
		['Refused: bill.pdf.', ['bill.pdf', 'other.pdf'], ['failed', 'sent']],
		['Attachment 2 was refused', ['a.pdf', 'b.pdf'], ['sent', 'failed']],
		['Files: a.pdf', ['a.pdf', 'b.pdf'], ['failed', 'sent']],
	])('marks exactly the files as failed that it names: %s', (reason, names, expected) => {
		expect(outcomes(reason, names)).toEqual(expected);
	});

	it.each([
		['a2.pdf was refused with the code 2017', ['a2.pdf', 'pdf'], ['failed', 'unclear']],
		['the code is 2017', ['a.pdf', 'b.pdf'], ['unclear', 'unclear']],
	])('leaves a file unclear that it may name: %s', (reason, names, expected) => {
		expect(outcomes(reason, names)).toEqual(expected);
	});
});
