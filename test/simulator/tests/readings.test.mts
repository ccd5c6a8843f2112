import type { SettingChanges } from '../simulator.mts';
import { cleanUp, connectedForTest, request } from './testing.mts';

afterEach(cleanUp);

type Connected = Awaited<ReturnType<typeof connectedForTest>>;

/** The calls so far: the event, its author, and its text. */
const callsOf = ({ n8n }: Connected) =>
	n8n.calls.map(({ url, body }) => {
		const { payload } = JSON.parse(body);
		return payload ? [url, payload.author, payload.content] : [url];
	});
const STARTED = ['/conversation_started'];
const by = (name: string, text: string) => ['/message_created', { type: 'AGENT', name }, text];

describe('conversation_started', () => {
	test.each<[NonNullable<SettingChanges['conversationStarted']>, number, number, number]>([
		['start', 1, 1, 1],
		['join', 0, 1, 1],
		['agentInitiated', 0, 0, 1],
		['never', 0, 0, 0],
	])('with the reading %s', async (conversationStarted, atStart, afterJoin, whenOpened) => {
		const connected = await connectedForTest(undefined, { conversationStarted });
		const { talkdesk, client, n8n } = connected;
		// The first conversation of the fixture was started already: its call may be under way.
		const id = await client.startConversation();
		const countOf = (conversationId: string) =>
			talkdesk
				.transcripts()
				.find((each) => each.conversationId === conversationId)
				?.events.filter(({ event }) => event === 'conversation_started').length;
		expect(countOf(id)).toBe(atStart);
		const delivery = await talkdesk.agent.join(id, { name: 'Grace' });
		expect(countOf(id)).toBe(afterJoin);
		expect(delivery.url).toBe(afterJoin > atStart ? `${n8n.url}/conversation_started` : null);
		const opened = await talkdesk.agent.open({ name: 'Grace', email: 'ada@example.com' });
		expect(countOf(opened.conversationId)).toBe(whenOpened);
		expect(opened.delivery.ok).toBe(whenOpened === 1);
		if (conversationStarted === 'never') expect(n8n.calls).toEqual([]);
	});

	test('comes once, also if a start is repeated with its key', async () => {
		const { talkdesk, client } = await connectedForTest(undefined, {
			conversationStarted: 'start',
		});
		await client.start(undefined, 'the key');
		await client.start(undefined, 'the key');
		const [, transcript] = talkdesk.transcripts();
		expect(transcript?.events).toHaveLength(1);
	});
});

describe('a conversation that an agent opens', () => {
	test('goes on as any other one, from both sides', async () => {
		const connected = await connectedForTest();
		const { talkdesk, client } = connected;
		const { conversationId: id } = await talkdesk.agent.open({
			...{ name: 'Grace', email: 'ada@example.com', touchpoint: 'local-touchpoint' },
		});
		await talkdesk.agent.say(id, 'Your teapot is back');
		expect(await client.send(id, { content: 'Thanks' })).toMatchObject({ status: 201 });
		await talkdesk.agent.end(id);
		expect(callsOf(connected)).toEqual([
			STARTED,
			by('Grace', 'Your teapot is back'),
			['/conversation_ended'],
		]);
		expect(talkdesk.conversation(id)).toMatchObject({
			start: { touchpoint_id: 'local-touchpoint', contact_person: { email: 'ada@example.com' } },
			startedBy: null,
			agent: { name: 'Grace' },
			messages: [{ from: 'agent' }, { from: 'customer' }],
			steps: [{ what: 'started', by: 'agent', agent: 'Grace' }, { what: 'ended' }],
		});
		// What the API has started is counted apart.
		expect(talkdesk.counts().conversationsStarted).toBe(1);
	});
});

describe('automated messages', () => {
	test.each<[{ type?: string; name?: string } | null]>([
		[{ type: 'BOT' }],
		[{ type: 'virtual-agent', name: 'Ava' }],
		[{ type: 'Studio flow' }],
		[{ name: 'Ava' }],
		[null],
	])('have the author %j, before and after an agent has joined', async (author) => {
		const connected = await connectedForTest();
		const { talkdesk, conversation_id: id } = connected;
		await talkdesk.agent.sayAutomatically(id, 'You are number 3', { author });
		await talkdesk.agent.join(id, { name: 'Grace' });
		await talkdesk.agent.sayAutomatically(id, 'We are closed', { author });
		const written = author ?? undefined;
		expect(callsOf(connected)).toEqual([
			['/message_created', written, 'You are number 3'],
			STARTED,
			['/message_created', written, 'We are closed'],
		]);
		expect(connected.n8n.calls[0]?.body.includes('author')).toBe(author !== null);
		const stored = { from: 'automated', author: author?.name ?? '' };
		expect(talkdesk.conversation(id)?.messages).toMatchObject([stored, stored]);
	});

	test('are by a bot by default, and have a name only in the flat form', async () => {
		const { talkdesk, n8n, conversation_id: id } = await connectedForTest();
		await talkdesk.agent.sayAutomatically(id, 'We are closed');
		expect(JSON.parse(n8n.calls[0]?.body ?? '')).toMatchObject({
			payload: { author: { type: 'BOT' } },
		});
		talkdesk.configure({ payloadForm: 'flat' });
		await talkdesk.agent.sayAutomatically(id, 'We are closed');
		await talkdesk.agent.sayAutomatically(id, 'We are closed', {
			author: { type: 'BOT', name: 'Ava' },
		});
		const flat = n8n.calls.slice(1).map(({ body }) => JSON.parse(body));
		expect(flat[0]).not.toHaveProperty('author_name');
		expect(flat[1]).toMatchObject({ content: 'We are closed', author_name: 'Ava' });
	});
});

