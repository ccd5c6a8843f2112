import { EVENTS, readEvent } from '../../nodes/Talkdesk/trigger/events';

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

describe('what is no call of Talkdesk', () => {
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
			expect(result).toMatchObject({ ok: false, reason: 'invalid' });
			expect(!result.ok && result.problem).toContain('conversation_id');
		},
	);
});
