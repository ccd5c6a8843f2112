import { runNode } from './runNode.mts';
import { credential, run, startConversation, talkdesk } from './fixtures.mts';
import { bill, PDF, sendFiles, textFile, UPLOAD, uploadFile } from './sample-files.mts';

describe('the combined binary mode', () => {
	it.each([
		['*', ['a.txt', 'bill.pdf']],
		['b', ['bill.pdf']],
		['_files.b, a', ['bill.pdf', 'a.txt']],
	])('sends files in the JSON: %s', async (inputDataFieldNames, names) => {
		const conversationId = await startConversation();
		const { items, error } = await run(
			sendFiles(conversationId, { text: 'See', inputDataFieldNames }),
			{
				files: { a: textFile('a.txt'), b: bill },
				isCombined: true,
			},
		);
		expect(error).toBeUndefined();
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message?.attachments.map(({ name }) => name)).toEqual(names);
		expect(items[0]?.json.attachments).toMatchObject(
			names.map((name) => ({ name, outcome: 'sent' })),
		);
	});

	it('sends a list of files, and skips entries that are none', async () => {
		const conversationId = await startConversation();
		const { error } = await run(sendFiles(conversationId), {
			items: [
				{
					_files: [
						{ fileName: 'a.txt', mimeType: 'text/plain', data: 'SGk=' },
						null,
						'x',
						{ data: 'SGk=' },
					],
				},
			],
			isCombined: true,
		});
		expect(error).toBeUndefined();
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message?.attachments).toMatchObject([
			{ name: 'a.txt', type: 'text/plain' },
			{ name: '3', type: 'application/octet-stream' },
		]);
	});

	it('reports a field without a file', async () => {
		const conversationId = await startConversation();
		const { items } = await run(sendFiles(conversationId, { text: 'See' }), {
			items: [{ _files: { photo: { fileName: 'a.txt', mimeType: 'text/plain' } } }],
			isCombined: true,
		});
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'failed', name: 'a.txt', error: "The field 'photo' contains no file" },
		]);
	});

	it('names a missing field', async () => {
		const conversationId = await startConversation();
		const { items } = await run(
			sendFiles(conversationId, { text: 'See', inputDataFieldNames: 'photo' }),
			{
				files: { a: textFile('a.txt') },
				isCombined: true,
			},
		);
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'failed', name: 'photo', error: expect.stringContaining('photo') },
		]);
	});

	it('alone makes JSON a file: without it, the same JSON may come from a stranger', async () => {
		const conversationId = await startConversation();
		const { items } = await run(sendFiles(conversationId, { text: 'See' }), {
			items: [{ _files: { a: { fileName: 'a.txt', mimeType: 'text/plain', data: 'SGk=' } } }],
		});
		expect(items[0]?.json.attachments).toEqual([]);
	});

	it('uploads a file by its field', async () => {
		expect(await run(UPLOAD, { files: { data: bill }, isCombined: true })).toMatchObject({
			error: undefined,
			items: [{ json: { name: 'bill.pdf', size: PDF.length } }],
		});
	});
});

describe('files as items have them', () => {
	const sent = async (files: Parameters<typeof run>[1]) => {
		const conversationId = await startConversation();
		const { items, error } = await run(sendFiles(conversationId), files);
		expect(error).toBeUndefined();
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		return { output: items[0]?.json.attachments, attachments: message?.attachments ?? [] };
	};

	it('one without a type is sent as application/octet-stream', async () => {
		const nothing = JSON.parse('{ "type": null }');
		const file = { ...textFile('a.txt'), ...nothing, inMemory: true };
		const { attachments } = await sent({ files: { a: file } });
		expect(attachments).toMatchObject([{ name: 'a.txt', type: 'application/octet-stream' }]);
	});

	it('one without a name has the name of its field', async () => {
		expect((await sent({ files: { photo: { ...bill, name: '' } } })).attachments).toMatchObject([
			{ name: 'photo' },
		]);
	});

	it('names that are invalid in file systems are sanitized, also in the output', async () => {
		const { attachments, output } = await sent({
			files: {
				a: textFile('invoice/2026.txt'),
				b: textFile('a\u202Efdp.exe'),
				c: textFile('Ä'.repeat(200) + '.txt'),
			},
		});
		expect(attachments.map(({ name }) => name)).toEqual([
			'invoice_2026.txt',
			'afdp.exe',
			expect.stringMatching(/^Ä{125}\.txt$/),
		]);
		expect(output).toMatchObject(
			attachments.map(({ id, name }) => ({ id, name, outcome: 'sent' })),
		);
	});

	it('two with the same name get different ones', async () => {
		const { attachments } = await sent({
			files: { a: textFile('image.png'), b: textFile('image.png') },
		});
		expect(attachments.map(({ name }) => name)).toEqual(['image.png', 'image-2.png']);
	});
});

it('a downloaded file has a sanitized name that n8n does not split', async () => {
	const id = await uploadFile({ ...bill, name: 'a.pdf' });
	const { items } = await runNode('talkdeskTrigger', {
		credential,
		parameters: { events: ['message_created'], options: { downloadAttachments: true } },
		items: [
			{
				event: 'message_created',
				conversationId: 'c',
				attachments: [{ id, name: 'invoice/2026\u202E.pdf', type: 'application/pdf' }],
			},
		],
	});
	expect(items[0]?.binary?.attachment_0).toMatchObject({ fileName: 'invoice_2026.pdf' });
	expect(items[0]?.binary?.attachment_0?.directory).toBeUndefined();
});

describe('a file instead of the name of its field', () => {
	it.each([
		['a dragged file', '={{ $binary.photo }}', 'photo'],
		['with a space behind it', '={{ $binary.photo }} ', 'photo or other'],
		['all of them', '={{ $binary }}', 'photo or other'],
		['in a list', '={{ [$binary.photo] }}', 'photo'],
	])('is an error that names the field: %s', async (_what, inputDataFieldName, names) => {
		for (const inMemory of [false, true]) {
			const { error } = await run(
				{ ...UPLOAD, inputDataFieldName },
				{ files: { photo: { ...bill, inMemory }, other: { ...textFile('a.txt'), inMemory } } },
			);
			expect(error?.message).toBe(
				"The 'Input Data Field Name' parameter must be the name of a field",
			);
			expect(error?.description).toContain(
				`the name of the field, ${names}, without an expression`,
			);
			expect(error).toMatchObject({ context: { itemIndex: 0 } });
		}
		expect(talkdesk.log).toEqual([]);
	});

	it.each(['={{ ["data"] }}', '={{ "data" }}', ' data '])(
		'is not found in a plain name: %s',
		async (inputDataFieldName) => {
			const { error } = await run({ ...UPLOAD, inputDataFieldName }, { files: { data: bill } });
			expect(error).toBeUndefined();
		},
	);

	it('is not found in several names, which are an error for an upload', async () => {
		const { error } = await run({ ...UPLOAD, inputDataFieldName: 'a, b' }, { files: { a: bill } });
		expect(error?.message).toBe("The 'Input Data Field Name' parameter has several names");
	});

	it.each(['={{ null }}', '={{ "" }}', '={{ [] }}', '={{ [null] }}'])(
		'is not found in an empty name, which is an error: %s',
		async (inputDataFieldName) => {
			const { error } = await run({ ...UPLOAD, inputDataFieldName }, { files: { a: bill } });
			expect(error?.message).toBe("The 'Input Data Field Name' parameter is empty");
		},
	);
});
