import { EVENTS, isByNonAgent, parseEvent } from '../../../../nodes/Talkdesk/trigger/event/parse';

const receivedAt = Date.parse('2026-02-03T04:05:06.000Z');
const read = (action: string, body: unknown) => {
	const result = parseEvent(action, body, receivedAt);
	if (!result.ok) throw new Error(result.problem);
	return result.event;
};

const envelope = {
	event_type: 'MESSAGE_CREATED',
	conversation_id: 'c1',
	timestamp: '2026-01-02T03:04:05.000Z',
	payload: { content: 'Hello', author: { type: 'AGENT', name: 'Zoe' } },
};

describe('the forms of a call', () => {
	it('the documented envelope', () => {
		expect(read('message_created', envelope)).toEqual({
			event: 'message_created',
			eventId: expect.stringMatching(/^[0-9a-f]{64}$/),
			conversationId: 'c1',
			timestamp: '2026-01-02T03:04:05.000Z',
			text: 'Hello',
			author: { type: 'AGENT', name: 'Zoe', kind: 'agent' },
			attachments: [],
			raw: envelope,
		});
	});

	it('the conversation id inside the payload, the event in lower case', () => {
		const body = {
			event_type: 'message_created',
			payload: { conversation_id: 'c1', content: 'Hi' },
		};
		expect(read('events', body)).toMatchObject({
			event: 'message_created',
			conversationId: 'c1',
			text: 'Hi',
		});
	});

	it('the flat form', () => {
		const body = { conversation_id: 'c1', content: 'Hi', author_name: 'Zoe' };
		expect(read('message_created', body)).toMatchObject({ text: 'Hi', author: { name: 'Zoe' } });
	});

	it('an id that is a number', () => {
		expect(read('conversation_ended', { conversation_id: 42 }).conversationId).toBe('42');
	});

	it('fields of a wrong type are left out, and the call still counts', () => {
		const body = {
			conversation_id: 'c1',
			timestamp: 'yesterday',
			payload: { content: true, author: 7, attachments: 'none', message_id: {} },
		};
		expect(read('message_created', body)).toEqual({
			event: 'message_created',
			conversationId: 'c1',
			timestamp: '2026-02-03T04:05:06.000Z',
			attachments: [],
			raw: body,
		});
	});

	it.each([null, 'text', 7, []])('a payload of %j', (payload) => {
		expect(read('conversation_ended', { conversation_id: 'c1', payload }).conversationId).toBe(
			'c1',
		);
	});

	it('attachments with what is known of them', () => {
		const attachments = [
			{ id: 'a1', name: 'x.pdf', type: 'application/pdf', size: '12' },
			{ id: 'a2' },
		];
		expect(
			read('message_created', { conversation_id: 'c1', payload: { attachments } }),
		).toMatchObject({
			attachments: [{ id: 'a1', name: 'x.pdf', type: 'application/pdf', size: 12 }, { id: 'a2' }],
		});
	});

	it('what is no attachment does not take the others with it', () => {
		const attachments = [null, '', 7, { id: 'a1', size: -1 }, { size: { toString: 1 } }, []];
		const endless: unknown = JSON.parse('[{ "id": "a2", "size": 1e999 }]');
		const one = { conversation_id: 'c1', payload: { attachments: endless } };
		expect(read('message_created', one).attachments).toEqual([{ id: 'a2' }]);
		expect(
			read('message_created', { conversation_id: 'c1', payload: { attachments } }).attachments,
		).toEqual([{ id: 'a1' }, {}]);
	});

	it.each([12345678901234567890n, '1e999', '1.5e300'])(
		"a number that JavaScript cannot hold is nobody's id: %s",
		(number) => {
			const body: unknown = JSON.parse(`{"conversation_id": ${number}}`);
			expect(parseEvent('conversation_ended', body, receivedAt).ok).toBe(false);
		},
	);

	it("the message's id, and the reason of an end", () => {
		expect(
			read('message_created', { conversation_id: 'c1', payload: { message_id: 'm1' } }).messageId,
		).toBe('m1');
		expect(
			read('message_created', { conversation_id: 'c1', payload: { id: 'm2' } }).messageId,
		).toBe('m2');
		expect(
			read('conversation_ended', { conversation_id: 'c1', payload: { id: 'x' } }).messageId,
		).toBe(undefined);
		expect(
			read('conversation_ended', { conversation_id: 'c1', payload: { reason: 'closed' } }).reason,
		).toBe('closed');
	});
});