test("the customer's messages come back with each of the authors in turn, and not without any", async () => {
	const connected = await connectedForTest(undefined, {
		echoAuthors: [{ type: 'CONTACT_PERSON', name: 'Ada' }, null],
	});
	const { talkdesk, client, n8n, conversation_id: id } = connected;
	for (const content of ['one', 'two', 'three']) await client.send(id, { content }, content);
	// A repetition is no new message.
	await client.send(id, { content: 'one' }, 'one');
	await talkdesk.waitFor(() => n8n.calls.length === 3, { what: 'the echoes' });
	const author = { type: 'CONTACT_PERSON', name: 'Ada' };
	expect(callsOf(connected)).toEqual([
		['/message_created', author, 'one'],
		['/message_created', undefined, 'two'],
		['/message_created', author, 'three'],
	]);
	talkdesk.configure({ echoAuthors: [] });
	await client.send(id, { content: 'four' });
	await talkdesk.agent.join(id, { name: 'Grace' });
	expect(callsOf(connected).slice(3)).toEqual([STARTED]);
});

test('a transfer changes the author, and nothing else', async () => {
	const connected = await connectedForTest();
	const { talkdesk, conversation_id: id } = connected;
	await talkdesk.agent.join(id, { name: 'Grace' });
	await talkdesk.agent.say(id, 'One moment');
	await talkdesk.agent.transfer(id, { name: 'Joan' });
	await talkdesk.agent.say(id, 'Hello');
	expect(callsOf(connected)).toEqual([STARTED, by('Grace', 'One moment'), by('Joan', 'Hello')]);
	expect(talkdesk.conversation(id)?.steps.map(({ what, agent }) => [what, agent])).toEqual([
		['started', null],
		['joined', 'Grace'],
		['transferred', 'Joan'],
	]);
});

test('a reopened conversation takes messages of both again, and can end again', async () => {
	const connected = await connectedForTest();
	const { talkdesk, client, conversation_id: id } = connected;
	await talkdesk.agent.join(id, { name: 'Grace' });
	await talkdesk.agent.end(id);
	await talkdesk.agent.reopen(id);
	expect(talkdesk.conversation(id)).toMatchObject({ state: 'open', endedAt: null, endedBy: null });
	await talkdesk.agent.say(id, 'One thing more');
	expect(await client.send(id, { content: 'Yes?' })).toMatchObject({ status: 201 });
	await talkdesk.agent.end(id);
	expect(callsOf(connected)).toEqual([
		STARTED,
		['/conversation_ended'],
		by('Grace', 'One thing more'),
		['/conversation_ended'],
	]);
});

test.each(['/agent/api', '/desk/api'])('%s changes the readings at run time', async (path) => {
	const connected = await connectedForTest();
	const { talkdesk, n8n, client } = connected;
	const url = `${talkdesk.url}${path}`;
	const before = { conversationStarted: 'join', echoAuthors: [] };
	expect((await request('GET', `${url}/readings`)).data).toEqual(before);
	const changes = { conversationStarted: 'start', echoAuthors: [{ type: 'CUSTOMER' }] };
	expect((await request('POST', `${url}/readings`, changes)).data).toEqual(changes);
	const id = await client.startConversation();
	await client.send(id, { content: 'Hello' });
	await talkdesk.waitFor(() => n8n.calls.length === 2, { what: 'both calls' });
	expect(callsOf(connected)).toEqual([
		STARTED,
		['/message_created', { type: 'CUSTOMER' }, 'Hello'],
	]);
	for (const wrong of [{ conversationStarted: 'sometimes' }, { account: 'other' }]) {
		expect((await request('POST', `${url}/readings`, wrong)).status).toBe(400);
	}
	expect((await request('GET', `${url}/readings`)).data).toEqual(changes);
});

test.each(['/agent/api', '/desk/api'])('%s has all actions', async (path) => {
	const connected = await connectedForTest();
	const { talkdesk } = connected;
	const act = (what: string, body?: object) =>
		request('POST', `${talkdesk.url}${path}/conversations${what}`, body);
	const opened = await act('', { name: 'Grace', email: 'ada@example.com' });
	expect(opened.data).toMatchObject({ conversationId: expect.any(String), delivery: { ok: true } });
	const id = talkdesk.conversations().at(-1)?.id ?? '';
	await act(`/${id}/automated`, { text: 'You are first', author: { type: 'Flow' } });
	expect(await act(`/${id}/transfer`, { name: 'Joan' })).toMatchObject({ status: 204 });
	await act(`/${id}/end`);
	expect(await act(`/${id}/reopen`)).toMatchObject({ status: 204 });
	await act(`/${id}/automated`, { text: 'Still here', author: null });
	expect(callsOf(connected)).toEqual([
		STARTED,
		['/message_created', { type: 'Flow' }, 'You are first'],
		['/conversation_ended'],
		['/message_created', undefined, 'Still here'],
	]);
	expect(talkdesk.conversation(id)).toMatchObject({ state: 'open', agent: { name: 'Joan' } });
});
