import { parseEvent } from '../../../../nodes/Talkdesk/trigger/event/parse';

let clock = 0;
/** The identity of a call, which comes in at another moment each time. */
const identity = (body: unknown, action = 'message_created') => {
	const result = parseEvent(action, body, ++clock * 1000);
	if (!result.ok) throw new Error(result.problem);
	return result.event.eventId;
};

const timestamp = '2026-01-02T03:04:05.678Z';
const author = { type: 'AGENT', name: 'Zoe' };
const envelope = {
	event_type: 'MESSAGE_CREATED',
	conversation_id: 'c1',
	timestamp,
	payload: { id: 'x1', content: 'Yes', author },
};
const withPayload = (change: object) => ({
	...envelope,
	payload: { ...envelope.payload, ...change },
});

it('is a SHA-256 that stays the same whenever the call comes', () => {
	const first = identity(envelope);
	expect(first).toMatch(/^[0-9a-f]{64}$/);
	expect(identity({ ...envelope })).toBe(first);
});

it('is the same in another envelope, on another path, and with fields in another order', () => {
	const first = identity(envelope);
	const { payload } = envelope;
	const relay = {
		payload: { conversation_id: 'c1', ...payload },
		timestamp,
		event_type: 'message_created',
	};
	expect(identity(relay)).toBe(first);
	expect(identity(relay, 'events')).toBe(first);
	expect(identity({ ...envelope, attempt: 2 })).toBe(first);
	const flat = { conversation_id: 'c1', timestamp, content: 'Yes', author_name: 'Zoe' };
	const enveloped = {
		conversation_id: 'c1',
		timestamp,
		payload: { content: 'Yes', author: { name: 'Zoe' } },
	};
	expect(identity(flat)).toBe(identity(enveloped));
});

it.each([
	['conversation', { ...envelope, conversation_id: 'c2' }],
	['time', { ...envelope, timestamp: '2026-01-02T03:04:05.679Z' }],
	['text', withPayload({ content: 'yes' })],
	['author', withPayload({ author: { type: 'AGENT', name: 'Ann' } })],
	['kind of author', withPayload({ author: { type: 'USER', name: 'Zoe' } })],
	['files', withPayload({ attachments: [{ id: 'a1' }] })],
	['id, whatever it belongs to', withPayload({ id: 'x2' })],
	['id at the top', { ...envelope, id: 'x2' }],
])('another %s is another event', (_what, other) => {
	expect(identity(other)).not.toBe(identity(envelope));
});

it('another event, and another reason, is another event', () => {
	const ended = { conversation_id: 'c1', timestamp, reason: 'closed' };
	expect(identity(ended, 'conversation_ended')).not.toBe(identity(ended, 'conversation_started'));
	expect(identity(ended, 'conversation_ended')).not.toBe(
		identity({ ...ended, reason: 'other' }, 'conversation_ended'),
	);
});

it('fields that run into each other are told apart', () => {
	const one = { conversation_id: 'c1', timestamp, payload: { content: 'a', reason: 'b' } };
	const two = { conversation_id: 'c1', timestamp, payload: { content: 'ab' } };
	const three = { conversation_id: 'c1', timestamp, payload: { content: 'a","b' } };
	expect(new Set([one, two, three].map((body) => identity(body))).size).toBe(3);
});

it('a customer may be told "yes" twice: without a time and a message id nothing is the same', () => {
	expect(identity({ conversation_id: 'c1', payload: { content: 'Yes', author } })).toBeUndefined();
	expect(identity({ conversation_id: 'c1' }, 'conversation_ended')).toBeUndefined();
	expect(identity({ ...envelope, timestamp: 'yesterday' })).toBeUndefined();
});

it('an id of anything is no reason to take two messages for one', () => {
	const { timestamp: _, ...timeless } = envelope;
	expect(identity(timeless)).toBeUndefined();
	expect(identity({ ...timeless, id: 'account-1', event_id: 'e1' })).toBeUndefined();
});

describe('with a message id', () => {
	const message = (change: object = {}) => ({
		conversation_id: 'c1',
		payload: { message_id: 'm1', content: 'Yes', ...change },
	});

	it('needs no time, and a new time makes no new event', () => {
		const first = identity(message());
		expect(first).toBeDefined();
		expect(identity({ ...message(), timestamp })).toBe(first);
		expect(identity(message({ author }))).toBe(first);
		expect(identity({ conversation_id: 'c1', message_id: 'm1', content: 'Yes' })).toBe(first);
	});

	it.each([
		['message id', message({ message_id: 'm2' })],
		['text, in case the id is not one of the message', message({ content: 'No' })],
		['conversation', { ...message(), conversation_id: 'c2' }],
	])('another %s is another event', (_what, other) => {
		expect(identity(other)).not.toBe(identity(message()));
	});

	it('a number is the same as a text', () => {
		expect(identity(message({ message_id: 7 }))).toBe(identity(message({ message_id: '7' })));
	});
});

describe('where the text is somewhere that we do not know', () => {
	const body = (text: string) => ({ conversation_id: 'c1', timestamp, payload: { words: text } });

	it('the whole body has to be the same', () => {
		expect(identity(body('Yes'))).toBe(identity(body('Yes')));
		expect(identity(body('Yes'))).not.toBe(identity(body('No')));
		const reordered = { payload: { words: 'Yes' }, timestamp, conversation_id: 'c1' };
		expect(identity(reordered)).toBe(identity(body('Yes')));
	});

	it('a message id alone does not do', () => {
		const one = { conversation_id: 'c1', message_id: 'm1', payload: { words: 'Yes' } };
		expect(identity(one)).toBeUndefined();
	});
});

describe('where a file has no id', () => {
	const body = (url: string, change: object = {}) =>
		withPayload({ attachments: [{ id: 'a1' }, { name: 'photo.jpg', url }], ...change });

	it('two files that an agent sends in the same second are two messages', () => {
		expect(identity(body('https://example.com/1'))).toBe(identity(body('https://example.com/1')));
		expect(identity(body('https://example.com/1'))).not.toBe(
			identity(body('https://example.com/2')),
		);
		const withId = { message_id: 'm1' };
		expect(identity(body('https://example.com/1', withId))).not.toBe(
			identity(body('https://example.com/2', withId)),
		);
	});
});

describe('a call whose time is a number', () => {
	const body = (change: object = {}) => ({
		conversationId: 'c1',
		timestamp: 1767600000000,
		payload: { content: { text: '<p>Yes</p>' } },
		...change,
	});

	it('is known again, in seconds and milliseconds, and in another spelling', () => {
		const first = identity(body());
		expect(first).toBeDefined();
		expect(identity(body())).toBe(first);
		expect(identity(body({ timestamp: 1767600000 }))).toBe(first);
		const { conversationId: conversation_id, ...rest } = body();
		expect(identity({ conversation_id, ...rest })).toBe(first);
	});

	it('is another one at another time, and with other words', () => {
		const first = identity(body());
		expect(identity(body({ timestamp: 1767600000001 }))).not.toBe(first);
		expect(identity(body({ payload: { content: { text: '<p>No</p>' } } }))).not.toBe(first);
		expect(identity(body({ payload: { content: { text: 'Yes' } } }))).not.toBe(first);
	});
});

it('the id inside a message is the id of that message', () => {
	const body = (id: string) => ({
		conversation_id: 'c1',
		payload: { message: { id, text: 'Yes' } },
	});
	expect(identity(body('m1'))).toBe(identity(body('m1')));
	expect(identity(body('m1'))).toBeDefined();
	expect(identity(body('m1'))).not.toBe(identity(body('m2')));
});
