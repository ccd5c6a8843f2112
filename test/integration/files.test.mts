import { createHash, randomBytes } from 'node:crypto';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { credentialFor } from '../sandbox/credential.mts';
import { startTalkdesk, type LocalTalkdesk } from '../sandbox/talkdesk.mts';
import { contentOf, runNode, type StoredCredential } from './engine.mts';

let talkdesk: LocalTalkdesk;
let credential: StoredCredential;

beforeEach(async () => {
	talkdesk = await startTalkdesk();
	credential = { ...credentialFor(talkdesk), accessToken: '' };
});
afterEach(async () => await talkdesk.close());

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(200_000)]);
const bill = { name: 'bill.pdf', type: 'application/pdf', content: PDF };
const text = (name: string) => ({
	name,
	type: 'text/plain',
	content: Buffer.from(`this is ${name}`),
});

const run = async (
	parameters: INodeParameters,
	more: Partial<Parameters<typeof runNode>[1]> = {},
) => await runNode('talkdesk', { credential, parameters, ...more });

const UPLOAD = {
	resource: 'attachment',
	operation: 'upload',
	inputDataFieldName: 'data',
	options: {},
};
const sendOf = (conversationId: string, more: IDataObject = {}, options: IDataObject = {}) =>
	({
		resource: 'message',
		operation: 'send',
		conversationId,
		text: '',
		inputDataFieldNames: '*',
		...more,
		options,
	}) as INodeParameters;

async function started(): Promise<string> {
	const { items, error } = await run({
		resource: 'conversation',
		operation: 'start',
		contactEmail: 'ann@example.com',
		transcriptSource: 'none',
	});
	if (error) throw error;
	return String(items[0]?.json.conversationId);
}

const uploaded = async (file = bill) => {
	const { items, error } = await run(UPLOAD, { files: { data: file } });
	if (error) throw error;
	return String(items[0]?.json.id);
};
const requests = (what: string) =>
	talkdesk.log.filter((entry) => entry.what.startsWith(what)).length;

describe('attachment: upload', () => {
	it('brings a file to Talkdesk byte for byte', async () => {
		const { items, error } = await run(UPLOAD, { files: { data: bill } });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({
			name: 'bill.pdf',
			type: 'application/pdf',
			size: PDF.length,
			state: expect.any(String),
		});
		expect(talkdesk.attachments()).toMatchObject([
			{ id: items[0]?.json.id, name: 'bill.pdf', type: 'application/pdf', sha256: sha256(PDF) },
		]);
	});

	it('gives a name that is taken a unique one, and moves no bytes twice', async () => {
		await uploaded();
		const before = requests('PUT');
		const { items } = await run(UPLOAD, { files: { data: bill }, executionId: 'execution-2' });
		expect(items[0]?.json.name).toMatch(/^bill-[0-9a-f]{8}\.pdf$/);
		expect(requests('PUT')).toBe(before + 1);
	});

	it('leaves the parameters of a type out', async () => {
		const file = { ...text('a.txt'), type: 'text/plain; charset=utf-8' };
		const { items, error } = await run(UPLOAD, { files: { data: file } });
		expect(error).toBeUndefined();
		expect(items[0]?.json.type).toBe('text/plain');
	});

	it('takes another name', async () => {
		const { items } = await run(
			{ ...UPLOAD, options: { fileName: 'other.pdf' } },
			{ files: { data: bill } },
		);
		expect(items[0]?.json.name).toBe('other.pdf');
	});

	it.each([
		[{ allowedMimeTypes: 'image/*' }, 'not allowed'],
		[{ maxFileSize: 0.1 }, 'larger than 0.1 MB'],
	])('refuses under %j before a byte moves', async (options, reason) => {
		const { error } = await run({ ...UPLOAD, options }, { files: { data: bill } });
		expect(error?.message).toContain(reason);
		expect(talkdesk.log).toEqual([]);
	});

	it('refuses a file whose bytes contradict its type, where that is wanted', async () => {
		const fake = { ...bill, type: 'image/png' };
		const wanted = await run(
			{ ...UPLOAD, options: { checkSignature: true } },
			{ files: { data: fake } },
		);
		expect(wanted.error?.message).toContain('a PDF document');
		expect(talkdesk.log).toEqual([]);
		const { error } = await run(UPLOAD, { files: { data: fake } });
		expect(error).toBeUndefined();
	});

	it('says what the storage says', async () => {
		talkdesk.configure({ uploadFailure: () => 403 });
		const { error } = await run(UPLOAD, { files: { data: bill } });
		expect(error?.message).toContain('its storage answered 403');
	});

	it('says that there is no such field', async () => {
		const { error } = await run(
			{ ...UPLOAD, inputDataFieldName: 'photo' },
			{ files: { data: bill } },
		);
		expect(`${error?.message} ${error?.description}`).toContain('photo');
	});

	it('survives a token that expires on the way', async () => {
		await started();
		talkdesk.expireTokens();
		await uploaded();
		expect(talkdesk.attachments()).toMatchObject([{ sha256: sha256(PDF) }]);
	});
});

