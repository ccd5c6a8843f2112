import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { cleanUp, connectedForTest, errorOf, invalid, request, time } from './testing.mts';
import {
	attachmentsOf,
	filesOnDisk,
	foldersOnDisk,
	measure,
	put,
	setUpAttachments,
	sha256,
} from './testing-attachments.mts';
import type { SimulatorOptions } from '../simulator.mts';

afterEach(cleanUp);

describe('send', () => {
	async function started(options: SimulatorOptions = {}) {
		const { talkdesk, client, files } = await setUpAttachments(options);
		const id = await client.startConversation();
		const bill = await files.attachment('bill.pdf', '%PDF', 'application/pdf');
		const photo = await files.attachment('photo.png', 'x', 'image/png');
		const file = ({ id, name, type, size }: typeof bill) => ({ id, name, type, size });
		return { talkdesk, client, files, id, bill: file(bill), photo: file(photo) };
	}

	test('accepts attachments, with and without text', async () => {
		const { talkdesk, client, id, bill, photo } = await started();
		const text = await client.send(id, { content: 'The bill', attachments: [bill] });
		expect(errorOf(text)).toEqual({
			status: 201,
			data: { id, created_at: time, message_id: expect.any(String) },
		});
		expect((await client.send(id, { attachments: [photo, bill] })).status).toBe(201);
		expect(talkdesk.conversation(id)?.messages).toMatchObject([
			{ content: 'The bill', attachments: [bill] },
			{ content: null, attachments: [photo, bill] },
		]);
		expect(talkdesk.log.at(-1)?.summary).toBe('customer: [photo.png] [bill.pdf]');
	});

	test.each([
		['name', 'other.pdf'],
		['type', 'application/PDF'],
		['size', 5],
		['id', 'unknown'],
	])('rejects another %s than that of the attachment', async (field, value) => {
		const { talkdesk, client, id, bill, photo } = await started();
		const attachments = [photo, { ...bill, [field]: value }];
		const answer = await client.send(id, { content: 'x', attachments });
		expect(errorOf(answer)).toEqual(invalid(`attachments[1].${field}`));
		expect(talkdesk.conversation(id)?.messages).toEqual([]);
	});

	test('names every mismatch, and deleted attachments', async () => {
		const { client, files, id, bill, photo } = await started();
		await files.remove(photo.id);
		const attachments = [{ ...photo, id: bill.id }, photo];
		expect(errorOf(await client.send(id, { attachments }))).toEqual(
			invalid(
				'attachments[0].name',
				'attachments[0].type',
				'attachments[0].size',
				'attachments[1].id',
			),
		);
	});

	test('answers 206 if partialFailure rejects an attachment', async () => {
		const asked: object[] = [];
		const { talkdesk, client, id, bill, photo } = await started({
			partialFailure(attachment) {
				asked.push(attachment);
				return attachment.type === 'image/png' ? `no ${attachment.name}` : undefined;
			},
		});
		const body = { content: 'x', attachments: [photo, bill, photo] };
		const answer = await client.send(id, body, 'same');
		expect(errorOf(answer)).toEqual({
			status: 206,
			data: {
				...{ id, created_at: time, message_id: talkdesk.conversation(id)?.messages[0]?.id },
				partial_fail_reason: 'no photo.png; no photo.png',
			},
		});
		expect(asked).toEqual([photo, bill, photo]);
		expect(talkdesk.conversation(id)?.messages).toMatchObject([{ attachments: [bill] }]);

		// The same response for the same key, although the option has changed.
		talkdesk.configure({ partialFailure: () => undefined });
		expect(errorOf(await client.send(id, body, 'same'))).toEqual(errorOf(answer));
		expect((await client.send(id, body, 'other')).status).toBe(201);
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	test('stores the message without any accepted attachment', async () => {
		const { talkdesk, client, id, bill } = await started({ partialFailure: () => '' });
		const answer = await client.send(id, { attachments: [bill] });
		expect(answer).toMatchObject({ status: 206, data: { partial_fail_reason: '' } });
		expect(talkdesk.conversation(id)?.messages).toMatchObject([{ content: null, attachments: [] }]);
	});
});

describe('an agent with files', () => {
	async function joined(options: SimulatorOptions = {}) {
		const connected = await connectedForTest(undefined, options);
		const { talkdesk, conversation_id: id } = connected;
		await talkdesk.agent.join(id, { name: 'Grace' });
		const last = () => JSON.parse(connected.n8n.calls.at(-1)?.body ?? '') as unknown;
		return { ...connected, id, last, files: await attachmentsOf(talkdesk) };
	}

	const type = 'text/plain';
	const mentioned = (name: string, size: number) => ({ id: expect.any(String), name, type, size });

	test.each<['envelope' | 'flat' | 'relay', (files: object) => object]>([
		['envelope', (files) => ({ payload: expect.objectContaining({ content: '', ...files }) })],
		['flat', (files) => ({ content: '', ...files })],
		['relay', (files) => ({ payload: expect.objectContaining({ content: '', ...files }) })],
	])('sends them in the payload: %s', async (payloadForm, expected) => {
		const { talkdesk, id, last, files } = await joined({ payloadForm });
		const path = join(foldersOnDisk()[0] ?? '', 'source');
		await writeFile(path, 'from a path');
		const delivery = await talkdesk.agent.say(id, '', {
			files: [
				{ name: 'buffer', type, content: Buffer.from('from a buffer') },
				{ name: 'stream', type, content: () => Readable.from([Buffer.from('str'), 'eam']) },
				{ name: 'path', type, content: path },
			],
		});
		expect(delivery).toMatchObject({ ok: true });
		const attachments = [mentioned('buffer', 13), mentioned('stream', 6), mentioned('path', 11)];
		expect(last()).toEqual(expect.objectContaining(expected({ attachments })));
		expect(talkdesk.conversation(id)?.messages).toMatchObject([{ content: '', attachments }]);

		const stored = talkdesk.conversation(id)?.messages[0]?.attachments[1];
		expect(talkdesk.attachment(stored?.id ?? '')).toEqual({
			...{ ...stored, sha256: sha256('stream'), state: 'available', createdBy: 'agent' },
		});
		const url = await files.downloadUrl(stored?.id ?? '');
		expect((await request('GET', url)).data).toBe('stream');
	});

	test('leaves the field attachments out if there are none', async () => {
		const { talkdesk, id, last } = await joined();
		await talkdesk.agent.say(id, 'Hello', { files: [] });
		expect(last()).toHaveProperty('payload.content', 'Hello');
		expect(last()).not.toHaveProperty('payload.attachments');
	});

	test('may use a name again, which the API may not', async () => {
		const { talkdesk, id, files } = await joined();
		const content = Buffer.from('x');
		for (const name of ['bill', 'bill']) {
			await talkdesk.agent.say(id, '', { files: [{ name, type, content }] });
		}
		expect(talkdesk.attachments()).toMatchObject([{ name: 'bill' }, { name: 'bill' }]);
		const request_id = await files.uploadBytes();
		expect((await files.create({ name: 'bill', request_id })).status).toBe(409);
	});

	test('stores nothing if a file cannot be read, or the conversation ends', async () => {
		const { talkdesk, client, id, n8n } = await joined();
		const good = { name: 'good', type, content: Buffer.from('x') };
		const broken = { name: 'broken', type, content: join(__dirname, 'there-is-none') };
		const say = talkdesk.agent.say(id, 'x', { files: [good, broken] });
		await expect(say).rejects.toMatchObject({ code: 'ENOENT' });
		const late = talkdesk.agent.say(id, 'x', {
			files: [
				{
					...good,
					content: () => Readable.from(slowly(() => client.end(id))),
				},
			],
		});
		await expect(late).rejects.toMatchObject({ status: 409 });
		expect(talkdesk.conversation(id)?.messages).toEqual([]);
		expect(talkdesk.attachments()).toEqual([]);
		expect(filesOnDisk()).toEqual([]);
		expect(n8n.calls.map(({ url }) => url)).toEqual([
			'/conversation_started',
			'/conversation_ended',
		]);
	});

	async function* slowly(before: () => Promise<unknown>) {
		await before();
		yield Buffer.from('late');
	}

	test.each<[string, unknown, string[]]>([
		['neither text nor files', [], ['text']],
		['no name', [{ type, content: Buffer.from('x') }], ['files[0].name']],
		['no MIME type', [{ name: 'x', type: 'text', content: Buffer.from('x') }], ['files[0].type']],
		['another content', [{ name: 'x', type, content: 1 }], ['files[0].content']],
		['more', [{ name: 'x', type, content: 'x', size: 1 }], ['files[0].size']],
	])('is rejected with %s', async (_, files, fields) => {
		const { talkdesk, id } = await joined();
		const say = talkdesk.agent.say(id, '', { files: files as [] });
		await expect(say).rejects.toMatchObject({
			details: { fields: fields.map((name) => expect.objectContaining({ name })) },
		});
	});

	test('sends them over HTTP as base64', async () => {
		const { talkdesk, id, last } = await joined();
		const url = `${talkdesk.agentApiUrl}/conversations/${id}/say`;
		const file = { name: 'a.txt', type, content: Buffer.from('Olá').toString('base64') };
		const answer = await request('POST', url, { files: [file] });
		expect(answer).toMatchObject({ status: 200, data: { ok: true } });
		expect(last()).toHaveProperty('payload.attachments', [mentioned('a.txt', 4)]);
		const [stored] = talkdesk.attachments();
		expect(await measure(talkdesk.attachmentContent(stored?.id ?? ''))).toEqual({
			...{ size: 4, sha256: sha256('Olá') },
		});
		const wrong = await request('POST', url, { files: [{ ...file, content: '/a/path' }] });
		expect(errorOf(wrong)).toEqual(invalid('files[0].content'));
		expect((await request('POST', url, {})).status).toBe(400);
	});
});

describe('the log', () => {
	test('has uploads and downloads, without the signatures of links', async () => {
		const { talkdesk, client, files } = await setUpAttachments();
		const { request_id, url } = await files.link();
		await put(url, Buffer.from('Hello'), { authorization: 'Bearer local-token-secret' });
		await put(url, Buffer.from('Hello'));
		await files.create({ name: 'a.txt', request_id });
		const [{ id } = { id: '' }] = talkdesk.attachments();
		const download = await files.downloadUrl(id);
		await request('GET', download);
		await client.send(await client.startConversation(), { content: `${url} ${download}` });
		const entry = { direction: 'in', at: time, ms: expect.any(Number) };
		const storage = talkdesk.log.filter(({ what }) => / \/(up|down)loads/.test(what));
		expect(storage).toEqual([
			{
				...{ ...entry, what: `PUT /uploads/${request_id}`, status: 400 },
				summary: expect.stringContaining('InvalidArgument'),
			},
			{
				...{ ...entry, what: `PUT /uploads/${request_id}`, status: 200 },
				summary: '5 bytes of text/plain',
			},
			{ ...entry, what: `GET /downloads/${id}`, status: 200, summary: '5 bytes of a.txt' },
		]);
		const text = JSON.stringify([talkdesk.log, talkdesk.log.map(talkdesk.format)]);
		for (const link of [url, download]) {
			expect(text).not.toContain(new URL(link).searchParams.get('Signature'));
		}
		expect(text).not.toContain('local-token-secret');
		expect(text).toContain('Signature=[secret]');
	});
});
