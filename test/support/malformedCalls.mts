/** Random malformed calls of the trigger, and some valid ones. */
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** An HTTP request. With `bytes` it is sent raw; otherwise Node.js writes it. */
export interface MalformedCall {
	kind: string;
	method?: string;
	action: string;
	headers: Record<string, string>;
	body: Buffer;
	/** Sent instead of a valid request; `{path}` and `{auth}` are filled in. */
	bytes?: string;
}

/** Random numbers below a limit. */
type Random = (below: number) => number;

const JSON_TYPE = { 'Content-Type': 'application/json' };
const CONVERSATION = '"conversation_id":"hostile"';
const ACTIONS = ['', '/events', '/message_created', '/conversation_started', '/conversation_ended'];

const pick = <T,>(random: Random, from: readonly [T, ...T[]]): T =>
	from[random(from.length)] ?? from[0];
const noise = (random: Random, length: number) =>
	Buffer.from(Array.from({ length }, () => random(256)));

/** A valid, unique message. */
export const validEvent = (id: string) => ({
	event_type: 'MESSAGE_CREATED',
	conversation_id: id,
	timestamp: new Date().toISOString(),
	payload: { content: `Hello ${id}`, author: { type: 'AGENT', name: 'Zoe' } },
});

type Content = Pick<MalformedCall, 'body' | 'headers'> & Partial<MalformedCall>;

const text = (body: string, headers: Record<string, string> = JSON_TYPE): Content => ({
	body: Buffer.from(body),
	headers,
});
const raw = (bytes: string): Content => ({ body: Buffer.alloc(0), headers: {}, bytes });
const start = 'POST {path} HTTP/1.1\r\nHost: n8n\r\n{auth}Content-Type: application/json\r\n';