describe('attachment: download', () => {
	const downloadOf = (attachmentId: string, options: IDataObject = {}) =>
		({
			resource: 'attachment',
			operation: 'download',
			attachmentId,
			outputDataFieldName: 'file',
			options,
		}) as INodeParameters;

	it('fetches a file byte for byte, with its name and type, into storage on disk', async () => {
		const id = await uploaded();
		const { items, error } = await run(downloadOf(id));
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ id, name: 'bill.pdf', size: PDF.length });
		const file = items[0]?.binary?.file;
		expect(file).toMatchObject({ fileName: 'bill.pdf', mimeType: 'application/pdf' });
		expect(file?.id).toMatch(/^filesystem/);
		expect(sha256(await contentOf(file))).toBe(sha256(PDF));
	});

	it.each([
		[{ allowedMimeTypes: 'image/*' }, 'not allowed'],
		[{ maxFileSize: 0.1 }, 'larger than 0.1 MB'],
	])('refuses under %j before a byte moves', async (options, reason) => {
		const id = await uploaded();
		const before = requests('GET');
		const { error } = await run(downloadOf(id, options));
		expect(error?.message).toContain(reason);
		expect(requests('GET')).toBe(before + 1);
	});

	it('refuses a file whose bytes contradict its type, where that is wanted', async () => {
		const id = await uploaded({ ...bill, type: 'image/png' });
		const { error } = await run(downloadOf(id, { checkSignature: true }));
		expect(error?.message).toContain('a PDF document');
	});

	it.each([404, 403, 500])('says that the storage answered %i', async (status) => {
		const id = await uploaded();
		talkdesk.configure({ downloadFailure: () => status });
		const { error } = await run(downloadOf(id));
		expect(error?.message).toContain(`its storage answered ${status}`);
	});
});

it('attachment: get, getAll and delete', async () => {
	const names = ['a.txt', 'b.txt', 'c.txt'];
	const ids: string[] = [];
	for (const name of names) ids.push(await uploaded(text(name)));
	ids.push(await uploaded());
	const all = { resource: 'attachment', operation: 'getAll', filters: {}, options: {} };

	const get = await run({
		resource: 'attachment',
		operation: 'get',
		attachmentId: String(ids[0]),
		options: {},
	});
	expect(get.items[0]?.json).toMatchObject({ id: ids[0], name: 'a.txt', type: 'text/plain' });

	const listed = await run({ ...all, returnAll: true });
	expect(listed.items.map(({ json }) => json.id).sort()).toEqual([...ids].sort());
	expect(listed.items.map(({ pairedItem }) => pairedItem)).toEqual(ids.map(() => ({ item: 0 })));
	expect((await run({ ...all, returnAll: false, limit: 2 })).items).toHaveLength(2);
	for (const [filters, count] of [
		[{ name: 'b.txt' }, 1],
		[{ types: 'application/pdf' }, 1],
		[{ types: 'application/pdf, text/plain' }, 4],
		[{ state: 'nowhere' }, 0],
	] as const) {
		expect((await run({ ...all, returnAll: true, filters })).items).toHaveLength(count);
	}

	const gone = await run({
		resource: 'attachment',
		operation: 'delete',
		attachmentId: String(ids[0]),
		options: {},
	});
	expect(gone.items[0]?.json).toEqual({ deleted: true });
	expect((await run({ ...all, returnAll: true })).items).toHaveLength(3);
	const missing = await run({
		resource: 'attachment',
		operation: 'get',
		attachmentId: String(ids[0]),
		options: {},
	});
	expect(missing.error).toMatchObject({ httpCode: '404' });
});

