import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { contentOf } from './runNode.mts';
import { run, startConversation, talkdesk } from './fixtures.mts';
import { bill, PDF, sha256, textFile, UPLOAD, uploadFile } from './sample-files.mts';

const requests = (what: string) =>
	talkdesk.log.filter((entry) => entry.what.startsWith(what)).length;

describe('attachment: upload', () => {
	it('uploads a file byte for byte', async () => {
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

	it('uploads a file that n8n keeps in memory', async () => {
		const { items, error } = await run(
			{ ...UPLOAD, options: { checkSignature: true } },
			{ files: { data: { ...bill, inMemory: true } } },
		);
		expect(error).toBeUndefined();
		expect(items[0]?.json.size).toBe(PDF.length);
		expect(talkdesk.attachments()).toMatchObject([{ name: 'bill.pdf', sha256: sha256(PDF) }]);
	});

	it('makes a taken name unique, and transfers the bytes once', async () => {
		await uploadFile();
		const before = requests('PUT');
		const { items } = await run(UPLOAD, { files: { data: bill }, executionId: 'execution-2' });
		expect(items[0]?.json.name).toMatch(/^bill-[0-9a-f]{8}\.pdf$/);
		expect(requests('PUT')).toBe(before + 1);
	});

	it('finds a free name each time that n8n repeats the same execution', async () => {
		for (const _ of [1, 2, 3, 4]) await uploadFile();
		expect(new Set(talkdesk.attachments().map(({ name }) => name)).size).toBe(4);
	});

	it('removes the parameters of a MIME type', async () => {
		const file = { ...textFile('a.txt'), type: 'text/plain; charset=utf-8' };
		const { items, error } = await run(UPLOAD, { files: { data: file } });
		expect(error).toBeUndefined();
		expect(items[0]?.json.type).toBe('text/plain');
	});

	it('uses the file name of the option', async () => {
		const { items } = await run(
			{ ...UPLOAD, options: { fileName: 'other.pdf' } },
			{ files: { data: bill } },
		);
		expect(items[0]?.json.name).toBe('other.pdf');
	});

	it.each([
		[{ allowedMimeTypes: 'image/*' }, 'not allowed'],
		[{ maxFileSize: 0.1 }, 'larger than 0.1 MB'],
	])('rejects a file before its transfer with %j', async (options, reason) => {
		const { error } = await run({ ...UPLOAD, options }, { files: { data: bill } });
		expect(error?.message).toContain(reason);
		expect(error).toMatchObject({ context: { itemIndex: 0 } });
		expect(talkdesk.log).toEqual([]);
	});

	it('rejects a file whose signature contradicts its type, if the option says so', async () => {
		const fake = { ...bill, type: 'image/png' };
		const checked = await run(
			{ ...UPLOAD, options: { checkSignature: true } },
			{ files: { data: fake } },
		);
		expect(checked.error?.message).toContain('a PDF document');
		expect(talkdesk.log).toEqual([]);
		const { error } = await run(UPLOAD, { files: { data: fake } });
		expect(error).toBeUndefined();
	});

	it('shows the error of the storage', async () => {
		talkdesk.configure({ uploadFailure: () => 403 });
		const { error } = await run(UPLOAD, { files: { data: bill } });
		expect(error?.message).toContain('the file storage answered with HTTP 403');
	});

	it('names a missing input field', async () => {
		const { error } = await run(
			{ ...UPLOAD, inputDataFieldName: 'photo' },
			{ files: { data: bill } },
		);
		expect(`${error?.message} ${error?.description}`).toContain('photo');
	});

	it('survives a token that expires before and during the transfer', async () => {
		await startConversation();
		talkdesk.expireTokens();
		talkdesk.configure({ uploadFailure: () => void talkdesk.expireTokens() });
		await uploadFile();
		expect(talkdesk.attachments()).toMatchObject([{ sha256: sha256(PDF) }]);
		expect(talkdesk.counts().tokensIssued).toBe(3);
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

	it('downloads a file byte for byte, with its name and type, to disk', async () => {
		const id = await uploadFile();
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
	])('rejects a file before its transfer with %j', async (options, reason) => {
		const id = await uploadFile();
		const before = requests('GET');
		const { error } = await run(downloadOf(id, options));
		expect(error?.message).toContain(reason);
		expect(requests('GET')).toBe(before + 1);
	});

	it('rejects a file whose signature contradicts its type, if the option says so', async () => {
		const id = await uploadFile({ ...bill, type: 'image/png' });
		const { error } = await run(downloadOf(id, { checkSignature: true }));
		expect(error?.message).toContain('a PDF document');
	});

	it.each([404, 403, 500])('shows the status of the storage: %i', async (status) => {
		const id = await uploadFile();
		talkdesk.configure({ downloadFailure: () => status });
		const { error } = await run(downloadOf(id, { maxRetries: 1 }));
		expect(error?.message).toContain(`the file storage answered with HTTP ${status}`);
	});
});

it('attachment: get, getAll and delete', async () => {
	const names = ['a.txt', 'b.txt', 'c.txt'];
	const ids: string[] = [];
	for (const name of names) ids.push(await uploadFile(textFile(name)));
	ids.push(await uploadFile());
	const all = { resource: 'attachment', operation: 'getAll', filters: {}, options: {} };

	const get = await run({
		resource: 'attachment',
		operation: 'get',
		attachmentId: String(ids[0]),
		options: {},
	});
	expect(get.items[0]?.json).toEqual({
		...{ id: ids[0], name: 'a.txt', type: 'text/plain', size: textFile('a.txt').content.length },
		state: expect.any(String),
	});

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

it('getAll rejects a limit that is no number', async () => {
	const { error } = await run({
		resource: 'attachment',
		operation: 'getAll',
		returnAll: false,
		limit: '={{ "many" }}',
		filters: {},
		options: {},
	});
	expect(error?.message).toBe("The 'Limit' parameter must be a whole number of 1 or more");
});

it('getAll reads every page', async () => {
	for (let index = 0; index < 105; index++) await uploadFile(textFile(`${index}.txt`));
	const { items } = await run({
		resource: 'attachment',
		operation: 'getAll',
		returnAll: true,
		filters: {},
		options: {},
	});
	expect(new Set(items.map(({ json }) => json.id)).size).toBe(105);
}, 60_000);
