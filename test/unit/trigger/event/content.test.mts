import {
	findContent,
	findMessageId,
	findSentAt,
} from '../../../../nodes/Talkdesk/trigger/event/content';
import type { PartFields } from '../../../../nodes/Talkdesk/trigger/event/fields';

const part = (fields: Partial<PartFields> = {}): PartFields => ({
	eventNames: [],
	attachments: [],
	...fields,
});
const parts = (envelope: PartFields, payload = part(), message = part()) => ({
	envelope,
	payload,
	message,
});
const full = (name: string) =>
	part({ text: name, author: { name }, attachments: [{ id: name }], reason: name });
const contentOf = (name: string) => ({
	text: name,
	author: { name },
	attachments: [{ id: name }],
	reason: name,
});

it('the content is that of the payload, else of the message inside, else of the envelope', () => {
	const [envelope, payload, message] = ['envelope', 'payload', 'message'].map(full);
	if (!envelope) throw new Error('three parts');
	expect(findContent(parts(envelope, payload, message))).toEqual(contentOf('payload'));
	expect(findContent(parts(envelope, part(), message))).toEqual(contentOf('message'));
	expect(findContent(parts(envelope))).toEqual(contentOf('envelope'));
	expect(findContent(parts(part()))).toEqual({ attachments: [] });
});

it('the time is that of the event, before that of what the event is about', () => {
	const [timestamp, createdAt] = ['sent', 'created'];
	const sentAt = (envelope: object, payload: object, message: object) =>
		findSentAt(parts(part(envelope), part(payload), part(message)));
	expect(sentAt({ timestamp: 'call' }, { timestamp }, { timestamp })).toBe('call');
	expect(sentAt({ createdAt: 'call' }, { timestamp, createdAt }, {})).toBe(timestamp);
	expect(sentAt({}, { createdAt }, { timestamp })).toBe(createdAt);
	expect(sentAt({}, {}, { timestamp, createdAt })).toBe(timestamp);
	expect(sentAt({}, {}, { createdAt })).toBe(createdAt);
	// An envelope may say when a relay has made it.
	expect(sentAt({ createdAt }, {}, {})).toBeUndefined();
});

it('the id of a message is the nearest one by that name, and the own id of a message inside', () => {
	const idOf = (envelope: object, payload: object, message: object) =>
		findMessageId(parts(part(envelope), part(payload), part(message)));
	const messageId = 'm';
	expect(idOf({ messageId }, { messageId: 'payload' }, { messageId })).toBe('payload');
	expect(idOf({ messageId: 'envelope' }, {}, { messageId })).toBe('envelope');
	expect(idOf({}, {}, { messageId, id: 'x' })).toBe(messageId);
	expect(idOf({ id: 'x' }, { id: 'x' }, { id: 'message' })).toBe('message');
	expect(idOf({ id: 'x' }, { id: 'x' }, {})).toBeUndefined();
});
