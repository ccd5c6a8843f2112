import Fastify from 'fastify';
import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { credentialFor } from '../sandbox/credential.mts';
import { startTalkdesk, type LocalTalkdesk, type TalkdeskOptions } from '../sandbox/talkdesk.mts';
import { runNode, type StoredCredential } from './engine.mts';

let talkdesk: LocalTalkdesk;
let credential: StoredCredential;

async function begin(options: TalkdeskOptions = {}) {
	talkdesk = await startTalkdesk(options);
	credential = { ...credentialFor(talkdesk), accessToken: '' };
}

beforeEach(async () => await begin());
afterEach(async () => await talkdesk.close());

const START: INodeParameters = {
	resource: 'conversation',
	operation: 'start',
	contactEmail: 'ann@example.com',
	contactCenterParameters: {},
	transcriptSource: 'none',
	options: {},
};
const SEND: INodeParameters = {
	resource: 'message',
	operation: 'send',
	conversationId: '={{ $json.conversationId }}',
	text: '={{ $json.text }}',
	options: {},
};
const END: INodeParameters = {
	resource: 'conversation',
	operation: 'end',
	conversationId: '={{ $json.conversationId }}',
	options: {},
};

const run = async (
	parameters: INodeParameters,
	more: Partial<Parameters<typeof runNode>[1]> = {},
) => await runNode('talkdesk', { credential, parameters, ...more });

const started = async () => {
	const { items, error } = await run(START);
	if (error) throw error;
	return String(items[0]?.json.conversationId);
};

