import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { credential, END, run, START, startConversation, talkdesk } from './fixtures.mts';

const STRICT = { transcriptSource: 'json', options: { ifMessageUnrecognized: 'error' } };

describe('conversation: start', () => {
	it('starts a conversation with transcript and parameters, and gives its data', async () => {
		const { items, error } = await run({
			...START,
			contactCenterParameters: {
				name: 'Ann',
				phone: '+15550100',
				custom: { parameter: [{ name: 'order', value: '4711' }] },
				json: '{ "vip": true, "order": "overwritten" }',
			},
			transcriptSource: 'json',
			transcript: [
				{ type: 'user', content: 'Hello', created_at: '2026-01-01T00:00:00.000Z' },
				{ type: 'external', content: 'I am a bot', created_at: '2026-01-01T00:00:01.000Z' },
			],
			options: { subject: 'An order' },
		});
		expect(error).toBeUndefined();
		const [conversation] = talkdesk.conversations();
		expect(items).toEqual([
			{
				json: {
					conversationId: conversation?.id,
					touchpointId: 'local-touchpoint',
					contactEmail: 'ann@example.com',
					alreadyStarted: false,
					transcriptMessages: 2,
					transcriptMessagesOmitted: 0,
					transcriptMessagesUnrecognized: 0,
					message: expect.stringContaining('human agent'),
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(conversation?.start).toEqual({
			touchpoint_id: 'local-touchpoint',
			contact_person: { email: 'ann@example.com' },
			subject: 'An order',
			context_parameters: {
				vip: true,
				order: '4711',
				contact_name: 'Ann',
				contact_phone: '+15550100',
			},
			previous_messages: [
				{ type: 'user', content: 'Hello', created_at: '2026-01-01T00:00:00.000Z' },
				{ type: 'external', content: 'I am a bot', created_at: '2026-01-01T00:00:01.000Z' },
			],
		});
	});

	it('makes one conversation for each item, paired with it', async () => {
		const emails = ['a@example.com', 'b@example.com', 'c@example.com'];
		const { items } = await run(
			{ ...START, contactEmail: '={{ $json.email }}' },
			{ items: emails.map((email) => ({ email })) },
		);
		expect(items.map(({ json, pairedItem }) => [json.contactEmail, pairedItem])).toEqual(
			emails.map((email, item) => [email, { item }]),
		);
		expect(talkdesk.counts().conversationsStarted).toBe(3);
	});

	it('starts no second conversation if n8n repeats the same execution', async () => {
		const first = await run(START);
		const again = await run(START);
		const other = await run(START, { executionId: 'execution-2' });
		expect(again.items[0]?.json.conversationId).toBe(first.items[0]?.json.conversationId);
		expect(other.items[0]?.json.conversationId).not.toBe(first.items[0]?.json.conversationId);
		expect(talkdesk.counts().conversationsStarted).toBe(2);
	});

	it('starts another one in each run of a loop', async () => {
		await run(START);
		await run(START, { earlierRuns: 1 });
		expect(talkdesk.counts().conversationsStarted).toBe(2);
	});

	it('uses the idempotency key of the option', async () => {
		const parameters = { ...START, options: { idempotencyKey: 'session-1' } };
		const first = await run(parameters, { executionId: 'execution-1' });
		const second = await run(parameters, { executionId: 'execution-2' });
		expect(first.items[0]?.json).toMatchObject({ alreadyStarted: false });
		expect(second.items[0]?.json).toMatchObject({
			conversationId: first.items[0]?.json.conversationId,
			alreadyStarted: true,
			message: expect.stringContaining('nothing new was started'),
		});
		expect(talkdesk.counts().conversationsStarted).toBe(1);
	});

	it('uses the touchpoint of the option', async () => {
		talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint' }, { id: 'other' }] });
		await run({ ...START, options: { touchpointId: 'other' } });
		expect(talkdesk.conversations()[0]?.start.touchpoint_id).toBe('other');
	});

	it.each([
		[{ contactEmail: '={{ $json.none }}' }, 'Contact Email', 'is empty'],
		[{ contactEmail: 'ann' }, 'Contact Email', 'not a valid email address'],
		[{ contactEmail: 'ann@a.example, bob@b.example' }, 'Contact Email', 'several email addresses'],
		[{ ...STRICT, transcript: '{' }, 'Transcript', 'in an unknown format (text of 1)'],
		[{ ...STRICT, transcript: '[{"who":"me"}]' }, 'Transcript', '{ who: text of 2 }'],
		[{ contactCenterParameters: { json: '[1]' } }, 'Contact Center Parameters', '(JSON)'],
		[{ contactCenterParameters: { json: '{' } }, 'Contact Center Parameters', '(JSON)'],
		[{ options: { timeout: 'soon' } }, 'Options > Timeout', 'must be a number greater than 0'],
		[{ options: { subject: ['a', 'b'] } }, 'Options > Subject', 'must be text, not a list'],
		[
			{ options: { idempotencyKey: {} } },
			'Options > Idempotency Key',
			'must be text, not an object',
		],
		[
			{ options: { idempotencyKey: false } },
			'Options > Idempotency Key',
			'must be text, not a boolean',
		],
		[{ contactCenterParameters: { name: {} } }, 'Contact Center Parameters > Name', 'an object'],
	])('rejects %j before any request', async (wrong, parameter, what) => {
		const { error } = await run({ ...START, ...wrong });
		expect(error?.message).toContain(parameter);
		expect(error?.message).toContain(what);
		expect(error?.description).toBeTruthy();
		expect(talkdesk.counts().routes).toEqual({});
	});

	it('explains a missing touchpoint', async () => {
		credential.touchpointId = '';
		const { error } = await run(START);
		expect(error?.message).toContain('touchpoint');
		expect(error?.description).toContain('credential');
	});
});

describe('contact-center parameters', () => {
	const parametersOf = async (contactCenterParameters: IDataObject, contactEmail = '') => {
		const { items, error } = await run({
			...START,
			contactEmail,
			contactCenterParameters: contactCenterParameters as INodeParameters,
		});
		return { items, error, start: talkdesk.conversations().at(-1)?.start };
	};

	it('of other integrations are accepted unchanged', async () => {
		for (const json of [
			{ emailAddress: 'ann@example.com', phone: '+15550100' },
			'{ "SendConversationTranscript": true, "ContactCenterParameters": { "emailAddress": "ann@example.com", "phone": "+15550100" } }',
		]) {
			const { error, start, items } = await parametersOf({ json });
			expect(error).toBeUndefined();
			expect(items[0]?.json.contactEmail).toBe('ann@example.com');
			expect(start?.contact_person.email).toBe('ann@example.com');
			expect(start?.context_parameters).toMatchObject({
				emailAddress: 'ann@example.com',
				phone: '+15550100',
				contact_phone: '+15550100',
			});
		}
	});

	it('prefer the phone of its own field', async () => {
		const json = { contact_phone: '1', phone: '2' };
		const own = await parametersOf({ json, phone: '3' }, 'ann@example.com');
		expect(own.start?.context_parameters).toMatchObject({ contact_phone: '3' });
	});

	it('that are broken by a quotation mark in an expression are rejected with a remedy', async () => {
		const { error } = await parametersOf({ json: '{ "reason": "He said "no"" }' });
		expect(error?.message).toContain('must be a valid JSON object');
		expect(error?.description).toContain('make the whole field one expression');
	});

	it('keep nested values', async () => {
		const json = { order: { id: 4711, items: ['a', 'b'] }, vip: true, empty: null };
		const { start } = await parametersOf({ json }, 'ann@example.com');
		expect(start?.context_parameters).toEqual(json);
	});

	it("do not override the contact's address, and are checked", async () => {
		const { start } = await parametersOf(
			{ json: { emailAddress: 'b@example.com' } },
			'a@example.com',
		);
		expect(start?.contact_person.email).toBe('a@example.com');
		const { error } = await parametersOf({ json: { emailAddress: 'nobody' } });
		expect(error?.message).toBe("The 'Contact Email' parameter is not a valid email address");
	});
});

it.each(['.', '..'])('the id %j reaches no other path of the API', async (conversationId) => {
	const { items } = await run(END, {
		node: { onError: 'continueRegularOutput' },
		items: [{ conversationId }],
	});
	expect(items[0]?.json).toMatchObject({
		error: expect.stringContaining('is not a valid ID'),
		details: { kind: 'badRequest', fields: [] },
	});
	expect(talkdesk.counts().routes).toEqual({});
});

describe('conversation: end', () => {
	it('ends a conversation, and succeeds for an ended one', async () => {
		const conversationId = await startConversation();
		const first = await run(END, { items: [{ conversationId }] });
		expect(first.items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: false });
		expect(talkdesk.conversation(conversationId)?.state).toBe('ended');
		const again = await run(END, { items: [{ conversationId }] });
		expect(again.items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: true });
	});

	it('fails for an unknown conversation', async () => {
		const { error } = await run(END, { items: [{ conversationId: 'nowhere' }] });
		expect(error).toMatchObject({ httpCode: '404' });
	});
});
