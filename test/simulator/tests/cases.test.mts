import { z } from 'zod';
import { listen } from './testing-pages.mts';
import {
	apiError,
	cleanUp,
	errorOf,
	invalid,
	request,
	talkdeskForTest,
	time,
	tokenFor,
} from './testing.mts';

afterEach(cleanUp);

const small = { title: 'Teapot', description: 'It has a crack' };
const full = {
	...small,
	priority: 'HIGH',
	requester_email: 'ada@example.com',
	requester_name: 'Ada',
	requester_type: 'Contact',
	notes: [{ note_title: 'First', note_body: 'Words', public: true }, { note_body: 'More' }],
	custom_fields: { order: '4711', nested: { deep: [1] } },
	owner_id: 'owner',
};

async function setUp(scope?: string) {
	const talkdesk = await talkdeskForTest({ now: () => Date.parse(time) });
	const authorization = `Bearer ${await tokenFor(talkdesk, scope)}`;
	const url = `${talkdesk.apiBaseUrl}/cm/core/va/cases`;
	const create = async (body: unknown) => await request('POST', url, body, { authorization });
	return { talkdesk, url, create };
}

test('creates a case with everything that it was given, and lists it', async () => {
	const { talkdesk, create } = await setUp();
	const { status, data } = await create({ ...full, parent_id: 'parent' });
	expect(status).toBe(201);
	const id = expect.any(String);
	const answer = {
		...full,
		id,
		status: 'new',
		requester_id: id,
		notes: full.notes.map((note) => ({ id, ...note })),
	};
	expect(data).toEqual(answer);
	expect(talkdesk.cases()).toEqual([{ ...answer, parentId: 'parent', createdAt: time }]);
});

test('creates a case for each request', async () => {
	const { talkdesk, create } = await setUp();
	const ids = [await create(small), await create(small)].map(
		({ data }) => z.object({ id: z.string() }).parse(data).id,
	);
	expect(new Set(ids).size).toBe(2);
	expect(talkdesk.cases().map(({ id }) => id)).toEqual(ids);
});

test.each<[string, object, string[]]>([
	['no title', { description: 'd' }, ['title']],
	['an empty title', { ...small, title: '' }, ['title']],
	['no description', { title: 't' }, ['description']],
	['another priority', { ...small, priority: 'low' }, ['priority']],
	['another type of requester', { ...small, requester_type: 'contact' }, ['requester_type']],
	['an unknown field', { ...small, status: 'new' }, ['status']],
	['an unknown field of a note', { ...small, notes: [{ body: 'b' }] }, ['notes[0].body']],
	['custom fields that are a list', { ...small, custom_fields: ['a'] }, ['custom_fields']],
	['an owner of null', { ...small, owner_id: null }, ['owner_id']],
])('rejects %s', async (_, body, fields) => {
	const { talkdesk, create } = await setUp();
	expect(errorOf(await create(body))).toEqual(invalid(...fields));
	expect(talkdesk.cases()).toEqual([]);
});

test('needs a token with the scope', async () => {
	const { talkdesk, create, url } = await setUp('digital-connect:write');
	expect(errorOf(await create(small))).toEqual(
		apiError(403, { description: 'cases-public:write' }),
	);
	expect((await request('POST', url, small)).status).toBe(401);
	talkdesk.configure({ addressAllowed: false });
	expect((await request('POST', url, small)).status).toBe(403);
});

test('can fail like the other routes', async () => {
	const { talkdesk, create } = await setUp();
	talkdesk.configure({ faults: () => ({ kind: 'cut', when: 'after' }) });
	await expect(create(small)).rejects.toThrow();
	expect(talkdesk.cases()).toHaveLength(1);
});

test('a placeholder for a missing value is a violation', async () => {
	const { talkdesk, create } = await setUp();
	await create({ ...small, title: 'undefined' });
	expect(talkdesk.violations()).toMatchObject([
		{ kind: 'emptyWord', detail: 'title is "undefined"' },
	]);
});

test('the desk gets them', async () => {
	const { talkdesk, create } = await setUp();
	await create(small);
	const page = listen(`${talkdesk.deskUrl}/api/live`);
	expect(await page.next()).toMatchObject({ event: 'snapshot', data: { cases: [small] } });
	await create(full);
	expect(await page.next()).toMatchObject({ event: 'cases', data: [{ title: 'Teapot' }] });
	page.close();
});