describe('conversation: start', () => {
	it('starts a conversation with transcript and parameters, and says what became of it', async () => {
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

	it('starts nothing new where n8n repeats the same piece of work', async () => {
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

	it('takes an idempotency key of the user', async () => {
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

	it('starts in the touchpoint of the option', async () => {
		talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint' }, { id: 'other' }] });
		await run({ ...START, options: { touchpointId: 'other' } });
		expect(talkdesk.conversations()[0]?.start.touchpoint_id).toBe('other');
	});

	it.each([
		[{ contactEmail: '={{ $json.none }}' }, 'Contact Email', 'is empty'],
		[{ contactEmail: 'ann' }, 'Contact Email', 'not an e-mail address'],
		[{ contactEmail: 'Ann <ann@example.com>' }, 'Contact Email', 'not an e-mail address'],
		[{ transcriptSource: 'json', transcript: '{' }, 'Transcript', "isn't understood: {"],
		[{ transcriptSource: 'json', transcript: '{}' }, 'Transcript', "isn't understood: {}"],
		[{ transcriptSource: 'json', transcript: '[{"who":"me"}]' }, 'Transcript', '{"who":"me"}'],
		[{ contactCenterParameters: { json: '[1]' } }, 'Contact Center Parameters', '(JSON)'],
		[{ contactCenterParameters: { json: '{' } }, 'Contact Center Parameters', '(JSON)'],
		[{ options: { timeout: 'soon' } }, 'timeout', 'wrong value'],
	])('refuses %j before anything is sent', async (wrong, parameter, what) => {
		const { error } = await run({ ...START, ...wrong });
		expect(error?.message).toContain(parameter);
		expect(error?.message).toContain(what);
		expect(error?.description).toBeTruthy();
		expect(talkdesk.counts().routes).toEqual({});
	});

	it('says that there is no touchpoint, and where to enter one', async () => {
		credential.touchpointId = '';
		const { error } = await run(START);
		expect(error?.message).toContain('touchpoint');
		expect(error?.description).toContain('credential');
	});
});

describe('message: send', () => {
	it("sends the customer's text into the conversation", async () => {
		const conversationId = await started();
		const { items } = await run(SEND, { items: [{ conversationId, text: 'Are you there?' }] });
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message).toMatchObject({ from: 'customer', content: 'Are you there?' });
		expect(items[0]).toEqual({
			json: {
				conversationId,
				messageId: message?.id,
				createdAt: message?.createdAt,
				attachments: [],
				conversationEnded: false,
			},
			pairedItem: { item: 0 },
		});
	});

	it('keeps the order of the items', async () => {
		const conversationId = await started();
		const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
		await run(SEND, { items: texts.map((text) => ({ conversationId, text })) });
		expect(talkdesk.conversation(conversationId)?.messages.map(({ content }) => content)).toEqual(
			texts,
		);
	});

	it('sends a message once where n8n repeats it, and the same words of another item as well', async () => {
		const conversationId = await started();
		const items = [
			{ conversationId, text: 'yes' },
			{ conversationId, text: 'yes' },
		];
		await run(SEND, { items });
		await run(SEND, { items });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('sends other words of the same run and item as well: an AI agent may do that', async () => {
		const conversationId = await started();
		await run(SEND, { items: [{ conversationId, text: 'yes' }] });
		await run(SEND, { items: [{ conversationId, text: 'no' }] });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('says with a kind that the conversation has ended', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		const { error } = await run(SEND, { items: [{ conversationId, text: 'hello?' }] });
		expect(error?.message).toContain('Talkdesk could not send the message');
		expect(error?.description).toContain('3016011');
		expect(error?.description).toContain('Start a new conversation');
	});

	it.each([
		[{ text: 'x' }, 'Conversation ID'],
		[{ conversationId: 'c' }, 'Text'],
		[{ conversationId: 'c', text: '  \n' }, 'Text'],
	])('refuses %j', async (item, parameter) => {
		const { error } = await run(SEND, { items: [item] });
		expect(error?.message).toContain(`The parameter ${parameter} is empty`);
	});

	it('keeps an id with a slash inside its segment of the URL', async () => {
		const { error } = await run(SEND, { items: [{ conversationId: '../x', text: 'x' }] });
		expect(error).toMatchObject({ httpCode: '404' });
		expect(Object.keys(talkdesk.counts().routes)).toContain(
			'POST /api/digital-connect/conversations/:id/messages',
		);
	});
});

describe('the transcript', () => {
	const transcriptOf = () =>
		(talkdesk.conversations().at(-1)?.start.previous_messages ?? []).map(
			({ type, content }) => `${type}: ${content}`,
		);

	it('comes out of a connected memory, whole and in order', async () => {
		const memory = Array.from({ length: 200 }, (_, index) =>
			index % 2 === 0 ? new HumanMessage(`question ${index}`) : new AIMessage(`answer ${index}`),
		);
		const { items, error } = await run(
			{ ...START, transcriptSource: 'memory' },
			{ memory: [new SystemMessage('Be nice'), ...memory] },
		);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ transcriptMessages: 200, transcriptMessagesOmitted: 0 });
		expect(transcriptOf()).toEqual(
			memory.map((_, index) =>
				index % 2 ? `external: answer ${index}` : `user: question ${index}`,
			),
		);
	});

	it('says that no memory is connected', async () => {
		const { error } = await run({ ...START, transcriptSource: 'memory' });
		expect(error?.message).toBe('A Memory sub-node must be connected and enabled');
		expect(error?.description).toContain('tool of an agent');
		expect(talkdesk.counts().routes).toEqual({});
	});

	it('is entered by hand', async () => {
		await run({
			...START,
			transcriptSource: 'define',
			transcriptMessages: {
				message: [
					{ type: 'user', content: 'Hi', created_at: '2026-01-01T10:00:00' },
					{ type: 'external', content: '={{ "Hel" + "lo" }}', created_at: '' },
				],
			},
		});
		expect(transcriptOf()).toEqual(['user: Hi', 'external: Hello']);
	});

	it('keeps the newest messages of a limit, and counts the others', async () => {
		const { items } = await run({
			...START,
			transcriptSource: 'json',
			transcript: ['a', 'b', 'c'].map((content) => ({ role: 'user', content })),
			options: { transcriptLimit: 2 },
		});
		expect(items[0]?.json).toMatchObject({ transcriptMessages: 2, transcriptMessagesOmitted: 1 });
		expect(transcriptOf()).toEqual(['user: b', 'user: c']);
	});

	it.each(['lower', 'upper', 'either'] as const)(
		'reaches a Talkdesk that spells its types in the way %s, and the spelling is kept',
		async (messageTypeSpelling) => {
			talkdesk.configure({ messageTypeSpelling });
			const parameters = {
				...START,
				transcriptSource: 'json',
				transcript: [{ role: 'user', content: 'Hi' }],
			};
			for (const executionId of ['1', '2', '3']) {
				const { error } = await run(parameters, { executionId });
				expect(error).toBeUndefined();
			}
			expect(talkdesk.counts().conversationsStarted).toBe(3);
			expect(talkdesk.counts().routes['POST /api/digital-connect/conversations']).toBe(
				messageTypeSpelling === 'upper' ? 4 : 3,
			);
		},
	);

	it('is sent into an open conversation, in parts, in order, and once', async () => {
		const conversationId = await started();
		const parameters = {
			resource: 'message',
			operation: 'sendTranscript',
			conversationId,
			transcriptSource: 'json',
			transcript: Array.from({ length: 20 }, (_, index) => ({
				role: index % 2 ? 'assistant' : 'user',
				content: `message ${index} ${'x'.repeat(60)}`,
			})),
			sendAs: 'message',
			options: { messageLength: 200 },
		};
		const { items, error } = await run(parameters);
		expect(error).toBeUndefined();
		const messages = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(messages).toHaveLength(10);
		const lines = messages.flatMap(({ content }) => content?.split('\n') ?? []);
		expect(lines.map((line) => line.slice(0, 19).trim())).toEqual(
			Array.from({ length: 20 }, (_, index) =>
				`${index % 2 ? 'Bot' : 'Customer'}: message ${index} xxxx`.slice(0, 19).trim(),
			),
		);
		expect(items[0]?.json).toMatchObject({
			conversationId,
			messageId: messages.at(-1)?.id,
			messageIds: messages.map(({ id }) => id),
			transcriptMessages: 20,
		});
		await run(parameters);
		expect(talkdesk.counts().messagesStored).toBe(10);
	});

	it.each([{}, { idempotencyKey: 'mine' }])(
		'is sent whole where its parts are alike, with the options %j',
		async (options) => {
			const conversationId = await started();
			const { error } = await run({
				resource: 'message',
				operation: 'sendTranscript',
				conversationId,
				transcriptSource: 'json',
				transcript: Array.from({ length: 4 }, () => ({ role: 'user', content: 'x'.repeat(80) })),
				sendAs: 'message',
				options: { messageLength: 100, ...options },
			});
			expect(error).toBeUndefined();
			expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(4);
		},
	);

	it('that is empty is not sent', async () => {
		const conversationId = await started();
		const { error } = await run({
			resource: 'message',
			operation: 'sendTranscript',
			conversationId,
			transcriptSource: 'json',
			transcript: [{ role: 'system', content: 'x' }],
			options: {},
		});
		expect(error?.message).toBe('The transcript is empty');
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

	it('of other integrations can be passed as they are', async () => {
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

	it('have the phone of their own field, whatever else says', async () => {
		const json = { contact_phone: '1', phone: '2' };
		const own = await parametersOf({ json, phone: '3' }, 'ann@example.com');
		expect(own.start?.context_parameters).toMatchObject({ contact_phone: '3' });
	});

	it('keep nested values', async () => {
		const json = { order: { id: 4711, items: ['a', 'b'] }, vip: true, empty: null };
		const { start } = await parametersOf({ json }, 'ann@example.com');
		expect(start?.context_parameters).toEqual(json);
	});

	it("leave the contact's own address alone, and check the other one", async () => {
		const { start } = await parametersOf(
			{ json: { emailAddress: 'b@example.com' } },
			'a@example.com',
		);
		expect(start?.contact_person.email).toBe('a@example.com');
		const { error } = await parametersOf({ json: { emailAddress: 'nobody' } });
		expect(error?.message).toBe('The parameter Contact Email is not an e-mail address');
	});
});

it.each(['.', '..'])('the id %j reaches no other place of the API', async (conversationId) => {
	const { error } = await run(END, { items: [{ conversationId }] });
	expect(error?.message).toContain('is no ID');
	expect(talkdesk.counts().routes).toEqual({});
});

describe('conversation: end', () => {
	it('ends a conversation, and ending it again is an outcome', async () => {
		const conversationId = await started();
		const first = await run(END, { items: [{ conversationId }] });
		expect(first.items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: false });
		expect(talkdesk.conversation(conversationId)?.state).toBe('ended');
		const again = await run(END, { items: [{ conversationId }] });
		expect(again.items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: true });
	});

	it('fails for a conversation that never was', async () => {
		const { error } = await run(END, { items: [{ conversationId: 'nowhere' }] });
		expect(error).toMatchObject({ httpCode: '404' });
	});
});

describe('errors', () => {
	it("carry Talkdesk's message, its code, the item and a remedy", async () => {
		const { error } = await run(
			{ ...START, options: { touchpointId: '={{ $json.touchpoint }}' } },
			{ items: [{ touchpoint: 'local-touchpoint' }, { touchpoint: 'unknown' }] },
		);
		expect(error?.message).toBe(
			'Talkdesk could not start the conversation: There is no such touchpoint',
		);
		expect(error).toMatchObject({ context: { itemIndex: 1 } });
		expect(error?.description).toContain('Check the ID');
		expect(error?.description).toContain("Talkdesk's code: local-404");
	});

	it('with Continue On Fail become items, and the other items go on', async () => {
		const conversationId = await started();
		const { items, error } = await run(SEND, {
			node: { onError: 'continueRegularOutput' },
			items: [
				{ conversationId, text: 'one' },
				{ conversationId: 'nowhere', text: 'two' },
				{ conversationId, text: '' },
				{ conversationId, text: 'four' },
			],
		});
		expect(error).toBeUndefined();
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3].map((item) => ({ item })),
		);
		expect(items[1]?.json).toEqual({
			error: expect.stringContaining('Talkdesk could not send the message'),
			message: expect.stringContaining('Check the ID'),
			details: { kind: 'notFound', status: 404, code: 'local-404', fields: [] },
		});
		expect(items[2]?.json.error).toContain('Text');
		expect(talkdesk.conversation(conversationId)?.messages.map(({ content }) => content)).toEqual([
			'one',
			'four',
		]);
	});

	it('leave by the error output where there is one', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		const { outputs } = await run(SEND, {
			node: { onError: 'continueErrorOutput' },
			items: [{ conversationId, text: 'hello?' }],
		});
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			kind: 'conversationEnded',
			code: '3016011',
		});
	});

	it('say that there was no answer, and why', async () => {
		credential.apiBaseUrl = 'http://127.0.0.1:9';
		const { error } = await run(START);
		expect(error?.message).toContain('there was no answer');
		expect(error?.description).toContain('ECONNREFUSED');
		expect(error?.description).toContain('region');
	});

	it('of a wrong secret are in the words of Talkdesk', async () => {
		credential.clientSecret = 'wrong';
		const { error } = await run(START);
		expect(error?.message).toContain('Client authentication failed');
		expect(error?.description).toContain('credential');
	});

	it('of an incomplete credential name the field', async () => {
		credential.clientId = '';
		const { error } = await run(START);
		expect(error?.message).toContain('Client ID');
	});

	it('of a missing scope speak of scopes', async () => {
		talkdesk.configure({
			clients: [{ id: 'local-client', secret: 'local-secret', scopes: ['attachments:read'] }],
		});
		const { error } = await run(START);
		expect(error).toMatchObject({ httpCode: '403' });
		expect(error?.description).toContain('scope');
	});

	it('and outputs hold no secret', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		const runs = [
			await run(START),
			await run(SEND, { items: [{ conversationId, text: 'x' }] }),
			await run({ ...START, options: { touchpointId: 'unknown' } }),
		];
		const token = String(credential.accessToken);
		expect(token.length).toBeGreaterThan(8);
		credential.apiBaseUrl = 'http://127.0.0.1:9';
		runs.push(await run(START));
		credential.clientSecret = 'wrong-canary';
		credential.accessToken = '';
		runs.push(await run(START));
		for (const { everything } of runs) {
			expect(everything).not.toContain(token);
			expect(everything).not.toContain('local-secret');
			expect(everything).not.toContain('wrong-canary');
		}
	});
});

describe('the token', () => {
	it('follows no redirection to another host', async () => {
		const seen: unknown[] = [];
		const elsewhere = Fastify();
		elsewhere.all('*', async (request) => {
			seen.push(request.headers.authorization);
			return { id: 'stolen' };
		});
		const redirecting = Fastify();
		const target = await elsewhere.listen({ host: '127.0.0.1', port: 0 });
		redirecting.all('*', async (_request, reply) => await reply.redirect(`${target}/x`, 307));
		try {
			credential.apiBaseUrl = await redirecting.listen({ host: '127.0.0.1', port: 0 });
			const { error } = await run(START);
			expect(error).toMatchObject({ httpCode: '307' });
			expect(seen).toEqual([]);
		} finally {
			await Promise.all([elsewhere.close(), redirecting.close()]);
		}
	});

	it('is fetched once for many items and many runs', async () => {
		const conversationId = await started();
		for (let index = 0; index < 3; index++) {
			await run(SEND, {
				executionId: `execution-${index}`,
				items: Array.from({ length: 10 }, (_, item) => ({ conversationId, text: `${item}` })),
			});
		}
		expect(talkdesk.counts()).toMatchObject({ tokensIssued: 1, messagesStored: 30 });
	});

	it('is renewed without the workflow noticing when it expires', async () => {
		const conversationId = await started();
		talkdesk.expireTokens();
		const { error } = await run(SEND, { items: [{ conversationId, text: 'still here' }] });
		expect(error).toBeUndefined();
		expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
		expect(talkdesk.counts().tokensIssued).toBe(2);
	});

	it('is fetched once where many ask at the same time, cold and expired', async () => {
		const many = async () =>
			await Promise.all(
				Array.from(
					{ length: 20 },
					async (_, index) => await run(START, { executionId: `${index}` }),
				),
			);
		await many();
		expect(talkdesk.counts().tokensIssued).toBe(1);
		talkdesk.expireTokens();
		const runs = await many();
		expect(runs.filter(({ error }) => error)).toEqual([]);
		expect(talkdesk.counts().tokensIssued).toBe(2);
	});
});
