import axios from 'axios';
import Fastify from 'fastify';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { contentOf, runNode } from './runNode.mts';
import { credential, failFirst, run, SEND_ROUTE, started, talkdesk } from './fixtures.mts';
import { bill, PDF, sendOf, sha256, text, uploaded } from './sample-files.mts';

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

	it('sends an attachment with the type and size that its storage says, where Talkdesk knows none', async () => {
		const conversationId = await started();
		const id = await uploaded();
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
			sendOf(conversationId, { inputDataFieldNames: '' }, { attachmentIds: `${id}, ,${id}` }),
		);
		await proxy.close();
		expect(error).toBeUndefined();
		expect(items[0]?.json.attachments).toEqual([
			{ id, name: 'bill.pdf', type: 'application/pdf', size: PDF.length, outcome: 'sent' },
		]);
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
		talkdesk.configure({ uploadFailure: () => 403 });
		const { items } = await run(sendOf(conversationId, { text: 'See file' }), {
			files: { data: bill },
		});
		expect(items[0]?.json.attachments).toMatchObject([{ outcome: 'failed', name: 'bill.pdf' }]);
		const { error } = await run(sendOf(conversationId), { files: { data: bill } });
		expect(error?.message).toBe('None of the files could be sent');
		expect(error?.description).toContain('bill.pdf');
		expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
	});

	it('says which fields and attachments there are none of, and sends the rest', async () => {
		const conversationId = await started();
		const { items } = await run(
			sendOf(
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

	it('says of every file what became of it where the message was not sent', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		const { items } = await run(
			sendOf(
				conversationId,
				{},
				{ allowedMimeTypes: 'text/plain', ifConversationEnded: 'continue' },
			),
			{ files: { a: text('a.txt'), b: bill } },
		);
		expect(items[0]?.json.attachments).toEqual([
			expect.objectContaining({ name: 'a.txt', outcome: 'notSent' }),
			{ outcome: 'failed', name: 'bill.pdf', error: expect.stringContaining('not allowed') },
		]);
	});

	it('says that it is unclear where nobody knows whether the message arrived', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		const { items } = await run(sendOf(conversationId, {}, { ifOutcomeUnknown: 'report' }), {
			files: { a: text('a.txt') },
		});
		expect(items[0]?.json).toMatchObject({
			outcomeUnknown: true,
			attachments: [{ name: 'a.txt', outcome: 'unclear' }],
		});
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
			{ id: 'gone', error: expect.stringContaining('Talkdesk could not get the attachment') },
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
