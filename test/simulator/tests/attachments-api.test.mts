import { z } from 'zod';
import { scopes } from '../contract.mts';
import type { SimulatorOptions } from '../simulator.mts';
import { cleanUp, errorOf, invalid, apiError, request, time, tokenFor } from './testing.mts';
import { setUpAttachments, sha256 } from './testing-attachments.mts';

afterEach(cleanUp);

describe('upload link', () => {
	test('gives a request id, and a link on another origin', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const answer = await files.requestLink({});
		expect(errorOf(answer)).toEqual({
			status: 200,
			data: { request_id: expect.any(String), url: expect.any(String) },
		});
		const { url } = await files.link({ allowed_mime_types: ['image/png'] });
		expect(new URL(url).origin).toBe(talkdesk.storageUrl);
		expect(talkdesk.storageUrl).not.toBe(talkdesk.url);
	});

	test.each<[string, unknown, string[]]>([
		['no body', '', ['body']],
		['an unknown field', { name: 'x' }, ['name']],
		['a type that is text', { allowed_mime_types: 'image/png' }, ['allowed_mime_types']],
		['no types at all', { allowed_mime_types: [] }, ['allowed_mime_types']],
		['a star', { allowed_mime_types: ['a/b', 'image/*'] }, ['allowed_mime_types[1]']],
	])('rejects %s', async (_, body, fields) => {
		const { files } = await setUpAttachments();
		expect(errorOf(await files.requestLink(body))).toEqual(invalid(...fields));
	});
});

describe('create', () => {
	test.each(['create', 'createWithSlash'] as const)('%s gives the resource', async (create) => {
		const { talkdesk, files } = await setUpAttachments();
		const request_id = await files.uploadBytes('%PDF', 'application/pdf');
		const metadata = { order: '42' };
		const answer = await files[create]({ name: 'bill.pdf', request_id, metadata });
		const [{ id } = { id: '' }] = talkdesk.attachments();
		expect(errorOf(answer)).toEqual({
			status: 200,
			data: {
				...{ id, name: 'bill.pdf', state: 'available', size: 4, type: 'application/pdf', metadata },
				_links: {
					self: { href: `${files.base}/${id}` },
					download_link: { href: `${files.base}/${id}/download-link` },
				},
			},
		});
		const info = {
			...{ id, name: 'bill.pdf', type: 'application/pdf', size: 4 },
			...{ sha256: sha256('%PDF'), state: 'available', createdBy: 'api' },
		};
		expect(talkdesk.attachments()).toEqual([info]);
		expect(talkdesk.attachment(id)).toEqual(info);
		expect(() => Object.assign(talkdesk.attachment(id) ?? {}, { name: 'x' })).toThrow(TypeError);
		expect(talkdesk.attachment('nothing')).toBeUndefined();
	});

	test('takes the request id as the name, and leaves metadata out', async () => {
		const { files } = await setUpAttachments();
		const request_id = await files.uploadBytes();
		const { data } = await files.create({ request_id });
		expect(data).toMatchObject({ name: request_id });
		expect(data).not.toHaveProperty('metadata');
	});

	test('rejects a taken name, and accepts the upload with another one', async () => {
		const { talkdesk, files } = await setUpAttachments();
		await files.attachment('bill.pdf');
		const request_id = await files.uploadBytes('other');
		expect(errorOf(await files.create({ name: 'bill.pdf', request_id }))).toEqual(apiError(409));
		expect((await files.create({ name: 'bill (2).pdf', request_id })).status).toBe(200);
		expect(talkdesk.attachments()).toMatchObject([
			{ name: 'bill.pdf' },
			{ name: 'bill (2).pdf', sha256: sha256('other') },
		]);
		expect(talkdesk.counts().routes['PUT /uploads/:id']).toBe(2);
	});

	test('rejects a request id that is missing, unknown, without bytes or used', async () => {
		const { talkdesk, files } = await setUpAttachments();
		await files.attachment('taken');
		const used = await files.uploadBytes();
		await files.create({ request_id: used });
		const { request_id: empty } = await files.link();
		for (const request_id of [undefined, 'unknown', empty, used]) {
			const answer = await files.create({ name: 'taken', request_id });
			expect(errorOf(answer)).toEqual(invalid('request_id'));
		}
		expect(talkdesk.attachments()).toHaveLength(2);
	});

	test.each<[string, unknown, string[]]>([
		['no body', '', ['body']],
		['an unknown field', { request_id: 'x', type: 'text/plain' }, ['type']],
		['an empty name', { request_id: 'x', name: '' }, ['name']],
		['metadata that is no text', { request_id: 'x', metadata: { a: 1 } }, ['metadata.a']],
	])('rejects %s', async (_, body, fields) => {
		const { files } = await setUpAttachments();
		expect(errorOf(await files.create(body))).toEqual(invalid(...fields));
	});
});

