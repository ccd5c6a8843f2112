import fc from 'fast-check';

import { parseWebhookCredential } from '../../../nodes/Talkdesk/trigger/authentication/verify';
import { EVENTS } from '../../../nodes/Talkdesk/trigger/event/parse';
import { describeShape } from '../../../nodes/Talkdesk/text/bodyShape';
import { handleTokenRequest } from '../../../nodes/Talkdesk/trigger/authentication/tokenEndpoint';
import { handleRequest, type WebhookRequest } from '../../../nodes/Talkdesk/trigger/handleRequest';

const RUNS = { numRuns: 3000 };
const KEYS = [
	...['conversation_id', 'event_type', 'timestamp', 'created_at', 'payload', 'content', 'author'],
	...['author_type', 'author_name', 'message_id', 'id', 'attachments', 'reason', 'type', 'name'],
	...['message', 'text', 'data', 'events', 'body', 'conversationId', 'media', 'children', 'html'],
	...['size', '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'then', 'length', ''],
];

/** Any JSON, with the field names that the trigger reads, and those that are special in JavaScript. */
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'medium', withCrossShrink: true },
		fc.constantFrom(null, true, false, '', 0, -0, Infinity, -1, 2 ** 53, 1e300, '\ud800', '\u0000'),
		fc.constantFrom(
			...EVENTS,
			'MESSAGE_CREATED',
			'c1',
			'2026-01-02T03:04:05.000Z',
			'USER',
			'<p>Hi <b>there</b> &amp; <a href="https://example.com">you</a></p>',
			'[a](https://example.com) **b**',
			1767600000000,
			'AGENT',
		),
		fc.string({ unit: 'binary', maxLength: 20 }),
		fc.double(),
		fc.array(tie('value'), { maxLength: 5 }),
		fc
			.array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('value')), {
				maxLength: 8,
			})
			// JSON.parse makes `__proto__` a key like any other.
			.map((entries) => JSON.parse(`{${entries.map(member).join(',')}}`) as unknown),
	),
}));

/** 1e999 is valid JSON, and Infinity in JavaScript. */
const member = ([key, value]: [string, unknown]) => {
	const text = value === Infinity ? '1e999' : (JSON.stringify(value) ?? 'null');
	return `${JSON.stringify(key)}:${text}`;
};

const body = fc.oneof(
	json,
	fc.record({ conversation_id: json, event_type: json, timestamp: json, payload: json }),
	fc.record({
		conversation_id: fc.constant('c1'),
		payload: fc.record({ content: json, author: json, attachments: fc.array(json), id: json }),
	}),
);

const modes = ['apiKey', 'basicAuth', 'oAuth2', 'other', 'none', 'none', 'none', 'none'];
const call = fc.record<WebhookRequest>({
	credential: fc.constantFrom(...modes).map((webhookAuthentication) =>
		parseWebhookCredential({
			webhookAuthentication,
			webhookApiKey: 'key',
			webhookUser: 'user',
			webhookPassword: 'password',
			webhookClientId: 'id',
			webhookClientSecret: 'secret',
		}),
	),
	headers: fc.record({
		'x-api-key': fc.oneof(fc.constant('key'), fc.string(), fc.array(fc.string())),
		authorization: fc.oneof(
			fc.constantFrom('Basic dXNlcjpwYXNzd29yZA==', 'Bearer a.b.c', 'Basic', 'Basic %', ' '),
			fc.string(),
			fc.array(fc.string()),
		),
	}),
	path: fc.oneof(
		fc.constantFrom(...EVENTS, 'events').map((action) => `/webhook/id/${action}`),
		fc.string(),
	),
	body,
	rawBody: fc.oneof(
		fc.constant(undefined),
		body.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
		fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
	),
	bytes: fc.constantFrom(0, 100, 1000, 1_000_000, 1_000_001),
	events: fc.oneof(fc.constant([...EVENTS]), json),
	onlyAgentMessages: fc.boolean(),
	audience: fc.string(),
	now: fc.constant(0),
});

