import { parseEvent } from '../../nodes/Talkdesk/trigger/event/parse';

export const RECEIVED_AT = Date.parse('2026-02-03T04:05:06.000Z');

/** The body of a webhook call in the form that Talkdesk documents. */
export const ENVELOPE = {
	event_type: 'MESSAGE_CREATED',
	conversation_id: 'c1',
	timestamp: '2026-01-02T03:04:05.000Z',
	payload: { content: 'Hello', author: { type: 'AGENT', name: 'Zoe' } },
};

/** Parses a body that is an event. @throws if it is none */
export function parseValidEvent(action: string, body: unknown, receivedAt = RECEIVED_AT) {
	const result = parseEvent(action, body, receivedAt);
	if (!result.ok) throw new Error(result.problem);
	return result.event;
}
