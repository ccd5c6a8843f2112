import { parseValidEvent } from '../../../support/events.mts';

let clock = 0;
/** The key of an event, which is received at another time with each call. */
const keyOf = (body: unknown, action = 'message_created') =>
	parseValidEvent(action, body, ++clock * 1000).eventId;

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

it('is a SHA-256 that does not depend on the time of receipt', () => {
	const first = keyOf(envelope);
	expect(first).toMatch(/^[0-9a-f]{64}$/);
	expect(keyOf({ ...envelope })).toBe(first);
});

it('does not depend on the envelope, the path, and the order of fields', () => {
	const first = keyOf(envelope);
	const { payload } = envelope;
	const relay = {
		payload: { conversation_id: 'c1', ...payload },
		timestamp,
		event_type: 'message_created',
	};
	expect(keyOf(relay)).toBe(first);
	expect(keyOf(relay, 'events')).toBe(first);
	expect(keyOf({ ...envelope, attempt: 2 })).toBe(first);
	const flat = { conversation_id: 'c1', timestamp, content: 'Yes', author_name: 'Zoe' };
	const enveloped = {
		conversation_id: 'c1',
		timestamp,
		payload: { content: 'Yes', author: { name: 'Zoe' } },
	};
	expect(keyOf(flat)).toBe(keyOf(enveloped));
});

it.each([
	['conversation', { ...envelope, conversation_id: 'c2' }],
	['time', { ...envelope, timestamp: '2026-01-02T03:04:05.679Z' }],
	['text', withPayload({ content: 'yes' })],
	['author', withPayload({ author: { type: 'AGENT', name: 'Ann' } })],
	['kind of author', withPayload({ author: { type: 'USER', name: 'Zoe' } })],
	['files', withPayload({ attachments: [{ id: 'a1' }] })],
	['id of the payload', withPayload({ id: 'x2' })],
	['id of the envelope', { ...envelope, id: 'x2' }],
])('differs with another %s', (_what, other) => {
	expect(keyOf(other)).not.toBe(keyOf(envelope));
});

it.each([
	['id', { id: 'a2' }],
	['name', { name: 'b.txt' }],
	['type', { contentType: 'text/html' }],
	['size', { size: 8 }],
])('differs with another %s of a file', (_what, change) => {
	const file = { id: 'a1', name: 'a.txt', contentType: 'text/plain', size: 7 };
	const body = (attachment: object) => withPayload({ message_id: 'm1', attachments: [attachment] });
	expect(keyOf(body({ ...file }))).toBe(keyOf(body(file)));
	expect(keyOf(body({ ...file, ...change }))).not.toBe(keyOf(body(file)));
});

it('does not depend on the case of the kind of author', () => {
	const other = withPayload({ author: { ...author, type: 'agent' } });
	expect(keyOf(other)).toBe(keyOf(envelope));
});

it('differs if an id moves from the envelope into the payload', () => {
	const { id, ...payload } = envelope.payload;
	expect(keyOf({ ...envelope, id, payload })).not.toBe(keyOf(envelope));
});

it('differs with another event, and with another reason', () => {
	const ended = { conversation_id: 'c1', timestamp, reason: 'closed' };
	expect(keyOf(ended, 'conversation_ended')).not.toBe(keyOf(ended, 'conversation_started'));
	expect(keyOf(ended, 'conversation_ended')).not.toBe(
		keyOf({ ...ended, reason: 'other' }, 'conversation_ended'),
	);
});

it('does not depend on the rest of a body if the event has no content', () => {
	const ended = { conversation_id: 'c1', timestamp };
	const again = { ...ended, attempt: 2 };
	expect(keyOf(again, 'conversation_ended')).toBe(keyOf(ended, 'conversation_ended'));
});

it('is unambiguous for fields that would be equal if joined', () => {
	const one = { conversation_id: 'c1', timestamp, payload: { content: 'a', reason: 'b' } };
	const two = { conversation_id: 'c1', timestamp, payload: { content: 'ab' } };
	const three = { conversation_id: 'c1', timestamp, payload: { content: 'a","b' } };
	expect(new Set([one, two, three].map((body) => keyOf(body))).size).toBe(3);
});

it('is missing without time and message id: an agent may write "yes" twice', () => {
	expect(keyOf({ conversation_id: 'c1', payload: { content: 'Yes', author } })).toBeUndefined();
	expect(keyOf({ conversation_id: 'c1' }, 'conversation_ended')).toBeUndefined();
	expect(keyOf({ ...envelope, timestamp: 'yesterday' })).toBeUndefined();
});

