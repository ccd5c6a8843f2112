import { EVENTS, isByNonAgent, parseEvent } from '../../../../nodes/Talkdesk/trigger/event/parse';
import { ENVELOPE, parseValidEvent, RECEIVED_AT } from '../../../support/events.mts';

describe('the formats of a body', () => {
	it('the documented envelope', () => {
		expect(parseValidEvent('message_created', ENVELOPE)).toEqual({
			event: 'message_created',
			eventId: expect.stringMatching(/^[0-9a-f]{64}$/),
			conversationId: 'c1',
			timestamp: '2026-01-02T03:04:05.000Z',
			text: 'Hello',
			author: { type: 'AGENT', name: 'Zoe', kind: 'agent' },
			attachments: [],
			raw: ENVELOPE,
		});
	});

	it('the conversation id inside the payload, the event in lower case', () => {
		const body = {
			event_type: 'message_created',
			payload: { conversation_id: 'c1', content: 'Hi' },
		};
		expect(parseValidEvent('events', body)).toMatchObject({
			event: 'message_created',
			conversationId: 'c1',
			text: 'Hi',
		});
	});

	it('the flat form', () => {
		const body = { conversation_id: 'c1', content: 'Hi', author_name: 'Zoe' };
		expect(parseValidEvent('message_created', body)).toMatchObject({
			text: 'Hi',
			author: { name: 'Zoe' },
		});
	});

	it('an id that is a number', () => {
		expect(parseValidEvent('conversation_ended', { conversation_id: 42 }).conversationId).toBe(
			'42',
		);
	});

	it('fields of a wrong type are left out, and the event remains', () => {
		const body = {
			conversation_id: 'c1',
			timestamp: 'yesterday',
			payload: { content: true, author: 7, attachments: 'none', message_id: {} },
		};
		expect(parseValidEvent('message_created', body)).toEqual({
			event: 'message_created',
			conversationId: 'c1',
			timestamp: '2026-02-03T04:05:06.000Z',
			attachments: [],
			raw: body,
		});
	});

	it.each([null, 'text', 7, []])('a payload of %j', (payload) => {
		expect(
			parseValidEvent('conversation_ended', { conversation_id: 'c1', payload }).conversationId,
		).toBe('c1');
	});

	it('attachments with their known fields', () => {
		const attachments = [
			{ id: 'a1', name: 'x.pdf', type: 'application/pdf', size: '12' },
			{ id: 'a2' },
		];
		expect(
			parseValidEvent('message_created', { conversation_id: 'c1', payload: { attachments } }),
		).toMatchObject({
			attachments: [{ id: 'a1', name: 'x.pdf', type: 'application/pdf', size: 12 }, { id: 'a2' }],
		});
	});

	it('invalid attachments are left out, and the others remain', () => {
		const attachments = [null, '', 7, { id: 'a1', size: -1 }, { size: { toString: 1 } }, []];
		const endless: unknown = JSON.parse('[{ "id": "a2", "size": 1e999 }]');
		const one = { conversation_id: 'c1', payload: { attachments: endless } };
		expect(parseValidEvent('message_created', one).attachments).toEqual([{ id: 'a2' }]);
		expect(
			parseValidEvent('message_created', { conversation_id: 'c1', payload: { attachments } })
				.attachments,
		).toEqual([{ id: 'a1' }, {}]);
	});

	it.each([12345678901234567890n, '1e999', '1.5e300'])(
		'a number beyond the precision of JavaScript is no id: %s',
		(number) => {
			const body: unknown = JSON.parse(`{"conversation_id": ${number}}`);
			expect(parseEvent('conversation_ended', body, RECEIVED_AT).ok).toBe(false);
		},
	);

	it('the id of a message, and the reason of an end', () => {
		expect(
			parseValidEvent('message_created', { conversation_id: 'c1', payload: { message_id: 'm1' } })
				.messageId,
		).toBe('m1');
		expect(
			parseValidEvent('message_created', { conversation_id: 'c1', payload: { id: 'm2' } })
				.messageId,
		).toBe('m2');
		expect(
			parseValidEvent('conversation_ended', { conversation_id: 'c1', payload: { id: 'x' } })
				.messageId,
		).toBe(undefined);
		expect(
			parseValidEvent('conversation_ended', {
				conversation_id: 'c1',
				payload: { reason: 'closed' },
			}).reason,
		).toBe('closed');
	});
});

