import { takeCall, webhooks } from '../../nodes/Talkdesk/trigger/webhook';

const call = {
	credential: { webhookAuthentication: 'apiKey', webhookApiKey: 'key' },
	headers: { 'x-api-key': 'key' },
	path: '/webhook/some-id/message_created',
	body: { conversation_id: 'c1', payload: { content: 'Hello' } },
	events: ['conversation_started', 'message_created', 'conversation_ended'],
	receivedAt: 0,
};

it('takes a call and gives the event to the workflow', () => {
	expect(takeCall(call)).toMatchObject({
		status: 200,
		body: { received: true },
		event: { event: 'message_created', conversationId: 'c1', text: 'Hello' },
	});
});

it('refuses a wrong key before it looks at anything else, and says nothing about it', () => {
	const refused = takeCall({ ...call, headers: { 'x-api-key': 'other' }, body: 'nonsense' });
	expect(refused).toEqual({
		status: 401,
		body: { error: 'unauthorized' },
		headers: { 'WWW-Authenticate': expect.stringContaining('ApiKey') },
	});
	expect(takeCall({ ...call, headers: {} })).toEqual(refused);
});

it('challenges for Basic where Basic is wanted', () => {
	const credential = { webhookAuthentication: 'basicAuth', webhookUser: 'u', webhookPassword: 'p' };
	expect(takeCall({ ...call, credential }).headers?.['WWW-Authenticate']).toMatch(/^Basic /);
});

it.each([['text'], [{}], [undefined]])('answers 400 with a reason to the body %j', (body) => {
	const { status, body: answer, event } = takeCall({ ...call, body });
	expect(status).toBe(400);
	expect(answer.error).toEqual(expect.any(String));
	expect(event).toBeUndefined();
});

it('takes an event that nobody listens to, without an execution', () => {
	const result = takeCall({ ...call, events: ['conversation_ended'] });
	expect(result).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
	expect(result.event).toBeUndefined();
});

it('answers 200 to what it cannot place, and warns without personal data', () => {
	const result = takeCall({
		...call,
		path: '/webhook/some-id/events',
		body: { conversation_id: 'c1', event_type: 'TYPING', payload: { content: 'my secret' } },
	});
	expect(result).toMatchObject({ status: 200, warning: expect.stringContaining('event_type') });
	expect(JSON.stringify(result)).not.toContain('my secret');
	expect(result.event).toBeUndefined();
});

it('shows one URL, the base path, and takes a static path for each action', () => {
	expect(webhooks.filter(({ ndvHideUrl }) => !ndvHideUrl).map(({ path }) => path)).toEqual([
		'={{$webhookId}}',
	]);
	expect(webhooks.map(({ path }) => path)).toEqual(
		['', '/events', '/conversation_started', '/message_created', '/conversation_ended'].map(
			(path) => `={{$webhookId}}${path}`,
		),
	);
});