it('getAll says that the limit is no number', async () => {
	const { error } = await run({
		resource: 'attachment',
		operation: 'getAll',
		returnAll: false,
		limit: '={{ "many" }}',
		filters: {},
		options: {},
	});
	expect(error?.message).toBe('The parameter Limit is not a number above 0');
});

it('getAll goes through every page', async () => {
	for (let index = 0; index < 105; index++) await uploaded(text(`${index}.txt`));
	const { items } = await run({
		resource: 'attachment',
		operation: 'getAll',
		returnAll: true,
		filters: {},
		options: {},
	});
	expect(new Set(items.map(({ json }) => json.id)).size).toBe(105);
}, 60_000);

describe('message: send with files', () => {
	const ten = Object.fromEntries(
		Array.from({ length: 10 }, (_, index) => [`file_${index}`, text(`${index}.txt`)]),
	);

	it('sends all files of the item in one message, in their order, without a text', async () => {
		const conversationId = await started();
		const { items, error } = await run(sendOf(conversationId), { files: ten });
		expect(error).toBeUndefined();
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message?.content).toBeNull();
		expect(message?.attachments.map(({ name }) => name)).toEqual(
			Object.values(ten).map(({ name }) => name),
		);
		expect(items[0]?.json.attachments).toEqual(
			message?.attachments.map(({ id, name, type, size }) => ({
				id,
				name,
				type,
				size,
				outcome: 'sent',
			})),
		);
	});

	it('sends the fields that are named, and attachments that are there already', async () => {
		const conversationId = await started();
		const id = await uploaded();
		await run(
			sendOf(
				conversationId,
				{ text: 'Look', inputDataFieldNames: 'file_3, file_1' },
				{ attachmentIds: id },
			),
			{ files: ten },
		);
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message?.content).toBe('Look');
		expect(message?.attachments.map(({ name }) => name)).toEqual(['3.txt', '1.txt', 'bill.pdf']);
	});

	it('sends nine of ten, and explains the one', async () => {
		const conversationId = await started();
		const files = { ...ten, file_4: bill };
		const { items } = await run(sendOf(conversationId, {}, { allowedMimeTypes: 'text/plain' }), {
			files,
		});
		expect(talkdesk.conversation(conversationId)?.messages[0]?.attachments).toHaveLength(9);
		const outcomes = items[0]?.json.attachments;
		expect(outcomes).toHaveLength(10);
		expect(outcomes).toContainEqual({
			outcome: 'failed',
			name: 'bill.pdf',
			error: expect.stringContaining('not allowed'),
		});
	});

	it('sends the text where no file can be sent, and fails where there is no text either', async () => {
		const conversationId = await started();
		talkdesk.configure({ uploadFailure: () => 503 });
		const { items } = await run(sendOf(conversationId, { text: 'See file' }), {
			files: { data: bill },
		});
		expect(items[0]?.json.attachments).toMatchObject([{ outcome: 'failed', name: 'bill.pdf' }]);
		const { error } = await run(sendOf(conversationId), { files: { data: bill } });
		expect(error?.message).toBe('None of the files could be sent');
		expect(error?.description).toContain('bill.pdf');
		expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
	});

	it('says which file Talkdesk did not take (206)', async () => {
		const conversationId = await started();
		talkdesk.configure({
			partialFailure: ({ name }) => (name === 'bill.pdf' ? 'bill.pdf is infected' : undefined),
		});
		const { items } = await run(sendOf(conversationId), { files: { a: text('a.txt'), b: bill } });
		expect(items[0]?.json).toMatchObject({
			partialFailReason: 'bill.pdf is infected',
			attachments: [
				{ name: 'a.txt', outcome: 'sent' },
				{ name: 'bill.pdf', outcome: 'failed', error: 'bill.pdf is infected' },
			],
		});
	});

	it('says that it is unclear where Talkdesk names no file (206)', async () => {
		const conversationId = await started();
		talkdesk.configure({
			partialFailure: ({ name }) => (name === 'bill.pdf' ? 'too bad' : undefined),
		});
		const { items } = await run(sendOf(conversationId), { files: { a: text('a.txt'), b: bill } });
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'unclear' },
			{ outcome: 'unclear' },
		]);
	});
});