describe('get and delete', () => {
	test('give and remove the resource', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a.txt');
		expect(errorOf(await files.get(id))).toMatchObject({
			status: 200,
			data: { id, name: 'a.txt', size: 5, type: 'text/plain' },
		});
		expect(errorOf(await files.remove(id, {}))).toEqual(invalid('body'));
		expect(errorOf(await files.remove(id))).toEqual({ status: 204, data: '' });
		expect(talkdesk.attachments()).toEqual([]);
		expect(() => talkdesk.attachmentContent(id)).toThrow(TypeError);
		for (const gone of [files.get, files.remove, files.requestDownload]) {
			expect(errorOf(await gone(id))).toEqual(apiError(404));
		}
		// The name is available again.
		expect(await files.attachment('a.txt')).toMatchObject({ name: 'a.txt' });
	});
});

describe('list', () => {
	const names = (data: unknown) =>
		(data as { _embedded: { list: Array<{ name: string }> } })._embedded.list.map(
			({ name }) => name,
		);

	test('is empty at first', async () => {
		const { files } = await setUpAttachments();
		expect(errorOf(await files.list())).toEqual({
			status: 200,
			data: {
				...{ total: 0, page: 1, per_page: 20, _embedded: { list: [] } },
				_links: { self: { href: `${files.base}?page=1` } },
			},
		});
	});

	test('gives complete resources, oldest first, in pages', async () => {
		const { files } = await setUpAttachments();
		for (const name of ['a', 'b', 'c']) await files.attachment(name);
		const { data: first } = await files.list('?per_page=2&state=available');
		expect(first).toMatchObject({ total: 3, page: 1, per_page: 2 });
		expect(names(first)).toEqual(['a', 'b']);
		const { data: second } = await files.list('?per_page=2&state=available&page=2');
		expect(names(second)).toEqual(['c']);
		const page = (n: number) => ({
			href: `${files.base}?per_page=2&state=available&page=${n}`,
		});
		expect(first).toHaveProperty('_links', { self: page(1), next: page(2) });
		expect(second).toHaveProperty('_links', { self: page(2), prev: page(1) });
		expect((await files.list('?page=9')).data).toMatchObject({
			...{ total: 3, page: 9, _embedded: { list: [] } },
		});
	});

	test.each([
		['?name=a', ['a']],
		['?types=image/png', ['b']],
		['?types=image/png&types=text/plain', ['a', 'b', 'c']],
		['?types=image/png,text/plain', []],
		['?metadata[order]=1', ['b', 'c']],
		['?metadata[order]=1&metadata[page]=2', ['c']],
		['?metadata%5Border%5D=1&types=image/png', ['b']],
		['?state=other', []],
	])('%s finds %j', async (query, found) => {
		const { files } = await setUpAttachments();
		await files.attachment('a');
		await files.attachment('b', 'x', 'image/png', { metadata: { order: '1' } });
		await files.attachment('c', 'x', 'text/plain', { metadata: { order: '1', page: '2' } });
		const { data } = await files.list(query);
		expect(names(data)).toEqual(found);
		expect(data).toMatchObject({ total: found.length });
	});

	test.each([
		['?page=0', 'page'],
		['?page=x', 'page'],
		['?page=1&page=2', 'page'],
		['?per_page=101', 'per_page'],
		['?per_page=0', 'per_page'],
		['?per_page=', 'per_page'],
		['?metadata=x', 'metadata'],
		['?metadata[a]=1&metadata[a]=2', 'metadata.a'],
		['?name=a&name=b', 'name'],
		['?type=image/png', 'type'],
	])('rejects %s', async (query, field) => {
		const { files } = await setUpAttachments();
		expect(errorOf(await files.list(query))).toEqual(invalid(field));
	});
});