/** The kinds of calls, all with the same probability. */
const KINDS: Record<string, (random: Random) => Content> = {
	'a valid event': (random) => text(JSON.stringify(validEvent(`valid-${random(1e9)}`))),
	'the same event again': () =>
		text(JSON.stringify({ ...validEvent('same'), timestamp: '2026-01-01' })),
	'any JSON': (random) =>
		text(fc.sample(fc.json({ maxDepth: 6 }), { numRuns: 1, seed: random(1e9) })[0] ?? ''),
	'an event of any JSON': (random) => {
		const [content] = fc.sample(fc.json({ maxDepth: 4 }), { numRuns: 1, seed: random(1e9) });
		const payload = pick(random, [
			`"payload":${content}`,
			`"payload":{"content":${content},"author":${content}}`,
		]);
		return text(`{${CONVERSATION},${payload},"timestamp":${content}}`);
	},
	'broken JSON': (random) => {
		const valid = JSON.stringify(validEvent('broken'));
		return text(valid.slice(0, random(valid.length)));
	},
	'random bytes': (random) => ({ body: noise(random, random(2000)), headers: JSON_TYPE }),
	'invalid UTF-8': (random) => ({
		body: Buffer.concat([
			Buffer.from(`{${CONVERSATION},"content":"`),
			noise(random, 50),
			Buffer.from('"}'),
		]),
		headers: JSON_TYPE,
	}),
	'a wrong charset': (random) => {
		const charset = pick(random, [
			'utf-16le',
			'utf-7',
			'latin1',
			'hex',
			'base64',
			'',
			'"',
			'%',
			'x'.repeat(500),
		]);
		return text(JSON.stringify(validEvent('charset')), {
			'Content-Type': `application/json; charset=${charset}`,
		});
	},
	'a byte order mark': () => text(`\ufeff${JSON.stringify(validEvent('bom'))}`),
	'a claim of gzip': (random) =>
		text(JSON.stringify(validEvent('claim')), {
			...JSON_TYPE,
			'Content-Encoding': pick(random, ['gzip', 'deflate']),
		}),
	'an unknown encoding': (random) =>
		text(JSON.stringify(validEvent('br')), {
			...JSON_TYPE,
			'Content-Encoding': pick(random, ['br', 'zstd', 'x', 'gzip, gzip']),
		}),
	'valid gzip': (random) => {
		const body = Buffer.from(JSON.stringify(validEvent(`gzip-${random(1e9)}`)));
		return random(2)
			? { body: gzipSync(body), headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' } }
			: { body: deflateSync(body), headers: { ...JSON_TYPE, 'Content-Encoding': 'deflate' } };
	},
	'broken gzip': (random) => {
		const packed = gzipSync(JSON.stringify(validEvent('cut')));
		return {
			body: packed.subarray(0, 5 + random(packed.length - 6)),
			headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
		};
	},
	'a packed bomb': (random) => ({
		body: pick(random, BOMBS),
		headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
	}),
	'deep lists': (random) => {
		const levels = pick(random, [33, 1000, 10_000, 100_000, 400_000]);
		return text(`{${CONVERSATION},"a":${'['.repeat(levels)}${']'.repeat(levels)}}`);
	},
	'deep objects': (random) => {
		const levels = pick(random, [33, 1000, 10_000, 80_000]);
		return text(
			`{${CONVERSATION},"payload":${'{"payload":'.repeat(levels)}1${'}'.repeat(levels)}}`,
		);
	},
	'just under the limit': (random) =>
		text(`{${CONVERSATION},"content":"${'x'.repeat(999_900 + random(50))}"}`),
	'just over the limit': (random) =>
		text(`{${CONVERSATION},"content":"${'x'.repeat(1_000_000 + random(50))}"}`),
	'many keys': () =>
		text(`{${CONVERSATION},${Array.from({ length: 80_000 }, (_, i) => `"${i}":1`).join()}}`),
	'many attachments': () =>
		text(`{${CONVERSATION},"attachments":[${'{"id":1},'.repeat(80_000)}1]}`),
	'prototype keys': (random) =>
		text(
			pick(random, [
				`{${CONVERSATION},"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}`,
				`{${CONVERSATION},"payload":{"__proto__":{"content":"x"},"toString":1,"then":1}}`,
				`{"__proto__":{${CONVERSATION}}}`,
				`{${CONVERSATION},"payload":{"attachments":[{"size":{"toString":1,"valueOf":1}}]}}`,
			]),
		),
	'odd numbers and texts': (random) =>
		text(
			pick(random, [
				'{"conversation_id":1e999,"timestamp":1e999}',
				`{${CONVERSATION},"payload":{"attachments":[{"size":1e999},{"size":-0}]}}`,
				'{"conversation_id":"\\ud800","content":"\\udfff\\u0000"}',
				`{${CONVERSATION},"content":"\\u0000","reason":"\\u202e"}`,
				'{"conversation_id":123456789012345678901234567890}',
				'null',
				'""',
				'[]',
				'',
			]),
		),
	'another content type': (random) => {
		const type = pick(random, [
			...[
				'text/plain',
				'text/html',
				'application/octet-stream',
				'application/xml',
				'image/svg+xml',
			],
			...[
				'application/vnd.api+json',
				'application/x-www-form-urlencoded',
				'',
				';',
				'/',
				'x'.repeat(2000),
			],
		] as [string, ...string[]]);
		return text(JSON.stringify(validEvent('type')), { 'Content-Type': type });
	},
	'a form': (random) =>
		text(
			pick(random, [
				'conversation_id=hostile&content=Hi',
				'conversation_id=a&conversation_id=b&__proto__=x',
				`${'a=1&'.repeat(5000)}conversation_id=hostile`,
				'%E0%A4%A=%&conversation_id=%',
				'grant_type=client_credentials&client_id=x&client_secret=y',
			]),
			{ 'Content-Type': 'application/x-www-form-urlencoded' },
		),
	XML: (random) =>
		text(
			pick(random, [
				'<a><conversation_id>hostile</conversation_id></a>',
				'<conversation_id>hostile',
				'<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
				'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
				`${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`,
				'<__proto__><conversation_id>hostile</conversation_id></__proto__>',
			]),
			{ 'Content-Type': 'application/xml' },
		),
	'a multipart form': (random) => {
		const part = '--b\r\nContent-Disposition: form-data; name="conversation_id"\r\n\r\nhostile\r\n';
		const file = '--b\r\nContent-Disposition: form-data; name="f"; filename="../../x"\r\n\r\nx\r\n';
		return text(
			pick(random, [`${part}--b--\r\n`, `${part}${file}--b--\r\n`, part, '--b', '', '--c--']),
			{
				'Content-Type': pick(random, [
					'multipart/form-data; boundary=b',
					'multipart/form-data',
					'multipart/mixed; boundary=b',
				]),
			},
		);
	},
	'another method': (random) => ({
		...text(JSON.stringify(validEvent('method'))),
		method: pick(random, ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND']),
	}),
	'malformed headers': (random) =>
		text(JSON.stringify(validEvent('headers')), {
			...JSON_TYPE,
			...pick(random, [
				{ 'X-Api-Key': '\u00ff'.repeat(100) },
				{ Authorization: `Basic ${'A'.repeat(7000)}` },
				{ Authorization: 'Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.' },
				{ Cookie: `n8n-auth=${'x'.repeat(3000)}` },
				{ Origin: 'null', 'X-Forwarded-For': '\'"<>', Traceparent: 'x' },
			] as [Record<string, string>, ...Array<Record<string, string>>]),
		}),
	'a broken request': (random) =>
		raw(
			pick(random, [
				`${start}Content-Length: 500\r\n\r\n{"conversation_id":"cut"`,
				`${start}Content-Length: -1\r\n\r\n{}`,
				`${start}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
				`${start}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n`,
				`${start}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`,
				`${start}X-Large: ${'x'.repeat(40_000)}\r\n\r\n`,
				`${start}\0\r\n\r\n`,
				'\x16\x03\x01\x02\x00\x01',
			]),
		),
};

/** Zip bombs of 2, 10 and 30 MB. The last one exceeds n8n's limit. */
const BOMBS = [2, 10, 30].map((mb) =>
	gzipSync(`{${CONVERSATION},"content":"${'x'.repeat(mb * 1_000_000)}"}`),
) as [Buffer, ...Buffer[]];

/** Creates a generator of calls: the same for the same seed, without some kinds. */
export function createMalformedCalls(
	seed: number,
	{ without = [] }: { without?: string[] } = {},
): () => MalformedCall {
	let state = seed;
	const random: Random = (below) => {
		// A linear congruential generator is random enough here.
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
	const kinds = Object.entries(KINDS).filter(([kind]) => !without.includes(kind)) as [
		[string, (random: Random) => Content],
	];
	return () => {
		const [kind, make] = pick(random, kinds);
		return { kind, action: pick(random, ['', '/message_created', ...ACTIONS]), ...make(random) };
	};
}
