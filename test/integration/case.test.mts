import type { INodeParameters } from 'n8n-workflow';

import type { Fault } from '../simulator/faults.mts';
import { credential, failFirst, run, talkdesk } from './fixtures.mts';

const ROUTE = 'POST /api/cm/core/va/cases';
const CREATE: INodeParameters = {
	resource: 'case',
	operation: 'create',
	title: 'Teapot',
	description: 'It has a crack',
	transcriptSource: 'none',
	options: {},
};
const withOptions = (options: INodeParameters): INodeParameters => ({ ...CREATE, options });
const requests = () => talkdesk.counts().routes[ROUTE] ?? 0;

it('has only a title and a description, if nothing else is set', async () => {
	const { items, error } = await run(
		withOptions({ priority: '', ownerId: ' ', notes: {}, customFields: {}, customFieldsJson: '' }),
	);
	expect(error).toBeUndefined();
	const [created] = talkdesk.cases();
	expect(created).toEqual({
		id: expect.any(String),
		title: 'Teapot',
		description: 'It has a crack',
		status: 'new',
		notes: [],
		requester_id: expect.any(String),
		requester_name: '',
		requester_email: '',
		createdAt: expect.any(String),
	});
	expect(items[0]?.json).toMatchObject({ id: created?.id, status: 'new', transcriptMessages: 0 });
});

it('has all that the options give', async () => {
	const { items, error } = await run(
		withOptions({
			priority: 'urgent',
			requesterEmail: 'Ann <ann@EXAMPLE.com>',
			requesterName: 'Ann',
			ownerId: 4711,
			parentId: 'parent',
			notes: {
				note: [
					{ title: 'First', body: 'Words', public: true },
					{ title: '', body: ' ', public: true },
					{ body: 'Only a body' },
				],
			},
			customFieldsJson: '{ "a": 1, "b": { "deep": [true] } }',
			customFields: {
				field: [
					{ name: 'a', value: '2' },
					{ name: '', value: 'no name' },
					{ name: 'c', value: ' ' },
				],
			},
		}),
	);
	expect(error).toBeUndefined();
	expect(talkdesk.cases()).toMatchObject([
		{
			priority: 'URGENT',
			requester_email: 'ann@example.com',
			requester_name: 'Ann',
			requester_type: 'Contact',
			owner_id: '4711',
			parentId: 'parent',
			custom_fields: { a: '2', b: { deep: [true] } },
			notes: [
				{ note_title: 'First', note_body: 'Words', public: true },
				{ note_body: 'Only a body' },
			],
		},
	]);
	expect(items[0]?.json).toMatchObject({
		priority: 'URGENT',
		ownerId: '4711',
		customFields: { a: '2', b: { deep: [true] } },
		notes: [{ id: expect.any(String), title: 'First', body: 'Words', public: true }, {}],
		requesterEmail: 'ann@example.com',
		requesterType: 'Contact',
	});
});

it.each<[INodeParameters, string]>([
	[{ ...CREATE, title: ' ' }, "The 'Title' parameter is empty"],
	[{ ...CREATE, description: '={{ null }}' }, "The 'Description' parameter is empty"],
	[withOptions({ priority: 'soon' }), "'Options > Priority' parameter must be one of: LOW"],
	[withOptions({ requesterEmail: 'ann' }), "'Options > Requester Email' parameter is not a valid"],
	[withOptions({ notes: { note: [{ body: ['x'] }] } }), "'Options > Notes' parameter must be text"],
	[
		withOptions({ customFields: { field: [{ name: ['x'], value: 'y' }] } }),
		"'Options > Custom Fields > Name' parameter must be text",
	],
	[withOptions({ customFieldsJson: '[1]' }), 'must be a valid JSON object'],
])('%j is an error that names the parameter', async (parameters, words) => {
	const { error } = await run(parameters);
	expect(error?.message).toContain(words);
	expect(requests()).toBe(0);
});

