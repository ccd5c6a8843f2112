import axios from 'axios';
import Fastify from 'fastify';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { contentOf, runNode } from './runNode.mts';
import {
	credential,
	failFirst,
	run,
	SEND_ROUTE,
	startConversation,
	talkdesk,
	transcriptTo,
} from './fixtures.mts';
import { bill, PDF, sendFiles, sha256, textFile, uploadFile } from './sample-files.mts';

describe('message: send with files', () => {
	const ten = Object.fromEntries(
		Array.from({ length: 10 }, (_, index) => [`file_${index}`, textFile(`${index}.txt`)]),
	);

	it('sends all files of the item in one message, in their order, without a text', async () => {
		const conversationId = await startConversation();
		const { items, error } = await run(sendFiles(conversationId), { files: ten });
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

	it('sends the chosen fields, and existing attachments', async () => {
		const conversationId = await startConversation();
		const id = await uploadFile();
		await run(
			sendFiles(
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

	it('takes type and size of an attachment from its storage if Talkdesk has none', async () => {
		const conversationId = await startConversation();
		const id = await uploadFile();
		const original = credential.apiBaseUrl;
		const proxy = Fastify();
		proxy.get('/attachments/2023-03/:id', async () => ({ id, name: 'bill.pdf', size: null }));
		proxy.all('/*', async ({ method, url, headers, body }, reply) => {
			const { status, data } = await axios({
				method,
				url: `${String(original)}${url}`,
				headers: {
					authorization: headers.authorization,
					'x-idempotency-key': headers['x-idempotency-key'],
				},
				data: body,
				validateStatus: () => true,
			});
			return reply.code(status).send(data);
		});
		credential.apiBaseUrl = await proxy.listen({ host: '127.0.0.1', port: 0 });
		const { items, error } = await run(
			sendFiles(conversationId, { inputDataFieldNames: '' }, { attachmentIds: `${id}, ,${id}` }),
		);
		await proxy.close();
		expect(error).toBeUndefined();
		expect(items[0]?.json.attachments).toEqual([
			{ id, name: 'bill.pdf', type: 'application/pdf', size: PDF.length, outcome: 'sent' },
		]);
	});

	it('sends the allowed files, and explains the rejected one', async () => {
		const conversationId = await startConversation();
		const files = { ...ten, file_4: bill };
		const { items } = await run(sendFiles(conversationId, {}, { allowedMimeTypes: 'text/plain' }), {
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

	it('sends the text if no file can be sent, and fails if there is no text either', async () => {
		const conversationId = await startConversation();
		talkdesk.configure({ uploadFailure: () => 403 });
		const { items } = await run(sendFiles(conversationId, { text: 'See file' }), {
			files: { data: bill },
		});
		expect(items[0]?.json.attachments).toMatchObject([{ outcome: 'failed', name: 'bill.pdf' }]);
		const { error } = await run(sendFiles(conversationId), { files: { data: bill } });
		expect(error?.message).toBe('None of the files could be sent');
		expect(error?.description).toContain('bill.pdf');
		expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
	});

	it('reports missing fields and attachments, and sends the rest', async () => {
		const conversationId = await startConversation();
		const { items } = await run(
			sendFiles(
				conversationId,
				{ text: 'Look', inputDataFieldNames: 'photo, data' },
				{ attachmentIds: 'nothing' },
			),
			{ files: { data: bill } },
		);
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'failed', name: 'photo', error: expect.stringContaining('photo') },
			{ outcome: 'sent', name: 'bill.pdf' },
			{ outcome: 'failed', name: 'nothing', error: expect.stringContaining('get the attachment') },
		]);
	});

	it('reports the outcome of every file if the message was not sent', async () => {
		const conversationId = await startConversation();
		await talkdesk.agent.end(conversationId);
		const { items } = await run(
			sendFiles(
				conversationId,
				{},
				{ allowedMimeTypes: 'text/plain', ifConversationEnded: 'continue' },
			),
			{ files: { a: textFile('a.txt'), b: bill } },
		);
		expect(items[0]?.json.attachments).toEqual([
			expect.objectContaining({ name: 'a.txt', outcome: 'notSent' }),
			{ outcome: 'failed', name: 'bill.pdf', error: expect.stringContaining('not allowed') },
		]);
	});

	it('reports unclear if it is unknown whether the message arrived', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		const { items } = await run(sendFiles(conversationId, {}, { ifOutcomeUnknown: 'report' }), {
			files: { a: textFile('a.txt') },
		});
		expect(items[0]?.json).toMatchObject({
			outcomeUnknown: true,
			attachments: [{ name: 'a.txt', outcome: 'unclear' }],
		});
	});

	it('reports the file that Talkdesk rejected (206)', async () => {
		const conversationId = await startConversation();
		talkdesk.configure({
			partialFailure: ({ name }) => (name === 'bill.pdf' ? 'bill.pdf is infected' : undefined),
		});
		const { items } = await run(sendFiles(conversationId), {
			files: { a: textFile('a.txt'), b: bill },
		});
		expect(items[0]?.json).toMatchObject({
			partialFailReason: 'bill.pdf is infected',
			attachments: [
				{ name: 'a.txt', outcome: 'sent' },
				{ name: 'bill.pdf', outcome: 'failed', error: 'bill.pdf is infected' },
			],
		});
	});

	it('reports unclear if Talkdesk names no file (206)', async () => {
		const conversationId = await startConversation();
		talkdesk.configure({
			partialFailure: ({ name }) => (name === 'bill.pdf' ? 'too bad' : undefined),
		});
		const { items } = await run(sendFiles(conversationId), {
			files: { a: textFile('a.txt'), b: bill },
		});
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'unclear' },
			{ outcome: 'unclear' },
		]);
	});
});

it('the transcript is sent as a file', async () => {
	const conversationId = await startConversation();
	const transcript = [
		{ role: 'user', content: 'Hi' },
		{ role: 'assistant', content: 'Hello' },
	];
	const { items, error } = await run({
		...transcriptTo(conversationId, transcript),
		sendAs: 'file',
	});
	expect(error).toBeUndefined();
	const [attachment] = talkdesk.attachments();
	expect(attachment?.name).toMatch(/^chat-transcript-\d{4}-\d\d-\d\d\.txt$/);
	expect(talkdesk.conversation(conversationId)?.messages).toMatchObject([
		{ content: null, attachments: [{ id: attachment?.id, type: 'text/plain' }] },
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
		const id = await uploadFile();
		const { items } = await trigger([{ id, name: 'bill.pdf', type: 'application/pdf' }], {
			downloadAttachments: true,
		});
		expect(items[0]?.json).toMatchObject({
			text: 'Look',
			attachments: [{ id, field: 'attachment_0' }],
		});
		expect(sha256(await contentOf(items[0]?.binary?.attachment_0))).toBe(sha256(PDF));
	});

	it('requests name and type if the message has none', async () => {
		const id = await uploadFile();
		const { items } = await trigger([{ id }], { downloadAttachments: true });
		expect(items[0]?.binary?.attachment_0).toMatchObject({
			fileName: 'bill.pdf',
			mimeType: 'application/pdf',
		});
	});

	it('passes the message on if a download fails, with the reason', async () => {
		const id = await uploadFile();
		const { items, error } = await trigger([{ id: 'gone' }, { id }, { name: 'x' }], {
			downloadAttachments: true,
		});
		expect(error).toBeUndefined();
		expect(items[0]?.json.attachments).toMatchObject([
			{ id: 'gone', error: expect.stringContaining('Talkdesk could not get the attachment') },
			{ id, field: 'attachment_1' },
			{ name: 'x', error: expect.stringContaining('no id') },
		]);
		expect(Object.keys(items[0]?.binary ?? {})).toEqual(['attachment_1']);
	});

	it('passes the message on if the credential is incomplete, with the reason', async () => {
		credential.clientSecret = '';
		const { items, error } = await trigger([{ id: 'a' }], { downloadAttachments: true });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({
			text: 'Look',
			attachments: [{ id: 'a', error: expect.stringContaining('Client Secret') }],
		});
	});

	it('rejects a file that the policy forbids', async () => {
		const id = await uploadFile();
		const { items } = await trigger([{ id }], { downloadAttachments: true, maxFileSize: 0.1 });
		expect(items[0]?.json.attachments).toMatchObject([
			{ error: expect.stringContaining('larger') },
		]);
	});

	it('downloads nothing if the option is off', async () => {
		const id = await uploadFile();
		const before = talkdesk.log.length;
		const { items } = await trigger([{ id }], {});
		expect(items[0]?.binary).toBeUndefined();
		expect(talkdesk.log).toHaveLength(before);
	});
});
