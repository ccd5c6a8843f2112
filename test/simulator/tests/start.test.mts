import { cleanUp, errorOf, invalid, apiError, setUp, startBody, time } from './testing.mts';

afterEach(cleanUp);

const message = { type: 'user', content: 'Hello', created_at: '2024-01-01T08:00:00.000Z' };

describe('start', () => {
	test('accepts the smallest body', async () => {
		const { talkdesk, client } = await setUp();
		const answer = await client.start();
		expect(answer.status).toBe(201);
		expect(answer.data).toEqual({ id: expect.stringMatching(/^.{1,255}$/) });
		expect(talkdesk.conversations()).toEqual([
			{
				...{ id: expect.any(String), state: 'open', start: startBody(), startedAt: time },
				...{ agent: null, messages: [], endedAt: null, endedBy: null },
				startedBy: { client: 'local-client', account: 'acme' },
				steps: [{ what: 'started', at: time, by: 'api', agent: null }],
			},
		]);
	});

	test('accepts every field, and stores it unchanged', async () => {
		const { talkdesk, client } = await setUp();
		const body = startBody({
			subject: 'Order 42',
			context_parameters: { contact_name: 'Ada', contact_phone: '+351 210 000 000' },
			previous_messages: [message, { ...message, type: 'external', content: '' }],
		});
		const id = await client.startConversation(body);
		expect(talkdesk.conversation(id)?.start).toEqual(body);
	});

	test('accepts null as context parameters', async () => {
		const { client } = await setUp();
		expect((await client.start(startBody({ context_parameters: null }))).status).toBe(201);
	});

	test.each<[string, unknown, string[]]>([
		['an empty object', {}, ['touchpoint_id', 'contact_person']],
		['no body', '', ['body']],
		['an array', [], ['body']],
		['an unknown field', startBody({ language: 'pt' }), ['language']],
		['an empty touchpoint', startBody({ touchpoint_id: '' }), ['touchpoint_id']],
		['a number as touchpoint', startBody({ touchpoint_id: 7 }), ['touchpoint_id']],
		['no e-mail', startBody({ contact_person: {} }), ['contact_person.email']],
		['no address', startBody({ contact_person: { email: 'Ada' } }), ['contact_person.email']],
		[
			'another property of the contact',
			startBody({ contact_person: { email: 'ada@example.com', name: 'Ada', phone: '1' } }),
			['contact_person.name', 'contact_person.phone'],
		],
		['a number as subject', startBody({ subject: 1 }), ['subject']],
		['null as subject', startBody({ subject: null }), ['subject']],
		['a list as context', startBody({ context_parameters: [] }), ['context_parameters']],
		[
			'a message without its fields',
			startBody({ previous_messages: [message, {}] }),
			[
				'previous_messages[1].type',
				'previous_messages[1].content',
				'previous_messages[1].created_at',
			],
		],
		[
			'a message at no ISO 8601 time',
			startBody({ previous_messages: [{ ...message, created_at: 'yesterday' }] }),
			['previous_messages[0].created_at'],
		],
		[
			'a message with an unknown field',
			startBody({ previous_messages: [{ ...message, author: 'Ada' }] }),
			['previous_messages[0].author'],
		],
		[
			'a message of another type',
			startBody({ previous_messages: [{ ...message, type: 'bot' }] }),
			['previous_messages[0].type'],
		],
	])('rejects %s', async (_, body, fields) => {
		const { talkdesk, client } = await setUp();
		expect(errorOf(await client.start(body))).toEqual(invalid(...fields));
		expect(talkdesk.conversations()).toEqual([]);
	});

	test.each(['{"touchpoint_id":', 'null', '{"__proto__":{"x":1}}', 'hello'])(
		'rejects %s as a body',
		async (body) => {
			const { client } = await setUp();
			expect(errorOf(await client.start(body))).toMatchObject({
				status: 400,
				data: { code: 'local-400' },
			});
		},
	);

	test.each<['lower' | 'upper' | 'either', string, boolean]>([
		['lower', 'user', true],
		['lower', 'USER', false],
		['upper', 'EXTERNAL', true],
		['upper', 'external', false],
		['either', 'external', true],
		['either', 'USER', true],
		['either', 'User', false],
	])('with the spelling %s, %s is accepted: %s', async (messageTypeSpelling, type, taken) => {
		const { client } = await setUp({ messageTypeSpelling });
		const answer = await client.start(startBody({ previous_messages: [{ ...message, type }] }));
		expect(errorOf(answer)).toEqual(
			taken
				? { status: 201, data: { id: expect.any(String) } }
				: invalid('previous_messages[0].type'),
		);
	});

	test('rejects an unknown touchpoint', async () => {
		const { client } = await setUp();
		const answer = await client.start(startBody({ touchpoint_id: 'other' }));
		expect(errorOf(answer)).toEqual(apiError(404));
	});

	test('finds the conversation of the same key, and keeps the first body', async () => {
		const { talkdesk, client } = await setUp();
		const first = await client.start(startBody({ subject: 'first' }), 'same');
		const again = await client.start(startBody({ subject: 'second' }), 'same');
		const other = await client.start(startBody(), 'other');
		expect(errorOf(again)).toEqual({ status: 201, data: first.data });
		expect(other.data).not.toEqual(first.data);
		expect(talkdesk.counts().conversationsStarted).toBe(2);
		expect(talkdesk.conversations()[0]).toMatchObject({ start: { subject: 'first' } });
	});
});
