import { readWebhookCredential } from '../../nodes/Talkdesk/trigger/authenticate';
import { lengthOf, takeCall, webhooks } from '../../nodes/Talkdesk/trigger/webhook';

const call = {
	credential: readWebhookCredential({ webhookAuthentication: 'apiKey', webhookApiKey: 'key' }),
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
	});
	expect(takeCall({ ...call, headers: {} })).toEqual(refused);
	expect(takeCall({ ...call, headers: {}, bytes: 2_000_000, body: nested(1000) })).toEqual(refused);
});

it('challenges for Basic where Basic is wanted', () => {
	const credential = readWebhookCredential({
		webhookAuthentication: 'basicAuth',
		webhookUser: 'u',
		webhookPassword: 'p',
	});
	expect(takeCall({ ...call, credential }).headers?.['WWW-Authenticate']).toMatch(/^Basic /);
});

it.each([['my secret'], [[{ conversation_id: 'c1' }]], [undefined], [null], [7]])(
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

	it('keeps messages of agents and of nobody known, and all other events', () => {
		expect(by('AGENT').event).toBeDefined();
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
		expect(lengthOf(Buffer.alloc(7), { 'content-length': '3' })).toBe(7);
		expect(lengthOf(undefined, { 'content-length': '5' })).toBe(5);
		for (const headers of [{}, { 'content-length': 'x' }, { 'content-length': ['5', '6'] }]) {
			expect(lengthOf(undefined, headers)).toBe(0);
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

it('shows one URL, the base path, and takes a static path for each action and for tokens', () => {
	expect(webhooks.filter(({ ndvHideUrl }) => !ndvHideUrl).map(({ path }) => path)).toEqual(['']);
	expect(webhooks.map(({ path, isFullPath = false, name }) => [path, isFullPath, name])).toEqual([
		['', true, 'default'],
		['events', false, 'default'],
		['conversation_started', false, 'default'],
		['message_created', false, 'default'],
		['conversation_ended', false, 'default'],
		['oauth/token', false, 'setup'],
	]);
});
