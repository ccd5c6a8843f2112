import { parseWebhookCredential } from '../../nodes/Talkdesk/trigger/authentication/verify';
import { handleRequest, type WebhookRequest } from '../../nodes/Talkdesk/trigger/handleRequest';

/** A valid call of the webhook, with a message. */
export const REQUEST = {
	credential: parseWebhookCredential({ webhookAuthentication: 'apiKey', webhookApiKey: 'key' }),
	headers: { 'x-api-key': 'key' },
	path: '/webhook/some-id/message_created',
	body: { conversation_id: 'c1', payload: { content: 'Hello' } },
	bytes: 60,
	events: ['conversation_started', 'message_created', 'conversation_ended'],
	onlyAgentMessages: false,
	audience: 'some-id',
	now: 0,
};

/** Handles a request that holds at most one event. */
export function handleSingle(request: WebhookRequest) {
	const { events = [], ...response } = handleRequest(request);
	expect(events.length).toBeLessThan(2);
	return { ...response, event: events[0] };
}

/** A body of that many levels. */
export function nestedBody(levels: number): unknown {
	const open = '{"a":'.repeat(levels - 1);
	return JSON.parse(`{"conversation_id":"c1","a":${open}1${'}'.repeat(levels - 1)}}`);
}
