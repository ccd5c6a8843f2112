import type { SimulatorOptions } from '../simulator.mts';
import { attachmentsOf, put } from './testing-attachments.mts';
import { cleanUp, setUp, startBody } from './testing.mts';

/** Behavior that is unknown, in both variants. The first of each is the default. */

afterEach(cleanUp);

test.each<[SimulatorOptions, number]>([
	[{}, 1],
	[{ honorStartKeys: false }, 2],
])('a known key of a start: %j', async (options, conversations) => {
	const { talkdesk, client } = await setUp(options);
	await client.start(startBody(), 'key');
	await client.start(startBody(), 'key');
	expect(talkdesk.conversations()).toHaveLength(conversations);
});

test.each<[SimulatorOptions, number]>([
	[{}, 1],
	[{ startKeysAfterEnd: 'new' }, 2],
])('a known key of a start after the end: %j', async (options, conversations) => {
	const { talkdesk, client } = await setUp(options);
	await client.start(startBody(), 'key');
	await client.end(talkdesk.conversations()[0]?.id ?? '');
	await client.start(startBody(), 'key');
	expect(talkdesk.conversations()).toHaveLength(conversations);
});

test.each<[SimulatorOptions, number]>([
	[{}, 201],
	[{ refusedKeys: 'spent' }, 409],
])('the key of a refused start: %j', async (options, status) => {
	const { client } = await setUp(options);
	expect((await client.start({}, 'key')).status).toBe(400);
	expect((await client.start(startBody(), 'key')).status).toBe(status);
	expect((await client.start(startBody(), 'another key')).status).toBe(201);
});

test.each<[SimulatorOptions, number, number]>([
	[{}, 409, 200],
	[{ uploadsAfterConflict: 'spent' }, 409, 400],
	[{ attachmentNames: 'any' }, 200, 400],
])('a name that is taken, and the same upload with another: %j', async (options, first, second) => {
	const client = await attachmentsOf((await setUp(options)).talkdesk);
	const name = 'a.txt';
	await client.create({ name, request_id: await client.uploadBytes() });
	const request_id = await client.uploadBytes();
	expect((await client.create({ name, request_id })).status).toBe(first);
	expect((await client.create({ name: 'b.txt', request_id })).status).toBe(second);
});

test.each<[SimulatorOptions, number]>([
	[{}, 403],
	[{ uploadTypes: 'any' }, 200],
])('a type that the link is not for: %j', async (options, status) => {
	const client = await attachmentsOf((await setUp(options)).talkdesk);
	const { url } = await client.link({ allowed_mime_types: ['text/plain'] });
	const answer = await put(url, Buffer.from('a'), { 'content-type': 'text/html' });
	expect(answer.status).toBe(status);
});
