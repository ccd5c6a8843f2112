import { EVENTS, isKnownNotByAgent, readEvent } from '../../nodes/Talkdesk/trigger/events';

const receivedAt = Date.parse('2026-02-03T04:05:06.000Z');
const read = (action: string, body: unknown) => {
	const result = readEvent(action, body, receivedAt);
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
			conversationId: 'c1',
			timestamp: '2026-01-02T03:04:05.000Z',
			text: 'Hello',
			author: { type: 'AGENT', name: 'Zoe' },
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
			payload: { content: 7, author: 'Zoe', attachments: 'none', message_id: {} },
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
		const attachments = [null, 'a0', { id: 'a1', size: -1 }, { size: { toString: 1 } }, []];
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
			expect(readEvent('conversation_ended', body, receivedAt).ok).toBe(false);
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
	it.each(EVENTS)('the path says %s, whatever the body says', (event) => {
		for (const event_type of ['MESSAGE_CREATED', 'CONVERSATION_ENDED', 'TYPING']) {
			expect(read(event, { ...envelope, event_type }).event).toBe(event);
		}
	});

	it.each(EVENTS)('below /events the body says %s', (event) => {
		expect(read('events', { ...envelope, event_type: event.toUpperCase() }).event).toBe(event);
	});

	it('is unknown where neither says it', () => {
		expect(readEvent('events', { ...envelope, event_type: 'TYPING' }, receivedAt)).toMatchObject({
			ok: false,
			reason: 'unknown',
		});
	});
});

describe('what is no event', () => {
	it.each([undefined, null, 'text', 7, [envelope]])('a body of %j', (body) => {
		expect(readEvent('message_created', body, receivedAt)).toMatchObject({
			ok: false,
			reason: 'invalid',
		});
	});

	it.each([{}, { conversation_id: '' }, { conversation_id: null }, { payload: {} }])(
		'a body without a conversation: %j',
		(body) => {
			const result = readEvent('message_created', body, receivedAt);
			expect(result).toMatchObject({ ok: false, reason: 'unknown' });
			expect(!result.ok && result.problem).toContain('conversation_id');
		},
	);
});

describe('whether an agent can have written it', () => {
	const by = (author: unknown, action = 'message_created') =>
		isKnownNotByAgent(read(action, { ...envelope, payload: { content: 'Hi', author } }));

	it.each(['user', 'USER', 'External', 'customer', 'contact', 'CONTACT_PERSON', 'contact person'])(
		'not where the author is of the type %s',
		(type) => {
			expect(by({ type })).toBe(true);
			expect(by({ type }, 'conversation_ended')).toBe(false);
		},
	);

	it.each([
		undefined,
		null,
		{},
		{ name: 'user' },
		{ type: 'AGENT' },
		{ type: 'users' },
		{ type: 'BOT' },
		{ type: 7 },
	])('it may be where the author is %j', (author) => {
		expect(by(author)).toBe(false);
	});

	it('the flat form counts too', () => {
		const flat = { conversation_id: 'c1', content: 'Hi', author_type: 'USER' };
		expect(isKnownNotByAgent(read('message_created', flat))).toBe(true);
	});
});