describe('the transcript', () => {
	it('is one note, whole, with time and speaker', async () => {
		const transcript = Array.from({ length: 200 }, (_, n) => ({
			role: n % 2 === 0 ? 'user' : 'assistant',
			content: `Message ${n} ${'word '.repeat(50)}`.trim(),
			created_at: new Date(Date.UTC(2026, 0, 1, 8, n)).toISOString(),
		}));
		const { items, error } = await run({ ...CREATE, transcriptSource: 'json', transcript });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ transcriptMessages: 200, transcriptMessagesOmitted: 0 });
		const [note, ...others] = talkdesk.cases()[0]?.notes ?? [];
		expect(others).toEqual([]);
		expect(note).toMatchObject({ note_title: 'Chat transcript', public: false });
		const lines = note?.note_body?.split('\n');
		expect(lines).toHaveLength(200);
		expect(lines?.[0]).toBe(`Customer (2026-01-01 08:00 UTC): ${transcript[0]?.content}`);
		expect(lines?.[199]).toBe(`Bot (2026-01-01 11:19 UTC): ${transcript[199]?.content}`);
	});

	it.each<[string, INodeParameters, object]>([
		['memory', {}, { memory: [{ type: 'human', content: 'Hello' }] }],
		['define', { transcriptMessages: { message: [{ type: 'user', content: 'Hello' }] } }, {}],
	])('comes from the source %s, after the notes', async (transcriptSource, more, given) => {
		const { error } = await run(
			{ ...withOptions({ notes: { note: [{ body: 'Mine' }] } }), transcriptSource, ...more },
			given,
		);
		expect(error).toBeUndefined();
		expect(talkdesk.cases()[0]?.notes).toMatchObject([
			{ note_body: 'Mine' },
			{ note_body: 'Customer: Hello' },
		]);
	});

	it('that is empty is no note', async () => {
		await run({ ...CREATE, transcriptSource: 'json', transcript: [] });
		expect(talkdesk.cases()).toMatchObject([{ notes: [] }]);
	});
});

it.each<[string, object]>([
	['only an ID', { id: 7 }],
	['nulls', { id: 'x', title: null, notes: null, custom_fields: null, requester_id: null }],
	['odd notes', { id: 'x', notes: [{ id: 1, public: 'yes' }] }],
])('an answer with %s is a case', async (_, body) => {
	talkdesk.configure({
		answers: ({ route }) => (route === ROUTE ? { status: 200, body } : undefined),
	});
	const { items, error } = await run(CREATE);
	expect(error).toBeUndefined();
	expect(items[0]?.json.id).toBe(String(Object.entries(body)[0]?.[1]));
});

describe('an attempt that fails', () => {
	it.each<Fault>([
		{ kind: 'rateLimited', retryAfterSeconds: 1 },
		{ kind: 'unavailable', status: 503, when: 'before', retryAfterSeconds: 1 },
		{ kind: 'tokenDies' },
	])('without effect is repeated: %j', async (fault) => {
		failFirst(ROUTE, fault);
		const { error } = await run(CREATE);
		expect(error).toBeUndefined();
		expect(talkdesk.cases()).toHaveLength(1);
		expect(requests()).toBe(2);
	});

	it.each<[Fault, number]>([
		[{ kind: 'cut', when: 'after' }, 1],
		[{ kind: 'cut', when: 'before' }, 0],
		[{ kind: 'unavailable', status: 502, when: 'after' }, 1],
		[{ kind: 'unavailable', status: 500, when: 'before' }, 0],
		[{ kind: 'hang', when: 'after' }, 1],
	])('with an unknown outcome is not repeated: %j', async (fault, count) => {
		failFirst(ROUTE, fault);
		const { items, error } = await run(withOptions({ timeout: 300 }), {
			node: { onError: 'continueRegularOutput' },
		});
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({
			error: expect.stringContaining('Talkdesk could not create the case'),
			details: { outcomeUnknown: true },
		});
		expect(items[0]?.json.message).toContain('The request may have succeeded');
		expect(requests()).toBe(1);
		expect(talkdesk.cases()).toHaveLength(count);
	});

	it('is repeated if nothing was sent', async () => {
		const { apiBaseUrl = '' } = credential;
		credential.apiBaseUrl = 'http://127.0.0.1:9/api';
		const { error } = await run(withOptions({ maxRetries: 1 }), {
			node: { onError: 'continueRegularOutput' },
		});
		expect(error).toBeUndefined();
		credential.apiBaseUrl = apiBaseUrl;
		const again = await run(CREATE);
		expect(again.error).toBeUndefined();
		expect(talkdesk.cases()).toHaveLength(1);
	});

	it('with another answer than a case has an unknown outcome', async () => {
		talkdesk.configure({ answers: ({ route }) => (route === ROUTE ? { body: {} } : undefined) });
		const { items } = await run(CREATE, { node: { onError: 'continueRegularOutput' } });
		expect(items[0]?.json.details).toMatchObject({
			kind: 'unexpectedAnswer',
			outcomeUnknown: true,
		});
		expect(requests()).toBe(1);
	});

	it('for want of the scope names what to check', async () => {
		talkdesk.configure({
			clients: [{ id: 'local-client', secret: 'local-secret', scopes: ['digital-connect:write'] }],
		});
		const { error } = await run(CREATE);
		expect(error?.description).toContain('has the scope for this');
		expect(talkdesk.cases()).toEqual([]);
	});
});

