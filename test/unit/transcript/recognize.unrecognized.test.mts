import { recognizeTranscript } from '../../../nodes/Talkdesk/transcript/recognize';

const HI = { role: 'user', content: 'Hi' };

it('leaves out an unrecognized entry, and only that', () => {
	const { messages, unrecognized } = recognizeTranscript([
		HI,
		{ role: 'stranger', content: 'a secret' },
		7,
		'words without a name',
		{ role: 'assistant', content: 'Hello' },
		{ role: 'user' },
		{ role: 'user', content: { some: 'thing' } },
	]);
	expect(messages.map(({ content }) => content)).toEqual(['Hi', 'Hello']);
	expect(unrecognized).toMatchObject({
		count: 5,
		shapes: ['{ role: text of 8, content: text of 8 }', 'number', 'text of 20'],
		remedy: expect.stringContaining('Known formats are'),
	});
});

it('leaves out an unrecognized part, and only that', () => {
	const content = [
		{ type: 'text', text: 'Hi' },
		{ type: 'hologram', beam: 1 },
	];
	const { messages, unrecognized } = recognizeTranscript([{ role: 'user', content }]);
	expect(messages).toEqual([{ type: 'user', content: 'Hi' }]);
	expect(unrecognized.count).toBe(1);
});

describe('a value that is no transcript counts as one unrecognized entry, with a remedy', () => {
	it.each<[unknown, string]>([
		['[object Object],[object Object]', 'The result of an expression became text'],
		[' [object Object] ', 'The result of an expression became text'],
		['[{ "role": "user", "content": "He said "no"" }]', 'JSON.stringify'],
		['{', 'JSON.stringify'],
		['The customer wants a refund.', 'plain text'],
		['Contact: maria@example.com', 'plain text'],
		['Agent: Zoe\nContact: maria@example.com', 'plain text'],
		['Customer: ACME Ltd', 'plain text'],
		[{ contact: 'maria@example.com', agent: 'Zoe' }, 'Known formats are'],
		[{ customer: 'ACME Ltd', assistant: 'on' }, 'Known formats are'],
		[{ lead: '4711' }, 'Known formats are'],
		[{ user: 'maria' }, 'Known formats are'],
		[{ id: 1, user: 'maria' }, 'Known formats are'],
		[{ answer: '42', score: 3 }, 'Known formats are'],
		[{ tags: ['a'] }, 'Known formats are'],
		[7, 'Known formats are'],
		[new Date(0), 'Known formats are'],
	])('%j', (value, remedy) => {
		const result = recognizeTranscript(value);
		expect(result).toEqual({
			messages: [],
			unrecognized: { count: 1, shapes: [expect.any(String)], remedy: expect.any(String) },
		});
		expect(result.unrecognized.remedy).toContain(remedy);
		expect(JSON.stringify(result)).not.toMatch(/maria|ACME|refund|4711/);
	});
});

it('takes names and instructions beside a list for no turn', () => {
	for (const beside of [{ user: 'maria', bot: 'on' }, { prompt: 'You are…' }, { user: 'maria' }]) {
		expect(recognizeTranscript({ ...beside, messages: [HI] }).messages).toHaveLength(1);
	}
});

it('counts words ahead of the first speaker in plain text', () => {
	const { messages, unrecognized } = recognizeTranscript(
		'Call of today\n\nUser: Hi\nthere\nAI: Hello',
	);
	expect(messages.map(({ content }) => content)).toEqual(['Hi\nthere', 'Hello']);
	expect(unrecognized.count).toBe(1);
});

it('does not recognize a "user" in a memory that calls its customers "human"', () => {
	const row = (id: number, type: string) => ({
		id,
		session_id: 's',
		message: { type, content: type },
	});
	const mixed = recognizeTranscript([row(1, 'human'), row(2, 'user'), row(3, 'ai')]);
	expect(mixed.messages.map(({ content }) => content)).toEqual(['human', 'ai']);
	expect(mixed.unrecognized.count).toBe(1);
	expect(recognizeTranscript([row(1, 'user'), row(2, 'ai')]).messages).toHaveLength(2);
});