describe('which event it is', () => {
	it.each(EVENTS)('the path says %s where the body names no known one', (event) => {
		for (const event_type of [undefined, null, 7, 'TYPING', '']) {
			expect(read(event, { ...envelope, event_type }).event).toBe(event);
		}
	});

	it.each([
		...[
			'MESSAGE-CREATED',
			'message.created',
			'Message Created',
			'messageCreated',
			'MESSAGE_CREATED ',
		],
		...['com.talkdesk.message.created', 'message:created'],
	])('below /events the body says %j', (event_type) => {
		for (const name of ['event_type', 'eventType', 'event', 'type', 'EventType']) {
			const body = { [name]: event_type, conversation_id: 'c1', payload: { content: 'Hi' } };
			expect(read('events', body).event).toBe('message_created');
		}
	});

	describe('where path and body name two', () => {
		const words = { conversation_id: 'c1', payload: { content: 'Hello' } };
		const none = { conversation_id: 'c1', payload: { reason: 'AGENT' } };
		it.each([
			['message_created', 'CONVERSATION_ENDED', none, 'conversation_ended'],
			['message_created', 'CONVERSATION_STARTED', none, 'conversation_started'],
			['conversation_started', 'CONVERSATION_ENDED', none, 'conversation_ended'],
			['conversation_ended', 'CONVERSATION_STARTED', none, 'conversation_started'],
			['conversation_ended', 'MESSAGE_CREATED', none, 'message_created'],
			['conversation_ended', 'MESSAGE_CREATED', words, 'message_created'],
			['conversation_started', 'MESSAGE_CREATED', words, 'message_created'],
			['message_created', 'CONVERSATION_ENDED', words, 'message_created'],
		])('%s and %s, %j is %s, with a warning', (path, event_type, body, event) => {
			const result = parseEvent(path, { ...body, event_type }, receivedAt);
			expect(result).toMatchObject({ ok: true, event: { event } });
			expect(result).toHaveProperty('warning', expect.stringContaining('The path says'));
		});
	});

	it.each(EVENTS)('below /events the body says %s', (event) => {
		expect(read('events', { ...envelope, event_type: event.toUpperCase() }).event).toBe(event);
	});

	it.each(['WHISPER_MESSAGE_CREATED', 'message_created_draft', 'message', 'created', 'x.message'])(
		'another word that has one in it is no event: %s',
		(event_type) => {
			expect(parseEvent('events', { ...envelope, event_type }, receivedAt).ok).toBe(false);
		},
	);

	it('is unknown where neither says it', () => {
		expect(parseEvent('events', { ...envelope, event_type: 'TYPING' }, receivedAt)).toMatchObject({
			ok: false,
			reason: 'unknown',
		});
	});
});

describe('what is no event', () => {
	it.each([undefined, null, 'text', 7, [envelope], []])('a body of %j', (body) => {
		expect(parseEvent('message_created', body, receivedAt)).toMatchObject({
			ok: false,
			reason: 'invalid',
		});
	});

	it.each([{}, { conversation_id: '' }, { conversation_id: null }, { payload: {} }])(
		'a body without a conversation: %j',
		(body) => {
			const result = parseEvent('message_created', body, receivedAt);
			expect(result).toMatchObject({ ok: false, reason: 'unknown' });
			expect(!result.ok && result.problem).toContain('conversation_id');
		},
	);
});

describe('whether an agent can have written it', () => {
	const by = (author: unknown, action = 'message_created') =>
		isByNonAgent(
			read(action, { ...envelope, event_type: action, payload: { content: 'Hi', author } }),
		);

	it('a user of the contact center can', () => {
		expect(by({ type: 'INTERNAL_USER' })).toBe(false);
	});

	it.each([
		...['user', 'USER', 'External', 'customer', 'contact', 'CONTACT_PERSON', 'contact person'],
		...['END_USER', 'EndUser', 'Person', 'VISITOR', 'guest', 'Lead'],
		...[
			'BOT',
			'System',
			'AUTOMATED',
			'AUTOMATIC',
			'VIRTUAL_AGENT',
			'virtual-agent',
			'Studio',
			'FLOW',
		],
		...['virtualAgent', 'agent_bot'],
	])('not where the author is of the type %s', (type) => {
		expect(by({ type })).toBe(true);
		expect(by({ type }, 'conversation_ended')).toBe(false);
	});

	it.each([
		undefined,
		null,
		{},
		{ name: 'user' },
		{ type: 'AGENT' },
		{ type: 'users' },
		{ type: 'CONTACT_CENTER_AGENT' },
		{ type: 'live agent' },
		{ type: 'TALKDESK_USER' },
		{ type: 7 },
	])('it may be where the author is %j', (author) => {
		expect(by(author)).toBe(false);
	});

	it.each([
		['AGENT', 'agent'],
		['live-agent', 'agent'],
		['VIRTUAL_AGENT', 'automated'],
		['END USER', 'customer'],
		['USER', 'customer'],
		['NEW_KIND', 'unknown'],
		['', 'unknown'],
	])('the kind of %j is %s', (type, kind) => {
		const body = { ...envelope, payload: { content: 'Hi', author: { type, name: 'Zoe' } } };
		expect(read('message_created', body).author?.kind).toBe(kind);
	});

	it('an author without a type is of an unknown kind', () => {
		const flat = { conversation_id: 'c1', content: 'Hi', author_name: 'Zoe' };
		expect(read('message_created', flat).author).toEqual({ name: 'Zoe', kind: 'unknown' });
	});

	it('the flat form counts too', () => {
		const flat = { conversation_id: 'c1', content: 'Hi', author_type: 'USER' };
		expect(isByNonAgent(read('message_created', flat))).toBe(true);
	});
});