describe('download link', () => {
	test('gives a link on the other origin, with its expiry in 600 s', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a.txt');
		expect(errorOf(await files.requestDownload(id))).toEqual({
			status: 200,
			data: {
				url: expect.stringContaining(talkdesk.storageUrl),
				expire_time: new Date(Date.parse(time) + 600_000).toISOString(),
			},
		});
	});

	test('fails with the status of downloadLinkFailure', async () => {
		const asked: object[] = [];
		const downloadLinkFailure = (attachment: object) => (asked.push(attachment) ? 503 : undefined);
		const { talkdesk, files } = await setUpAttachments({ downloadLinkFailure });
		const { id } = await files.attachment('a.txt');
		expect(errorOf(await files.requestDownload(id))).toEqual(apiError(503));
		expect(asked).toEqual([{ id }]);
		talkdesk.configure({ downloadLinkFailure: () => undefined });
		expect((await files.requestDownload(id)).status).toBe(200);
	});
});

describe('authorization', () => {
	const operations = [
		['attachments:request', 'POST', '/upload-link'],
		['attachments:write', 'POST', ''],
		['attachments:write', 'POST', '/'],
		['attachments:read', 'GET', ''],
		['attachments:read', 'GET', '/nothing'],
		['attachments:write', 'DELETE', '/nothing'],
		['attachments:download', 'GET', '/nothing/download-link'],
	] as const;

	test.each(operations)('checks address, token, then %s for %s %s', async (scope, method, path) => {
		const { talkdesk, files } = await setUpAttachments();
		talkdesk.configure({ addressAllowed: false, digitalConnectEnabled: false });
		const right = await tokenFor(talkdesk, scope);
		const wrong = await tokenFor(talkdesk, scopes.filter((other) => other !== scope).join(' '));
		const call = async (token = '') => {
			const body = method === 'POST' ? '{broken' : undefined;
			const authorization = token && `Bearer ${token}`;
			return errorOf(await request(method, files.base + path, body, { authorization }));
		};
		const address = apiError(403, { message: expect.stringMatching(/address/) });
		expect(await call(right)).toEqual(address);
		talkdesk.configure({ addressAllowed: true });
		expect(await call()).toEqual(apiError(401));
		expect(await call(wrong)).toEqual(apiError(403, { description: scope }));
		expect((await call(right)).status).toBe(method === 'POST' ? 400 : path === '' ? 200 : 404);
	});
});

describe('a list in the stricter alternatives', () => {
	const page = z.object({ page: z.number(), per_page: z.number(), total: z.number() });
	const listOf = (data: unknown) =>
		z
			.object({ _embedded: z.object({ list: z.array(z.object({ name: z.string() })) }) })
			.parse(data)
			._embedded.list.map(({ name }) => name);
	const three = async (options: SimulatorOptions) => {
		const { files } = await setUpAttachments(options);
		for (const name of ['a', 'b', 'c']) await files.attachment(name);
		return files;
	};

	test('has smaller pages than requested', async () => {
		const files = await three({ attachmentPageLimit: 2 });
		const first = await files.list('?per_page=100');
		expect(page.parse(first.data)).toEqual({ page: 1, per_page: 2, total: 3 });
		expect(listOf(first.data)).toEqual(['a', 'b']);
		expect(listOf((await files.list('?per_page=100&page=2')).data)).toEqual(['c']);
	});

	test('always gives the first page', async () => {
		const files = await three({ attachmentPageIgnored: true });
		for (const number of [1, 2, 7]) {
			const { data } = await files.list(`?per_page=2&page=${number}`);
			expect(listOf(data)).toEqual(['a', 'b']);
			expect(data).toMatchObject({ page: 1, _links: { next: { href: expect.any(String) } } });
		}
	});
});
