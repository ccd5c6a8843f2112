import Fastify, { type FastifyInstance } from 'fastify';
import type { IDataObject } from 'n8n-workflow';

import { credential, run } from './fixtures.mts';

/** A stub of Talkdesk's attachments API, whose responses each test sets. */
let api: FastifyInstance;
let base = '';
type Query = Record<string, string | string[]>;
let answer: (query: Query) => unknown;
let asked: Query[] = [];
let elsewhere = 0;

beforeEach(async () => {
	asked = [];
	elsewhere = 0;
	api = Fastify({ forceCloseConnections: true });
	api.get<{ Querystring: Query }>('/attachments/2023-03', async ({ query }) => {
		asked.push(query);
		return answer(query);
	});
	api.get<{ Params: { id: string } }>('/attachments/2023-03/:id', async () => answer({}));
	api.get('/elsewhere', async () => ++elsewhere);
	base = await api.listen({ host: '127.0.0.1', port: 0 });
	credential.apiBaseUrl = base;
});
afterEach(async () => await api.close());

const getAll = async (parameters: IDataObject = {}) =>
	await run({
		resource: 'attachment',
		operation: 'getAll',
		returnAll: true,
		filters: {},
		options: { maxRetries: 0 },
		...parameters,
	} as Parameters<typeof run>[0]);
const all = Array.from({ length: 120 }, (_, index) => ({ id: `${index}`, name: `${index}.txt` }));
const pageOf = (page: unknown, size: number) =>
	all.slice((Number(page) - 1) * size, Number(page) * size);
const ids = (items: Array<{ json: IDataObject }>) => items.map(({ json }) => json.id);

describe('attachment: getAll is complete if Talkdesk', () => {
	it.each<[string, (page: unknown) => object]>([
		['gives the total', () => ({ total: 120 })],
		['gives the total as a text', () => ({ total: '120' })],
		['gives no total', () => ({})],
		['gives null', () => ({ total: null, _links: null })],
		['links to itself alone', () => ({ total: 120, _links: { self: { href: '/' }, next: null } })],
		[
			'gives the total of a page, and links to the next one',
			(page) => ({
				total: 50,
				_links: { next: Number(page) < 3 ? { href: `?page=${Number(page) + 1}` } : undefined },
			}),
		],
	])('limits a page to fifty, and %s', async (_how, more) => {
		answer = ({ page }) => ({ ...more(page), _embedded: { list: pageOf(page, 50) } });
		const { items, error } = await getAll();
		expect(error).toBeUndefined();
		expect(ids(items)).toEqual(ids(all.map((json) => ({ json }))));
	});

	it('links to pages without numbers', async () => {
		answer = ({ cursor }) => {
			const at = Number(cursor ?? 0);
			const next = {
				href: `https://api.example.com/attachments/2023-03?cursor=${at + 40}&types=a/b&types=c/d`,
			};
			return {
				_embedded: { list: all.slice(at, at + 40) },
				_links: at + 40 < all.length ? { next } : {},
			};
		};
		const { items } = await getAll({ filters: { name: 'x', types: 'a/b, c/d' } });
		expect(items).toHaveLength(120);
		// The filters stay, whether the link repeats them or not.
		expect(asked[1]).toMatchObject({ cursor: '40', name: 'x', types: ['a/b', 'c/d'] });
	});

	it('repeats entries because another attachment was added meanwhile', async () => {
		answer = ({ page }) => ({
			total: 120,
			_embedded: { list: Number(page) === 1 ? pageOf(1, 100) : all.slice(95) },
		});
		const { items } = await getAll();
		expect(ids(items)).toEqual(ids(all.map((json) => ({ json }))));
	});
});

describe('attachment: getAll ends if Talkdesk', () => {
	it.each<[string, object]>([
		['ignores the page', { total: 200 }],
		['always links to a next page', { _links: { next: { href: '?page=2' } } }],
	])('%s', async (_how, more) => {
		answer = () => ({ ...more, _embedded: { list: pageOf(1, 100) } });
		const { items, error } = await getAll();
		expect(error).toBeUndefined();
		expect(items).toHaveLength(100);
		expect(asked).toHaveLength(2);
	});

	it.each([
		{},
		{ _embedded: null },
		{ _embedded: {} },
		{ _embedded: { list: null } },
		{ _embedded: { list: [] } },
	])('has no attachments: %j', async (body) => {
		answer = () => body;
		const { items, error } = await getAll();
		expect(error).toBeUndefined();
		expect(items).toEqual([]);
		expect(asked).toHaveLength(1);
	});

	it('has given the total', async () => {
		answer = ({ page }) => ({ total: 100, _embedded: { list: pageOf(page, 100) } });
		expect((await getAll()).items).toHaveLength(100);
		expect(asked).toHaveLength(1);
	});

	it('has given enough for the limit', async () => {
		answer = ({ page }) => ({ total: 120, _embedded: { list: pageOf(page, 50) } });
		const { items } = await getAll({ returnAll: false, limit: 60 });
		expect(items).toHaveLength(60);
		expect(asked).toHaveLength(2);
	});

	it('never ends, with an error', async () => {
		let count = 0;
		answer = () => ({ _embedded: { list: [{ id: ++count, name: 'a' }] } });
		const { items, error } = await getAll();
		expect(error?.message).toBe('The list of attachments does not end');
		expect(items).toEqual([]);
		expect(asked.length).toBeLessThan(1100);
	});
});