it('is missing if the only id may be that of something else', () => {
	const { timestamp: _, ...timeless } = envelope;
	expect(keyOf(timeless)).toBeUndefined();
	expect(keyOf({ ...timeless, id: 'account-1', event_id: 'e1' })).toBeUndefined();
});

describe('with a message id', () => {
	const message = (change: object = {}) => ({
		conversation_id: 'c1',
		payload: { message_id: 'm1', content: 'Yes', ...change },
	});

	it('needs no time, and does not depend on it', () => {
		const first = keyOf(message());
		expect(first).toBeDefined();
		expect(keyOf({ ...message(), timestamp })).toBe(first);
		expect(keyOf(message({ author }))).toBe(first);
		expect(keyOf({ conversation_id: 'c1', message_id: 'm1', content: 'Yes' })).toBe(first);
	});

	it.each([
		['message id', message({ message_id: 'm2' })],
		['text, in case the id is not one of the message', message({ content: 'No' })],
		['conversation', { ...message(), conversation_id: 'c2' }],
	])('differs with another %s', (_what, other) => {
		expect(keyOf(other)).not.toBe(keyOf(message()));
	});

	it('needs no time and no text for a file with an id', () => {
		const file = { conversation_id: 'c1', message_id: 'm1', attachments: [{ id: 'a1' }] };
		expect(keyOf(file)).toBeDefined();
		expect(keyOf({ ...file, timestamp })).toBe(keyOf(file));
	});

	it('is the same if that is a number or a text', () => {
		expect(keyOf(message({ message_id: 7 }))).toBe(keyOf(message({ message_id: '7' })));
	});
});

describe('if the text is in an unknown field', () => {
	const body = (text: string) => ({ conversation_id: 'c1', timestamp, payload: { words: text } });

	it('depends on the whole body', () => {
		expect(keyOf(body('Yes'))).toBe(keyOf(body('Yes')));
		expect(keyOf(body('Yes'))).not.toBe(keyOf(body('No')));
		const reordered = { payload: { words: 'Yes' }, timestamp, conversation_id: 'c1' };
		expect(keyOf(reordered)).toBe(keyOf(body('Yes')));
	});

	it('may have null beside it', () => {
		const one = { ...body('Yes'), other: null };
		expect(keyOf(one)).toBe(keyOf({ ...one }));
		expect(keyOf(one)).toBeDefined();
	});

	it('is missing with a message id alone', () => {
		const one = { conversation_id: 'c1', message_id: 'm1', payload: { words: 'Yes' } };
		expect(keyOf(one)).toBeUndefined();
	});
});

describe('if a file has no id', () => {
	const body = (url: string, change: object = {}) =>
		withPayload({ attachments: [{ id: 'a1' }, { name: 'photo.jpg', url }], ...change });

	it('differs for two files that an agent sends in the same second', () => {
		expect(keyOf(body('https://example.com/1'))).toBe(keyOf(body('https://example.com/1')));
		expect(keyOf(body('https://example.com/1'))).not.toBe(keyOf(body('https://example.com/2')));
		const withId = { message_id: 'm1' };
		expect(keyOf(body('https://example.com/1', withId))).not.toBe(
			keyOf(body('https://example.com/2', withId)),
		);
	});
});

describe('if the time is a number', () => {
	const body = (change: object = {}) => ({
		conversationId: 'c1',
		timestamp: 1767600000000,
		payload: { content: { text: '<p>Yes</p>' } },
		...change,
	});

	it('is the same in seconds and milliseconds, and with another spelling of fields', () => {
		const first = keyOf(body());
		expect(first).toBeDefined();
		expect(keyOf(body())).toBe(first);
		expect(keyOf(body({ timestamp: 1767600000 }))).toBe(first);
		const { conversationId: conversation_id, ...rest } = body();
		expect(keyOf({ conversation_id, ...rest })).toBe(first);
	});

	it('differs at another time, and with another text', () => {
		const first = keyOf(body());
		expect(keyOf(body({ timestamp: 1767600000001 }))).not.toBe(first);
		expect(keyOf(body({ payload: { content: { text: '<p>No</p>' } } }))).not.toBe(first);
		expect(keyOf(body({ payload: { content: { text: 'Yes' } } }))).not.toBe(first);
	});
});

it('takes the id inside a message for its message id', () => {
	const body = (id: string) => ({
		conversation_id: 'c1',
		payload: { message: { id, text: 'Yes' } },
	});
	expect(keyOf(body('m1'))).toBe(keyOf(body('m1')));
	expect(keyOf(body('m1'))).toBeDefined();
	expect(keyOf(body('m1'))).not.toBe(keyOf(body('m2')));
});