describe('which event it is', () => {
	it.each(EVENTS)('%s by its path if the body names no known one', (event) => {
		for (const event_type of [undefined, null, 7, 'TYPING', '']) {
			expect(parseValidEvent(event, { ...ENVELOPE, event_type }).event).toBe(event);
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
	])('message_created by its body if the path is /events: %j', (event_type) => {
		for (const name of ['event_type', 'eventType', 'event', 'type', 'EventType']) {
			const body = { [name]: event_type, conversation_id: 'c1', payload: { content: 'Hi' } };
			expect(parseValidEvent('events', body).event).toBe('message_created');
		}
	});

	describe('if path and body disagree:', () => {
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
		])('%s and %s with %j is %s, with a warning', (path, event_type, body, event) => {
			const result = parseEvent(path, { ...body, event_type }, RECEIVED_AT);
			expect(result).toMatchObject({ ok: true, event: { event } });
			expect(result).toHaveProperty('warning', expect.stringContaining('The path says'));
		});
	});

	it.each(EVENTS)('%s by its body if the path is /events', (event) => {
		expect(parseValidEvent('events', { ...ENVELOPE, event_type: event.toUpperCase() }).event).toBe(
			event,
		);
	});

	it.each(['WHISPER_MESSAGE_CREATED', 'message_created_draft', 'message', 'created', 'x.message'])(
		'none for a name that only contains one: %s',
		(event_type) => {
			expect(parseEvent('events', { ...ENVELOPE, event_type }, RECEIVED_AT).ok).toBe(false);
		},
	);

	it('unknown if neither path nor body names one', () => {
		expect(parseEvent('events', { ...ENVELOPE, event_type: 'TYPING' }, RECEIVED_AT)).toMatchObject({
			ok: false,
			reason: 'unknown',
		});
	});
});

describe('not an event:', () => {
	it.each([undefined, null, 'text', 7, [ENVELOPE], []])('a body of %j', (body) => {
		expect(parseEvent('message_created', body, RECEIVED_AT)).toMatchObject({
			ok: false,
			reason: 'invalid',
		});
	});

	it.each([{}, { conversation_id: '' }, { conversation_id: null }, { payload: {} }])(
		'a body without a conversation: %j',
		(body) => {
			const result = parseEvent('message_created', body, RECEIVED_AT);
			expect(result).toMatchObject({ ok: false, reason: 'unknown' });
			expect(!result.ok && result.problem).toContain('conversation_id');
		},
	);
});

describe('the author', () => {
	const by = (author: unknown, action = 'message_created') =>
		isByNonAgent(
			parseValidEvent(action, {
				...ENVELOPE,
				event_type: action,
				payload: { content: 'Hi', author },
			}),
		);

	it('is an agent as an internal user', () => {
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
	])('is no agent with the type %s', (type) => {
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
	])('may be an agent: %j', (author) => {
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
	])('of the type %j is of the kind %s', (type, kind) => {
		const body = { ...ENVELOPE, payload: { content: 'Hi', author: { type, name: 'Zoe' } } };
		expect(parseValidEvent('message_created', body).author?.kind).toBe(kind);
	});

	it('without a type is of an unknown kind', () => {
		const flat = { conversation_id: 'c1', content: 'Hi', author_name: 'Zoe' };
		expect(parseValidEvent('message_created', flat).author).toEqual({
			name: 'Zoe',
			kind: 'unknown',
		});
	});

	it('is found in the flat format, too', () => {
		const flat = { conversation_id: 'c1', content: 'Hi', author_type: 'USER' };
		expect(isByNonAgent(parseValidEvent('message_created', flat))).toBe(true);
	});
});