describe('work that is done again', () => {
	const items = [{ n: 1 }, { n: 2 }];
	const each: INodeParameters = { ...CREATE, title: '=Case {{ $json.n }}' };
	const titles = () => talkdesk.cases().map(({ title }) => title);

	it.each([
		['Retry On Fail', {}],
		['Retry', { retryOf: 'execution-1', executionId: 'execution-2' }],
	])("by n8n's %s goes on with what is missing", async (_, again) => {
		const failures: Array<Fault | undefined> = [
			undefined,
			{ kind: 'rateLimited', retryAfterSeconds: 3600 },
		];
		failFirst(ROUTE);
		talkdesk.configure({
			faults: ({ route }) => (route.startsWith(ROUTE) ? failures.shift() : undefined),
		});
		expect((await run(each, { items })).error).toBeDefined();
		expect(titles()).toHaveLength(1);
		const { items: done, error } = await run(each, { items, ...again });
		expect(error).toBeUndefined();
		expect(titles().sort()).toEqual(['Case 1', 'Case 2']);
		expect(done.map(({ json }) => json.id).sort()).toEqual(
			talkdesk
				.cases()
				.map(({ id }) => id)
				.sort(),
		);
	});

	it('creates a case for each item, run and execution', async () => {
		await run(CREATE, { items });
		await run(CREATE, { earlierRuns: 1 });
		await run(CREATE, { executionId: 'execution-2' });
		expect(talkdesk.cases()).toHaveLength(4);
	});

	it('after an unknown outcome is left to a person, who retries', async () => {
		failFirst(ROUTE, { kind: 'cut', when: 'before' });
		const first = await run(CREATE);
		expect(first.error?.message).toContain('Talkdesk could not create the case');
		const repeated = await run(CREATE);
		expect(repeated.error?.message).toBe(first.error?.message);
		expect(repeated.error?.description).toContain('The request may have succeeded');
		expect(requests()).toBe(1);
		const retried = await run(CREATE, { retryOf: 'execution-1', executionId: 'execution-2' });
		expect(retried.error).toBeUndefined();
		expect(talkdesk.cases()).toHaveLength(1);
	});

	it('as a tool counts as a repetition if the words are the same, also side by side', async () => {
		const tool = { node: { type: 'talkdeskTool' } };
		const ask = async (title: string) =>
			await run({ ...CREATE, title, options: { requesterEmail: 'ann@gmail.com' } }, tool);
		const [first, second] = await Promise.all([ask('One'), ask('One')]);
		const third = await ask('One');
		await ask('Two');
		expect(titles()).toEqual(['One', 'Two']);
		const ids = [first, second, third].map((result) => result.items[0]?.json.id);
		expect(new Set(ids)).toEqual(new Set([talkdesk.cases()[0]?.id]));
	});

	it('as a tool refuses an address that was made up', async () => {
		const { error } = await run(withOptions({ requesterEmail: 'ann@example.com' }), {
			node: { type: 'talkdeskTool' },
		});
		expect(error?.message).toContain("'Options > Requester Email' parameter is a made-up");
	});
});
