import { parseWebhookCredential } from '../../../nodes/Talkdesk/trigger/authentication/verify';
import { bodySize } from '../../../nodes/Talkdesk/trigger/handleRequest';
import { handleSingle, nestedBody, REQUEST } from '../../support/webhookRequests.mts';

it('accepts a call and gives the event to the workflow', () => {
	expect(handleSingle(REQUEST)).toMatchObject({
		status: 200,
		body: { received: true },
		event: { event: 'message_created', conversationId: 'c1', text: 'Hello' },
	});
});

it('rejects a wrong key before it reads anything else, without details', () => {
	const rejected = handleSingle({
		...REQUEST,
		headers: { 'x-api-key': 'other' },
		body: 'nonsense',
	});
	expect(rejected).toEqual({
		status: 401,
		body: { error: 'unauthorized' },
		headers: { 'WWW-Authenticate': expect.stringContaining('ApiKey') },
		rejection: expect.stringContaining("isn't the Webhook API Key"),
	});
	expect(rejected.rejection).not.toContain('other');
	const without = handleSingle({ ...REQUEST, headers: {} });
	expect(without).toEqual({
		...rejected,
		rejection: expect.stringContaining('no header X-Api-Key'),
	});
	const large = { ...REQUEST, headers: {}, bytes: 2_000_000, body: nestedBody(1000) };
	expect(handleSingle(large)).toEqual(without);
});

it('challenges for Basic in that mode', () => {
	const credential = parseWebhookCredential({
		webhookAuthentication: 'basicAuth',
		webhookUser: 'u',
		webhookPassword: 'p',
	});
	expect(handleSingle({ ...REQUEST, credential }).headers?.['WWW-Authenticate']).toMatch(/^Basic /);
});

it.each([['my secret'], [['my secret']], [undefined], [null], [7]])(
	'answers the body %j with 400 and a reason, and warns',
	(body) => {
		const { status, body: answer, event, warning } = handleSingle({ ...REQUEST, body });
		expect(status).toBe(400);
		expect(answer.error).toEqual(expect.any(String));
		expect(event).toBeUndefined();
		expect(warning).toContain('The body must be a JSON object.');
		expect(warning).not.toContain('secret');
	},
);

it('ignores an event that is not chosen, without an execution', () => {
	const result = handleSingle({ ...REQUEST, events: ['conversation_ended'] });
	expect(result).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
	expect(result.event).toBeUndefined();
	expect(handleSingle({ ...REQUEST, events: 'message_created' }).event).toBeUndefined();
});

it.each([
	[
		{ conversation_id: 'c1', event_type: 'TYPING', payload: { content: 'my secret' } },
		'event_type',
	],
	[{ event_type: 'MESSAGE_CREATED', payload: { content: 'my secret' } }, 'conversation_id'],
	[{}, 'conversation_id'],
])('answers the unknown event %j with 200, and warns with its shape', (body, reason) => {
	const result = handleSingle({ ...REQUEST, path: '/webhook/some-id/events', body });
	expect(result).toMatchObject({
		status: 200,
		body: { received: true, ignored: expect.stringContaining(reason) },
		warning: expect.stringContaining('payload' in body ? 'content: text of 9' : 'body was: {}'),
	});
	expect(JSON.stringify(result)).not.toContain('my secret');
	expect(result.event).toBeUndefined();
});

describe('the path', () => {
	const ended = { conversation_id: 'c1', payload: { reason: 'AGENT' } };
	it.each([
		'/webhook/some-id/conversation_ended/',
		'/webhook/some-id/conversation_ended//',
		'//webhook//some-id//conversation_ended',
		'/webhook/some-id/conversation_ended?x=/message_created',
		'/webhook/some-id/CONVERSATION_ENDED',
		'/webhook/some-id/conversation-ended/',
	])('%s names the event', (path) => {
		expect(handleSingle({ ...REQUEST, path, body: ended }).event?.event).toBe('conversation_ended');
	});

	it('that contradicts the body is a warning', () => {
		const { event, warning } = handleSingle({
			...REQUEST,
			body: {
				event_type: 'CONVERSATION_ENDED',
				conversation_id: 'c1',
				payload: { reason: 'AGENT' },
			},
		});
		expect(event).toMatchObject({ event: 'conversation_ended', reason: 'AGENT' });
		expect(warning).toContain('The path says message_created and the body conversation_ended');
	});

	it('that contradicts the body is a warning for an ignored event, too', () => {
		const { event, warning } = handleSingle({
			...REQUEST,
			events: ['message_created'],
			body: { event_type: 'CONVERSATION_ENDED', conversation_id: 'c1' },
		});
		expect([event, warning]).toEqual([
			undefined,
			expect.stringContaining('taken as conversation_ended'),
		]);
	});
});

