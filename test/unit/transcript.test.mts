import { transcriptFromJson } from '../../nodes/Talkdesk/transcript/fromJson';

const now = Date.parse('2026-01-02T03:04:05.000Z');
const messagesOf = (value: unknown) => {
	const result = transcriptFromJson(value, now);
	if (!result.ok) throw new Error(result.problem);
	return result.messages;
};

it("takes Talkdesk's own form as it is", () => {
	const messages = [
		{ type: 'user', content: 'Hi', created_at: '2026-01-01T00:00:00.000Z' },
		{ type: 'external', content: 'Hello', created_at: '2026-01-01T01:00:00+01:00' },
	];
	expect(messagesOf(messages)).toEqual(messages);
});

it('takes roles, in order, with times that end now', () => {
	const messages = messagesOf([
		{ role: 'system', content: 'Be nice' },
		{ role: 'user', content: 'Hi' },
		{ role: 'assistant', content: 'Hello' },
		{ role: 'user', content: '  ' },
		{ role: 'human', content: 'A human, please' },
	]);
	expect(messages.map(({ type, content }) => [type, content])).toEqual([
		['user', 'Hi'],
		['external', 'Hello'],
		['user', 'A human, please'],
	]);
	expect(messages.map(({ created_at }) => created_at)).toEqual([
		'2026-01-02T03:04:03.000Z',
		'2026-01-02T03:04:04.000Z',
		'2026-01-02T03:04:05.000Z',
	]);
});

it('takes JSON text, and nothing at all', () => {
	expect(messagesOf('[{"role":"user","content":"Hi"}]')).toHaveLength(1);
	expect(messagesOf('')).toEqual([]);
	expect(messagesOf(undefined)).toEqual([]);
});

it.each([
	['{', 'not valid JSON'],
	[{ messages: [] }, 'not a list'],
	[
		[
			{ role: 'user', content: 'ok' },
			{ role: 'tool', content: 'x' },
		],
		'number 2',
	],
	[[{ role: 'user' }], 'number 1'],
	[[7], 'number 1: 7'],
])('says what is wrong with %j', (value, problem) => {
	expect(transcriptFromJson(value, now)).toMatchObject({
		ok: false,
		problem: expect.stringContaining(problem),
		description: expect.stringContaining('"role"'),
	});
});
