import { attachmentsOf } from './testing-attachments.mts';
import { sendRoute } from './testing-faults.mts';
import {
	cleanUp,
	errorOf,
	invalid,
	request,
	setUp,
	startBody,
	time,
	tokenFor,
} from './testing.mts';

afterEach(cleanUp);

const startRoute = 'POST /api/digital-connect/conversations';

test('repeated requests with the same content are no violation', async () => {
	const { talkdesk, client } = await setUp();
	const message = { type: 'user', content: 'Hi' };
	const started = (created_at: string) =>
		client.start(startBody({ previous_messages: [{ ...message, created_at }] }), 'start');
	await started('2024-01-01T00:00:00Z');
	// A generated time differs in the repetition.
	await started('2024-01-01T00:00:07Z');
	const [{ id } = { id: '' }] = talkdesk.conversations();
	const files = await attachmentsOf(talkdesk);
	for (const name of ['a', 'a-again']) {
		// The same bytes, uploaded again.
		const { id: file, type, size, name: called } = await files.attachment(name);
		const attachments = [{ id: file, type, size, name: called }];
		await client.send(id, { content: 'null', attachments }, 'send');
	}
	expect(talkdesk.violations()).toEqual([]);
});

describe('a key', () => {
	const url = (base: string) => `${base}/digital-connect/conversations`;

	test.each([
		['missing', {}, undefined],
		['blank', { 'x-idempotency-key': ' ' }, undefined],
		['too long', { 'x-idempotency-key': 'k'.repeat(256) }, 'k'.repeat(256)],
		['not ASCII', { 'x-idempotency-key': 'clé' }, 'clé'],
		['with a tab', { 'x-idempotency-key': 'a\tb' }, 'a\tb'],
	])('%s is rejected and listed', async (_, headers, key) => {
		const { talkdesk } = await setUp();
		const authorization = `Bearer ${await tokenFor(talkdesk)}`;
		const answer = await request('POST', url(talkdesk.apiBaseUrl), startBody(), {
			...{ authorization, ...headers },
		});
		expect(errorOf(answer)).toEqual(invalid('x-idempotency-key'));
		const kind = key === undefined ? 'keyMissing' : 'keyMalformed';
		expect(talkdesk.violations()).toEqual([
			...[{ kind, route: startRoute, detail: expect.any(String), at: time }].map((each) =>
				key === undefined ? each : { ...each, key },
			),
		]);
	});

	test('of 255 characters is valid', async () => {
		const { talkdesk, client } = await setUp();
		expect((await client.start(undefined, 'k'.repeat(255))).status).toBe(201);
		expect(talkdesk.violations()).toEqual([]);
	});

	test('of another start is a conflict', async () => {
		const { talkdesk, client } = await setUp();
		await client.start(startBody({ subject: 'one' }), 'same');
		await client.start(startBody({ subject: 'two' }), 'same');
		expect(talkdesk.keyConflicts()).toMatchObject([
			{ route: startRoute, key: 'same', detail: 'the key came with another content before' },
		]);
	});

	test('of another message, file or conversation is a conflict', async () => {
		const { talkdesk, client } = await setUp();
		const one = await client.startConversation();
		const two = await client.startConversation();
		const files = await attachmentsOf(talkdesk);
		const { id, name, type, size } = await files.attachment('a');
		await client.send(one, { content: 'first' }, 'same');
		await client.send(one, { content: 'second' }, 'same');
		await client.send(one, { content: 'first', attachments: [{ id, name, type, size }] }, 'same');
		await client.send(two, { content: 'first' }, 'same');
		const conflict = { kind: 'keyConflict', route: sendRoute, key: 'same' };
		expect(talkdesk.keyConflicts()).toMatchObject([
			{ ...conflict, conversationId: one, detail: 'the key came with another content before' },
			{ ...conflict, conversationId: one, detail: 'the key came with another content before' },
			{ ...conflict, conversationId: two, detail: 'the key came with another conversation before' },
		]);
	});

	test('of a rejected request may be used again', async () => {
		const { talkdesk, client } = await setUp();
		await client.start(startBody({ touchpoint_id: 'unknown' }), 'same');
		await client.start(startBody(), 'same');
		expect(talkdesk.violations()).toEqual([]);
	});
});

describe('a placeholder for a missing value is listed', () => {
	const person = (email: string) => ({ contact_person: { email } });
	const context = (name: string, value: unknown) => ({ context_parameters: { [name]: value } });

	test.each<[object, string]>([
		[{ subject: 'undefined' }, 'subject is "undefined"'],
		[person('null@example.com'), 'email is "null@example.com"'],
		[person('whatsapp-undefined@example.com'), 'email is "whatsapp-undefined@example.com"'],
		[context('contact_name', 'null'), 'contact_name is "null"'],
		[context('contact_phone', '[object Object]'), 'contact_phone is "[object Object]"'],
	])('in a start with %j', async (more, detail) => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation(startBody(more));
		expect(talkdesk.violations()).toMatchObject([
			{ kind: 'emptyWord', route: startRoute, conversationId: id, detail },
		]);
	});

	test.each([
		{ subject: 'null and void' },
		person('nullmeier@example.com'),
		context('contact_name', 'Jan Null'),
		context('anything', null),
	])('but not in a start with %j', async (more) => {
		const { talkdesk, client } = await setUp();
		await client.startConversation(startBody(more));
		expect(talkdesk.violations()).toEqual([]);
	});

	test('in a message, a key, the name of a file, a filter', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		await client.send(id, { content: 'You have [object Object] left' });
		await client.send(id, { content: 'x' }, 'undefined');
		const files = await attachmentsOf(talkdesk);
		await files.attachment('null');
		await files.list('?name=null');
		expect(talkdesk.violations().map(({ detail }) => detail)).toEqual([
			'content is "You have [object Object] left"',
			'x-idempotency-key is "undefined"',
			'name is "null"',
			'name is "null"',
		]);
	});

	test('in the id of an attachment, which is rejected', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const file = { id: 'null', name: 'a', type: 'text/plain', size: 1 };
		expect((await client.send(id, { attachments: [file] })).status).toBe(400);
		expect(talkdesk.violations()).toMatchObject([{ detail: 'attachments[0].id is "null"' }]);
	});
});