it('the transcript goes out as a file', async () => {
	const conversationId = await started();
	const { items, error } = await run({
		resource: 'message',
		operation: 'sendTranscript',
		conversationId,
		transcriptSource: 'json',
		transcript: [
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: 'Hello' },
		],
		sendAs: 'file',
		options: {},
	});
	expect(error).toBeUndefined();
	const [attachment] = talkdesk.attachments();
	expect(attachment?.name).toMatch(/^chat-transcript-\d{4}-\d\d-\d\d\.txt$/);
	expect(talkdesk.conversation(conversationId)?.messages[0]?.attachments).toMatchObject([
		{ id: attachment?.id, type: 'text/plain' },
	]);
	expect(items[0]?.json).toMatchObject({
		transcriptMessages: 2,
		attachments: [{ id: attachment?.id }],
	});
	expect(attachment?.sha256).toBe(sha256(Buffer.from('Customer: Hi\nBot: Hello\n')));
});

describe('the trigger', () => {
	const trigger = async (attachments: IDataObject[], options: IDataObject) =>
		await runNode('talkdeskTrigger', {
			credential,
			parameters: { events: ['message_created'], options: options as INodeParameters },
			items: [{ event: 'message_created', conversationId: 'c', text: 'Look', attachments }],
		});

	it('puts the files of a message into the item', async () => {
		const id = await uploaded();
		const { items } = await trigger([{ id, name: 'bill.pdf', type: 'application/pdf' }], {
			downloadAttachments: true,
		});
		expect(items[0]?.json).toMatchObject({
			text: 'Look',
			attachments: [{ id, field: 'attachment_0' }],
		});
		expect(sha256(await contentOf(items[0]?.binary?.attachment_0))).toBe(sha256(PDF));
	});

	it('asks for name and type where the message has none', async () => {
		const id = await uploaded();
		const { items } = await trigger([{ id }], { downloadAttachments: true });
		expect(items[0]?.binary?.attachment_0).toMatchObject({
			fileName: 'bill.pdf',
			mimeType: 'application/pdf',
		});
	});

	it('lets the message go on where a file cannot be fetched, and says why', async () => {
		const id = await uploaded();
		const { items, error } = await trigger([{ id: 'gone' }, { id }, { name: 'x' }], {
			downloadAttachments: true,
		});
		expect(error).toBeUndefined();
		expect(items[0]?.json.attachments).toMatchObject([
			{ id: 'gone', error: expect.stringContaining('Talkdesk could not find the attachment') },
			{ id, field: 'attachment_1' },
			{ name: 'x', error: expect.stringContaining('no id') },
		]);
		expect(Object.keys(items[0]?.binary ?? {})).toEqual(['attachment_1']);
	});

	it('lets the message go on where the credential is incomplete, too', async () => {
		credential.clientSecret = '';
		const { items, error } = await trigger([{ id: 'a' }], { downloadAttachments: true });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({
			text: 'Look',
			attachments: [{ id: 'a', error: expect.stringContaining('Client Secret') }],
		});
	});

	it('refuses a file that the policy forbids', async () => {
		const id = await uploaded();
		const { items } = await trigger([{ id }], { downloadAttachments: true, maxFileSize: 0.1 });
		expect(items[0]?.json.attachments).toMatchObject([
			{ error: expect.stringContaining('larger') },
		]);
	});

	it('fetches nothing unless it is wanted', async () => {
		const id = await uploaded();
		const before = talkdesk.log.length;
		const { items } = await trigger([{ id }], {});
		expect(items[0]?.binary).toBeUndefined();
		expect(talkdesk.log).toHaveLength(before);
	});
});
