import { runNode } from './runNode.mts';
import { credential, run, started, talkdesk } from './fixtures.mts';
import { bill, PDF, sendOf, text, UPLOAD, uploaded } from './sample-files.mts';

describe('the combined binary mode', () => {
	it.each([
		['*', ['a.txt', 'bill.pdf']],
		['b', ['bill.pdf']],
		['_files.b, a', ['bill.pdf', 'a.txt']],
	])('files in the JSON are sent: %s', async (inputDataFieldNames, names) => {
		const conversationId = await started();
		const { items, error } = await run(
			sendOf(conversationId, { text: 'See', inputDataFieldNames }),
			{
				files: { a: text('a.txt'), b: bill },
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

	it('a list of files is sent, what is no file costs none of them', async () => {
		const conversationId = await started();
		const { error } = await run(sendOf(conversationId), {
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

	it('a field without a file in it is an outcome, not silence', async () => {
		const conversationId = await started();
		const { items } = await run(sendOf(conversationId, { text: 'See' }), {
			items: [{ _files: { photo: { fileName: 'a.txt', mimeType: 'text/plain' } } }],
			isCombined: true,
		});
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'failed', name: 'a.txt', error: "The field 'photo' contains no file" },
		]);
	});

	it('a field that is missing is named', async () => {
		const conversationId = await started();
		const { items } = await run(
			sendOf(conversationId, { text: 'See', inputDataFieldNames: 'photo' }),
			{
				files: { a: text('a.txt') },
				isCombined: true,
			},
		);
		expect(items[0]?.json.attachments).toMatchObject([
			{ outcome: 'failed', name: 'photo', error: expect.stringContaining('photo') },
		]);
	});

	it('nothing of the JSON is a file without it: anybody may have written that', async () => {
		const conversationId = await started();
		const { items } = await run(sendOf(conversationId, { text: 'See' }), {
			items: [{ _files: { a: { fileName: 'a.txt', mimeType: 'text/plain', data: 'SGk=' } } }],
		});
		expect(items[0]?.json.attachments).toEqual([]);
	});

	it('a file is uploaded by its field', async () => {
		expect(await run(UPLOAD, { files: { data: bill }, isCombined: true })).toMatchObject({
			error: undefined,
			items: [{ json: { name: 'bill.pdf', size: PDF.length } }],
		});
	});
});

describe('files as items have them', () => {
	const sent = async (files: Parameters<typeof run>[1]) => {
		const conversationId = await started();
		const { items, error } = await run(sendOf(conversationId), files);
		expect(error).toBeUndefined();
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		return { output: items[0]?.json.attachments, attachments: message?.attachments ?? [] };
	};

	it('one without a type is sent as bytes of any kind', async () => {
		const nothing = JSON.parse('{ "type": null }');
		const file = { ...text('a.txt'), ...nothing, inMemory: true };
		const { attachments } = await sent({ files: { a: file } });
		expect(attachments).toMatchObject([{ name: 'a.txt', type: 'application/octet-stream' }]);
	});

	it('one without a name is called as its field is', async () => {
		expect((await sent({ files: { photo: { ...bill, name: '' } } })).attachments).toMatchObject([
			{ name: 'photo' },
		]);
	});

	it('names that no file system takes are sent clean, and the output says how', async () => {
		const { attachments, output } = await sent({
			files: {
				a: text('invoice/2026.txt'),
				b: text('a\u202Efdp.exe'),
				c: text('Ä'.repeat(200) + '.txt'),
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

	it('two of one name arrive under two', async () => {
		const { attachments } = await sent({ files: { a: text('image.png'), b: text('image.png') } });
		expect(attachments.map(({ name }) => name)).toEqual(['image.png', 'image-2.png']);
	});
});

it('a name that n8n would cut is usable after a download', async () => {
	const id = await uploaded({ ...bill, name: 'a.pdf' });
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
	])('is an error that names it: %s', async (_what, inputDataFieldName, names) => {
		for (const inMemory of [false, true]) {
			const { error } = await run(
				{ ...UPLOAD, inputDataFieldName },
				{ files: { photo: { ...bill, inMemory }, other: { ...text('a.txt'), inMemory } } },
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
		'the name is taken: %s',
		async (inputDataFieldName) => {
			const { error } = await run({ ...UPLOAD, inputDataFieldName }, { files: { data: bill } });
			expect(error).toBeUndefined();
		},
	);

	it('several names are too many for one upload', async () => {
		const { error } = await run({ ...UPLOAD, inputDataFieldName: 'a, b' }, { files: { a: bill } });
		expect(error?.message).toBe("The 'Input Data Field Name' parameter has several names");
	});

	it.each(['={{ null }}', '={{ "" }}', '={{ [] }}', '={{ [null] }}'])(
		'no name is an error: %s',
		async (inputDataFieldName) => {
			const { error } = await run({ ...UPLOAD, inputDataFieldName }, { files: { a: bill } });
			expect(error?.message).toBe("The 'Input Data Field Name' parameter is empty");
		},
	);
});
