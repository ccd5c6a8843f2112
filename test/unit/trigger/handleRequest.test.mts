import { parseWebhookCredential } from '../../../nodes/Talkdesk/trigger/authentication/verify';
import {
	bodySize,
	handleRequest as take,
	type WebhookRequest,
} from '../../../nodes/Talkdesk/trigger/handleRequest';

/** A call with one event, or none. */
const takeCall = (given: WebhookRequest) => {
	const { events = [], ...result } = take(given);
	expect(events.length).toBeLessThan(2);
	return { ...result, event: events[0] };
};

const call = {
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
const nested = (levels: number): unknown => {
	const open = '{"a":'.repeat(levels - 1);
	return JSON.parse(`{"conversation_id":"c1","a":${open}1${'}'.repeat(levels - 1)}}`);
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
		rejection: expect.stringContaining("isn't the Webhook API Key"),
	});
	expect(refused.rejection).not.toContain('other');
	const without = takeCall({ ...call, headers: {} });
	expect(without).toEqual({
		...refused,
		rejection: expect.stringContaining('no header X-Api-Key'),
	});
	const large = { ...call, headers: {}, bytes: 2_000_000, body: nested(1000) };
	expect(takeCall(large)).toEqual(without);
});

it('challenges for Basic where Basic is wanted', () => {
	const credential = parseWebhookCredential({
		webhookAuthentication: 'basicAuth',
		webhookUser: 'u',
		webhookPassword: 'p',
	});
	expect(takeCall({ ...call, credential }).headers?.['WWW-Authenticate']).toMatch(/^Basic /);
});

it.each([['my secret'], [['my secret']], [undefined], [null], [7]])(
	'answers 400 with a reason to the body %j, and warns',
	(body) => {
		const { status, body: answer, event, warning } = takeCall({ ...call, body });
		expect(status).toBe(400);
		expect(answer.error).toEqual(expect.any(String));
		expect(event).toBeUndefined();
		expect(warning).toContain('The body must be a JSON object.');
		expect(warning).not.toContain('secret');
	},
);

it('takes an event that nobody listens to, without an execution', () => {
	const result = takeCall({ ...call, events: ['conversation_ended'] });
	expect(result).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
	expect(result.event).toBeUndefined();
	expect(takeCall({ ...call, events: 'message_created' }).event).toBeUndefined();
});

it.each([
	[
		{ conversation_id: 'c1', event_type: 'TYPING', payload: { content: 'my secret' } },
		'event_type',
	],
	[{ event_type: 'MESSAGE_CREATED', payload: { content: 'my secret' } }, 'conversation_id'],
	[{}, 'conversation_id'],
])('answers 200 to %j, which it cannot place, and warns with its shape', (body, reason) => {
	const result = takeCall({ ...call, path: '/webhook/some-id/events', body });
	expect(result).toMatchObject({
		status: 200,
		body: { received: true, ignored: expect.stringContaining(reason) },
		warning: expect.stringContaining('payload' in body ? 'content: text of 9' : 'It was: {}'),
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
		expect(takeCall({ ...call, path, body: ended }).event?.event).toBe('conversation_ended');
	});

	it('that says something else than the body is warned of', () => {
		const { event, warning } = takeCall({
			...call,
			body: {
				event_type: 'CONVERSATION_ENDED',
				conversation_id: 'c1',
				payload: { reason: 'AGENT' },
			},
		});
		expect(event).toMatchObject({ event: 'conversation_ended', reason: 'AGENT' });
		expect(warning).toContain('The path says message_created and the body conversation_ended');
	});

	it('is warned of too when the workflow does not listen to what it was taken as', () => {
		const { event, warning } = takeCall({
			...call,
			events: ['message_created'],
			body: { event_type: 'CONVERSATION_ENDED', conversation_id: 'c1' },
		});
		expect([event, warning]).toEqual([
			undefined,
			expect.stringContaining('taken as conversation_ended'),
		]);
	});
});

it('a message in which nothing is found is taken, with a warning that has its shape', () => {
	const body = { conversation_id: 'c1', payload: { words: 'my secret' } };
	const { status, event, warning } = takeCall({ ...call, body });
	expect([status, event?.event, event?.raw]).toEqual([200, 'message_created', body]);
	expect(warning).toContain('No text and no file was found in a message.');
	expect(warning).toContain('payload: { words: text of 9 }');
	for (const path of ['/conversation_started', '/conversation_ended']) {
		expect(takeCall({ ...call, path, body: { conversation_id: 'c1' } }).warning).toBeUndefined();
	}
	expect(takeCall(call).warning).toBeUndefined();
});

describe('onlyAgentMessages', () => {
	const by = (type: string, path: string = call.path) =>
		takeCall({
			...call,
			path,
			onlyAgentMessages: true,
			body: { conversation_id: 'c1', payload: { content: 'Hi', author: { type } } },
		});

	it('leaves out what is known to be written by the customer, without an execution', () => {
		const result = by('USER');
		expect(result).toMatchObject({ status: 200, body: { ignored: expect.any(String) } });
		expect([result.event, result.warning]).toEqual([undefined, undefined]);
	});

	it.each(['END_USER', 'PERSON', 'VISITOR', 'BOT', 'SYSTEM', 'AUTOMATIC', 'Virtual Agent'])(
		'leaves out what %s has written',
		(type) => {
			const { event, body } = by(type);
			expect([event, body.ignored]).toEqual([undefined, expect.any(String)]);
		},
	);

	it('keeps messages of agents and of nobody known, and all other events', () => {
		expect(by('AGENT').event).toBeDefined();
		expect(by('NEW_KIND').event).toBeDefined();
		expect(by('').event).toBeDefined();
		expect(by('USER', '/webhook/some-id/conversation_ended').event).toBeDefined();
	});

	it('is off by default: everything is taken', () => {
		const body = { conversation_id: 'c1', payload: { content: 'Hi', author: { type: 'USER' } } };
		expect(takeCall({ ...call, body }).event).toBeDefined();
	});
});

describe('what is too large', () => {
	it('is a 413 and a warning, from one byte over a megabyte', () => {
		expect(takeCall({ ...call, bytes: 1_000_000 }).status).toBe(200);
		const { status, body, event, warning } = takeCall({ ...call, bytes: 1_000_001 });
		expect([status, event]).toEqual([413, undefined]);
		expect(body.error).toContain('1000000 bytes');
		expect(warning).toContain('1000001 bytes');
	});

	it('is measured unpacked, or by the header where there is nothing else', () => {
		expect(bodySize(Buffer.alloc(7), { 'content-length': '3' })).toBe(7);
		expect(bodySize(undefined, { 'content-length': '5' })).toBe(5);
		for (const headers of [{}, { 'content-length': 'x' }, { 'content-length': ['5', '6'] }]) {
			expect(bodySize(undefined, headers)).toBe(0);
		}
	});

	it('so is what is nested too deeply: a 400 and a warning', () => {
		expect(takeCall({ ...call, body: nested(32) }).event).toBeDefined();
		const { status, event, warning } = takeCall({ ...call, body: nested(33) });
		expect([status, event]).toEqual([400, undefined]);
		expect(warning).toContain('nests them too deeply');
	});

	it('so is what has too many values', () => {
		const many = (count: number) => ({ conversation_id: 'c1', a: Array(count).fill(1) });
		expect(takeCall({ ...call, body: many(4990) }).event).toBeDefined();
		const { status, event, warning } = takeCall({ ...call, body: many(5000) });
		expect([status, event]).toEqual([400, undefined]);
		expect(warning).toContain('a: list of 5000');
	});
});
