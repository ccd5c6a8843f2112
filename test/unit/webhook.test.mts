import { readWebhookCredential } from '../../nodes/Talkdesk/trigger/authenticate';
import { lengthOf, takeCall as take, type Call } from '../../nodes/Talkdesk/trigger/takeCall';
import { webhooks } from '../../nodes/Talkdesk/trigger/webhook';

/** A call with one event, or none. */
const takeCall = (given: Call) => {
	const { events = [], ...result } = take(given);
	expect(events.length).toBeLessThan(2);
	return { ...result, event: events[0] };
};

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
		refusal: expect.stringContaining("isn't the Webhook API Key"),
	});
	expect(refused.refusal).not.toContain('other');
	const without = takeCall({ ...call, headers: {} });
	expect(without).toEqual({ ...refused, refusal: expect.stringContaining('no header X-Api-Key') });
	const large = { ...call, headers: {}, bytes: 2_000_000, body: nested(1000) };
	expect(takeCall(large)).toEqual(without);
});

it('challenges for Basic where Basic is wanted', () => {
	const credential = readWebhookCredential({
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

describe('several events in one call', () => {
	const one = (id: string, change: object = {}) => ({
		conversation_id: id,
		payload: { content: 'Hello' },
		...change,
	});
	const idsOf = (body: unknown, path = call.path) =>
		take({ ...call, body, path }).events?.map(({ conversationId }) => conversationId);

	it.each([
		['a list of one', [one('c1')], ['c1']],
		['a list', [one('c1'), one('c2')], ['c1', 'c2']],
		['lists in a list', [[one('c1')], [one('c2')]], ['c1', 'c2']],
		['a list in an envelope', { events: [one('c1'), one('c2')] }, ['c1', 'c2']],
		['a relay that wraps the call', { headers: {}, body: one('c1') }, ['c1']],
		['a list of such', [{ body: one('c1') }, { body: one('c2') }], ['c1', 'c2']],
		[
			'an envelope with the whole',
			{ data: { event_type: 'MESSAGE_CREATED', conversation_id: 'c1' } },
			['c1'],
		],
	])('%s', (_what, body, ids) => {
		expect(idsOf(body)).toEqual(ids);
	});

	it('are told apart by their own words', () => {
		const body = [
			one('c1', { event_type: 'MESSAGE_CREATED' }),
			{ conversation_id: 'c1', event_type: 'CONVERSATION_ENDED' },
		];
		const { events } = take({ ...call, path: '/webhook/some-id/events', body });
		expect(events?.map(({ event }) => event)).toEqual(['message_created', 'conversation_ended']);
		expect(events?.map(({ raw }) => raw)).toEqual(body);
	});

	it('are taken as far as they are understood, with a warning for the others', () => {
		const { status, events, warning } = take({ ...call, body: [{ a: 'my secret' }, one('c1'), 7] });
		expect([status, events?.length]).toEqual([200, 1]);
		expect(warning).toContain('{ a: text of 9 }');
		expect(warning).toContain('The body must be a JSON object.');
	});

	it('make a short warning, however many there are', () => {
		const { warning = '' } = take({ ...call, body: Array(1000).fill({ a: 1 }) });
		expect(warning).toContain('997 more of the same call');
		expect(warning.length).toBeLessThan(1000);
	});

	it.each([[[]], [[[]]], [[7, 'x', null]]])('nothing of the kind in %j is a 400', (body) => {
		expect(take({ ...call, body }).status).toBe(400);
	});
});

describe('a body that n8n has not parsed', () => {
	const json = JSON.stringify(call.body);
	const withType = (type: string | undefined, rawBody: Buffer, body: unknown = {}) =>
		takeCall({ ...call, headers: { ...call.headers, 'content-type': type }, rawBody, body });

	it.each([
		...[undefined, '', 'application/vnd.talkdesk+json', 'application/hal+json', 'text/json'],
		...['application/octet-stream', 'text/plain', 'APPLICATION/JSON ; charset=utf-8', '*/*'],
		...['application/problem+json; charset=utf-8', 'application/json; charset=latin1'],
	])('is JSON under the content type %j', (type) => {
		expect(withType(type, Buffer.from(json)).event?.text).toBe('Hello');
	});

	it('is JSON where n8n has made a form or a text of it', () => {
		const form = 'application/x-www-form-urlencoded';
		expect(withType(form, Buffer.from(json), { [json]: '' }).event?.text).toBe('Hello');
		expect(withType('text/plain', Buffer.from(json), json).event?.text).toBe('Hello');
	});

	it('has its letters right in UTF-8, with a byte order mark, and in Latin-1', () => {
		const umlaut = json.replace('Hello', 'Grüße');
		for (const bytes of [
			Buffer.from(umlaut),
			Buffer.from(`\ufeff${umlaut}`),
			Buffer.from(umlaut, 'latin1'),
			Buffer.from(` \r\n${umlaut}\n`),
		]) {
			expect(withType('text/plain', bytes).event?.text).toBe('Grüße');
		}
	});

	it('is a real form where it is one', () => {
		const body = { conversation_id: 'c1', content: 'Hi' };
		const bytes = Buffer.from('conversation_id=c1&content=Hi');
		expect(withType('application/x-www-form-urlencoded', bytes, body).event?.text).toBe('Hi');
	});

	it.each(['my secret', '{"conversation_id":', '[1', 'null', '"text"', '7'])(
		'is a 400 when it is no JSON object: %j',
		(text) => {
			const { status, warning } = withType(undefined, Buffer.from(text));
			expect(status).toBe(400);
			expect(warning).not.toContain('secret');
		},
	);

	it('counts as it is where n8n gives no bytes', () => {
		const headers = { ...call.headers, 'content-type': 'multipart/form-data' };
		for (const rawBody of [undefined, null, 'text', {}, Buffer.alloc(0)]) {
			expect(takeCall({ ...call, headers, rawBody }).event?.text).toBe('Hello');
		}
	});

	it('is not read when it is too large, too deep, or nobody has the key', () => {
		const deep = Buffer.from(JSON.stringify(nested(33)));
		expect(withType(undefined, deep).status).toBe(400);
		expect(takeCall({ ...call, bytes: 2_000_000, body: {}, rawBody: deep }).status).toBe(413);
		const parse = jest.spyOn(JSON, 'parse');
		takeCall({ ...call, headers: {}, body: {}, rawBody: deep });
		// n8n has parsed what is called JSON: once is enough.
		const headers = { ...call.headers, 'content-type': 'application/json; charset=UTF-8' };
		takeCall({ ...call, headers, rawBody: deep });
		expect(parse).not.toHaveBeenCalled();
		parse.mockRestore();
	});
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