it('requests a next page on another host from the own one, with the query of the link', async () => {
	const other = base.replace('127.0.0.1', 'localhost');
	answer = ({ page }) => ({
		_embedded: { list: pageOf(page, 60) },
		_links: { next: page === '1' ? { href: `${other}/elsewhere?page=2` } : null },
	});
	expect((await getAll()).items).toHaveLength(120);
	expect(elsewhere).toBe(0);
});

const whole = { id: 'a', name: 'n.txt', type: 'text/plain', size: 3, state: 's' };

it.each<[string, object, object]>([
	['type null', { type: null }, { type: undefined }],
	['type empty', { type: '' }, { type: undefined }],
	['size null', { size: null }, { size: undefined }],
	['size empty', { size: '' }, { size: undefined }],
	['size a text', { size: '123' }, { size: 123 }],
	['size 0', { size: 0 }, { size: 0 }],
	['size odd', { size: 'large' }, { size: undefined }],
	['size negative', { size: -1 }, { size: undefined }],
	['state null', { state: null }, { state: undefined }],
	['state a number', { state: 7 }, { state: '7' }],
	['name null', { name: null }, { name: 'a' }],
	['name a number', { name: 2026 }, { name: '2026' }],
	['id a number', { id: 5 }, { id: '5' }],
	['metadata a list', { metadata: [] }, {}],
	['metadata null', { metadata: null, provider: null, _links: null }, {}],
])('gives an attachment with an invalid field: %s', async (_what, odd, expected) => {
	const json = JSON.parse(JSON.stringify({ ...whole, ...expected }));
	answer = () => ({ ...whole, ...odd });
	const get = { resource: 'attachment', operation: 'get', attachmentId: 'a', options: {} };
	expect((await run(get)).items[0]?.json).toEqual(json);

	const list = [
		{ id: 'b', name: 'b' },
		{ ...whole, ...odd },
		{ id: 'c', name: 'c' },
	];
	answer = ({ page }) => ({ total: 3, _embedded: { list: page === '1' ? list : [] } });
	const { items, error } = await getAll();
	expect(error).toBeUndefined();
	expect(items.map((item) => item.json)).toEqual([list[0], json, list[2]]);
});

it.each([null, 'x', {}, { id: null, name: 'a' }, { id: '', name: 'a' }])(
	'leaves out an entry without an id, and only that: %j',
	async (odd) => {
		answer = ({ page }) => ({
			total: 3,
			_embedded: {
				list: page === '1' ? [{ id: 'b', name: 'b' }, odd, { id: 'c', name: 'c' }] : [],
			},
		});
		const { items, error } = await getAll();
		expect(error).toBeUndefined();
		expect(ids(items)).toEqual(['b', 'c']);
	},
);

it.each([null, '', undefined])('ignores a limit or filter that is %j', async (nothing) => {
	answer = ({ page }) => ({ total: 120, _embedded: { list: pageOf(page, 100) } });
	const { items, error } = await getAll({
		returnAll: false,
		limit: nothing === undefined ? '={{ $json.gone }}' : nothing,
		filters: { name: nothing, types: nothing, state: nothing },
	});
	expect(error).toBeUndefined();
	expect(items).toHaveLength(50);
	expect(Object.keys(asked[0] ?? {}).sort()).toEqual(['page', 'per_page']);
});

it.each(['name', 'types', 'state'])(
	'rejects a filter that is no text, by its name: %s',
	async (filter) => {
		const { error } = await getAll({ filters: { [filter]: { a: 1 } } });
		const name = `Filters > ${filter[0]?.toUpperCase()}${filter.slice(1)}`;
		expect(error?.message).toContain(`The '${name}' parameter must be `);
		expect(asked).toEqual([]);
	},
);