it('replaces a lone surrogate', () => {
	const { messages } = recognizeTranscript([
		{ role: 'user', content: 'ok \ud83d' },
		{ role: 'user', content: '\ude00 and 😀' },
	]);
	expect(messages.map(({ content }) => content)).toEqual(['ok \ufffd', '\ufffd and 😀']);
});

describe('hostile values', () => {
	it('a list of 200,000 messages inside of an entry', () => {
		const list = Array.from({ length: 200_000 }, () => HI);
		expect(recognizeTranscript([{ messages: list }]).messages).toHaveLength(200_000);
		expect(recognizeTranscript([list]).messages).toHaveLength(200_000);
		expect(recognizeTranscript(Object.fromEntries(list.entries())).messages).toHaveLength(200_000);
	});

	it('200,000 entries that are not recognized', () => {
		const list = Array.from({ length: 200_000 }, (_, id) => ({ id }));
		expect(recognizeTranscript(list).unrecognized).toMatchObject({ count: 200_000 });
	});

	it('a circular reference', () => {
		const circle: Record<string, unknown> = { role: 'user' };
		circle.content = [circle];
		circle.messages = [circle, HI];
		expect(recognizeTranscript([circle, HI]).messages.length).toBeGreaterThan(0);
	});

	it('lists that share their parts many times', () => {
		let shared: unknown = [7];
		for (let depth = 0; depth < 11; depth++) shared = Array.from({ length: 30 }, () => shared);
		expect(recognizeTranscript(shared).unrecognized.count).toBeGreaterThan(0);
	});

	it('deep nesting', () => {
		let nested: unknown = [HI];
		for (let depth = 0; depth < 10_000; depth++) nested = { messages: [nested] };
		expect(recognizeTranscript(nested).unrecognized.count).toBe(1);
		const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
		expect(recognizeTranscript(text).messages).toEqual([]);
	});

	it.each<[string, () => unknown]>([
		['a getter', () => Object.defineProperty({}, 'role', { enumerable: true, get: () => fail() })],
		['a proxy', () => new Proxy({}, { ownKeys: () => fail() })],
		['a revoked proxy', () => revoked()],
		['a name that is no text', () => ({ id: [Object.create(null)], kwargs: {} })],
		[
			'values without a prototype',
			() => ({ role: Object.create(null), from: Object.create(null) }),
		],
		['a valueOf that throws', () => ({ role: 'user', content: 'x', time: { valueOf: fail } })],
		['keys of prototypes', () => JSON.parse('{"__proto__":{"role":"user"},"constructor":1}')],
	])('%s is one unrecognized entry', (_name, make) => {
		const { messages, unrecognized } = recognizeTranscript([HI, make(), HI]);
		expect(messages).toHaveLength(2);
		expect(unrecognized.count).toBe(1);
		expect(() => recognizeTranscript(make())).not.toThrow();
	});

	const fail = () => {
		throw new Error('touched');
	};
	function revoked() {
		const { proxy, revoke } = Proxy.revocable({}, {});
		revoke();
		return proxy;
	}

	it.each<[string, string]>([
		['brackets', `[Used tools: ${'['.repeat(300_000)}`],
		['tools', `[Used tools: ${'; Tool: A, Input: '.repeat(30_000)}`],
		['traces', '[Used tools:'.repeat(30_000)],
		['calls', 'Calling A with input: {\n'.repeat(30_000)],
		['calls without input', 'Calling A '.repeat(60_000)],
		['tags', '<think>'.repeat(60_000)],
		['JSON in JSON', '{"reply":'.repeat(60_000)],
		['Slack', '<'.repeat(300_000)],
	])('a long text of %s', (_name, content) => {
		const { messages } = recognizeTranscript([
			{ role: 'assistant', content },
			{ role: 'user', content },
			{ type: 'message', user: 'U1', text: content, ts: '1767600000.0001' },
			{ author: { type: 'user' }, body: `<p>${content}` },
		]);
		expect(messages.length).toBeGreaterThan(0);
	});
});