it('accepts a message without text and files, with a warning that has its shape', () => {
	const body = { conversation_id: 'c1', payload: { words: 'my secret' } };
	const { status, event, warning } = handleSingle({ ...REQUEST, body });
	expect([status, event?.event, event?.raw]).toEqual([200, 'message_created', body]);
	expect(warning).toContain('No text and no file was found in a message.');
	expect(warning).toContain('payload: { words: text of 9 }');
	for (const path of ['/conversation_started', '/conversation_ended']) {
		expect(
			handleSingle({ ...REQUEST, path, body: { conversation_id: 'c1' } }).warning,
		).toBeUndefined();
	}
	expect(handleSingle(REQUEST).warning).toBeUndefined();
});

describe('onlyAgentMessages', () => {
	const by = (type: string, path: string = REQUEST.path) =>
		handleSingle({
			...REQUEST,
			path,
			onlyAgentMessages: true,
			body: { conversation_id: 'c1', payload: { content: 'Hi', author: { type } } },
		});

	it('ignores a message of the customer, without an execution', () => {
		const result = by('USER');
		expect(result).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
		expect([result.event, result.warning]).toEqual([undefined, undefined]);
	});

	it.each(['END_USER', 'PERSON', 'VISITOR', 'BOT', 'SYSTEM', 'AUTOMATIC', 'Virtual Agent'])(
		'ignores a message of %s',
		(type) => {
			const { event, body } = by(type);
			expect([event, body.ignored]).toEqual([undefined, expect.any(String)]);
		},
	);

	it('keeps messages of agents and of unknown authors, and all other events', () => {
		expect(by('AGENT').event).toBeDefined();
		expect(by('NEW_KIND').event).toBeDefined();
		expect(by('').event).toBeDefined();
		expect(by('USER', '/webhook/some-id/conversation_ended').event).toBeDefined();
	});

	it('keeps every message if it is off', () => {
		const body = { conversation_id: 'c1', payload: { content: 'Hi', author: { type: 'USER' } } };
		expect(handleSingle({ ...REQUEST, body }).event).toBeDefined();
	});
});

describe('a body that is too large', () => {
	it('is a 413 and a warning, from one byte over a megabyte', () => {
		expect(handleSingle({ ...REQUEST, bytes: 1_000_000 }).status).toBe(200);
		const { status, body, event, warning } = handleSingle({ ...REQUEST, bytes: 1_000_001 });
		expect([status, event]).toEqual([413, undefined]);
		expect(body.error).toContain('1000000 bytes');
		expect(warning).toContain('1000001 bytes');
	});

	it('is measured uncompressed, or by its header if there are no bytes', () => {
		expect(bodySize(Buffer.alloc(7), { 'content-length': '3' })).toBe(7);
		expect(bodySize(undefined, { 'content-length': '5' })).toBe(5);
		for (const headers of [{}, { 'content-length': 'x' }, { 'content-length': ['5', '6'] }]) {
			expect(bodySize(undefined, headers)).toBe(0);
		}
	});

	it('is a 400 and a warning if it is nested too deeply', () => {
		expect(handleSingle({ ...REQUEST, body: nestedBody(32) }).event).toBeDefined();
		const { status, event, warning } = handleSingle({ ...REQUEST, body: nestedBody(33) });
		expect([status, event]).toEqual([400, undefined]);
		expect(warning).toContain('nests them too deeply');
	});

	it('is a 400 and a warning if it has too many values', () => {
		const many = (count: number) => ({ conversation_id: 'c1', a: Array(count).fill(1) });
		expect(handleSingle({ ...REQUEST, body: many(4990) }).event).toBeDefined();
		const { status, event, warning } = handleSingle({ ...REQUEST, body: many(5000) });
		expect([status, event]).toEqual([400, undefined]);
		expect(warning).toContain('a: list of 5000');
	});
});