it('never throws, and answers every call', () => {
	const statuses = new Set<number>();
	let accepted = 0;
	fc.assert(
		fc.property(call, (given) => {
			const { status, events = [], body: answer } = handleRequest(given);
			statuses.add(status);
			expect([200, 400, 401, 413]).toContain(status);
			expect(JSON.stringify(answer)).toMatch(/^\{/);
			for (const event of events) {
				accepted++;
				// An event goes through n8n's database.
				const stored: typeof event = JSON.parse(JSON.stringify(event));
				expect(EVENTS).toContain(stored.event);
				expect(stored.conversationId).not.toBe('');
				expect(stored.eventId ?? '').toMatch(/^([0-9a-f]{64})?$/);
			}
		}),
		RUNS,
	);
	// The calls are malformed often enough, and not always.
	expect([...statuses].sort()).toEqual([200, 400, 401, 413]);
	expect(accepted).toBeGreaterThan(100);
});

it('the token endpoint never throws, and issues no token without the secret', () => {
	fc.assert(
		fc.property(call, (given) => {
			const { status } = handleTokenRequest(given);
			expect([401, 404]).toContain(status);
		}),
		RUNS,
	);
});

it('a warning repeats no value of a body', () => {
	const secret = fc.string({ unit: 'binary', minLength: 6, maxLength: 30 });
	fc.assert(
		fc.property(secret, fc.string(), (text, key) => {
			fc.pre(!/^[a-z0-9_ :,{}]*$/i.test(text));
			const shape = describeShape({ known: text, [key]: [text], [text]: { deeper: text } });
			expect(shape).not.toContain(text);
		}),
		RUNS,
	);
});

it('no prototype is polluted', () => {
	const body: unknown = JSON.parse(
		'{"conversation_id":"c1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},' +
			'"payload":{"__proto__":{"content":"from the prototype"},"content":"Hi"}}',
	);
	const { events: [event] = [] } = handleRequest({
		credential: parseWebhookCredential({ webhookAuthentication: 'none' }),
		headers: {},
		path: '/message_created',
		body,
		bytes: 0,
		events: EVENTS,
		onlyAgentMessages: false,
		audience: '',
		now: 0,
	});
	expect(event?.text).toBe('Hi');
	expect(Reflect.get({}, 'polluted')).toBeUndefined();
	expect(Reflect.get(event?.raw ?? {}, 'polluted')).toBeUndefined();
});

it.each([
	['10,000 levels of lists', '['.repeat(10_000) + ']'.repeat(10_000)],
	['10,000 levels of objects', '{"payload":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
	[
		'a conversation and 10,000 levels',
		`{"conversation_id":"c1","a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
	],
	['a megabyte in one text', JSON.stringify({ conversation_id: 'x'.repeat(999_000) })],
	[
		'100,000 keys',
		`{"conversation_id":"c1",${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join()}}`,
	],
	['100,000 attachments', `{"conversation_id":"c1","attachments":[${'{},'.repeat(99_999)}1]}`],
	['lone surrogates', '{"conversation_id":"\\ud800","content":"\\udfff"}'],
	['1e999', '{"conversation_id":1e999,"payload":{"attachments":[{"size":1e999}]}}'],
	[
		'a toString that is none',
		'{"conversation_id":"c1","attachments":[{"size":{"toString":1,"valueOf":1}}]}',
	],
])('%s', (_what, text) => {
	const body: unknown = JSON.parse(text);
	const { status } = handleRequest({
		credential: parseWebhookCredential({ webhookAuthentication: 'none' }),
		headers: {},
		path: '/message_created',
		body,
		bytes: text.length,
		events: EVENTS,
		onlyAgentMessages: true,
		audience: '',
		now: 0,
	});
	expect([200, 400]).toContain(status);
});
