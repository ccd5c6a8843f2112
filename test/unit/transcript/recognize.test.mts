import fc from 'fast-check';

import {
	recognizeTranscript,
	type TranscriptMessage,
} from '../../../nodes/Talkdesk/transcript/recognize';
import { HI, linesOf, messagesOf } from '../../support/transcripts.mts';

describe('the formats', () => {
	it.each<[string, unknown]>([
		[
			'OpenAI',
			[
				{ role: 'user', content: 'Hi' },
				{ role: 'assistant', content: 'Hello' },
			],
		],
		[
			'OpenAI with parts',
			[
				{ role: 'user', content: [{ type: 'text', text: 'Hi' }] },
				{ role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] },
			],
		],
		[
			'the Chat Memory Manager, simplified',
			[{ messages: [{ human: 'Hi', ai: 'Hello' }], messagesCount: 1 }],
		],
		['the Chat Memory Manager, one item for each', [{ json: { human: 'Hi', ai: 'Hello' } }]],
		[
			'the Chat Memory Manager, not simplified',
			{
				messages: [
					{
						lc: 1,
						type: 'constructor',
						id: ['langchain_core', 'messages', 'HumanMessage'],
						kwargs: { content: 'Hi', additional_kwargs: {}, response_metadata: {} },
					},
					{
						lc: 1,
						type: 'constructor',
						id: ['langchain_core', 'messages', 'AIMessageChunk'],
						kwargs: { content: 'Hello', tool_calls: [] },
					},
				],
			},
		],
		[
			"LangChain's chat messages with a role of their own",
			[
				{
					lc: 1,
					type: 'constructor',
					id: ['x', 'ChatMessage'],
					kwargs: { role: 'user', content: 'Hi' },
				},
				{ lc: 1, type: 'constructor', id: ['x', 'AIMessage'], kwargs: { content: 'Hello' } },
			],
		],
		[
			"LangChain's stored messages",
			[
				{ type: 'human', data: { content: 'Hi' } },
				{ type: 'ai', data: { content: 'Hello', tool_calls: [] } },
			],
		],
		[
			"rows of LangChain's table in Postgres",
			[
				{ id: 1, session_id: 's', message: { type: 'human', content: 'Hi' } },
				{ id: 2, session_id: 's', message: '{"type":"ai","content":"Hello"}' },
			],
		],
		[
			'Talkdesk',
			[
				{ type: 'user', content: 'Hi', created_at: '2026-01-01T00:00:00Z' },
				{ type: 'EXTERNAL', content: 'Hello', created_at: '2026-01-01T00:00:01Z' },
			],
		],
		[
			'from and text',
			[
				{ from: 'customer', text: 'Hi' },
				{ from: 'bot', text: 'Hello' },
			],
		],
		[
			'sender and message',
			[
				{ sender: 'User', message: 'Hi' },
				{ sender: { type: 'bot', name: 'Max' }, message: 'Hello' },
			],
		],
		[
			'rows of a data table',
			[
				{ id: 1, role: 'user', text: 'Hi', createdAt: '2026-01-01T00:00:00Z' },
				{ id: 2, role: 'assistant', text: 'Hello', createdAt: '2026-01-01T00:00:01Z' },
			],
		],
		['input and output', [{ input: 'Hi', output: 'Hello' }]],
	])('%s', (_name, value) => {
		expect(linesOf(value)).toEqual(HI);
		expect(linesOf(JSON.stringify(value))).toEqual(HI);
		expect(linesOf({ messages: JSON.stringify(value) })).toEqual(HI);
	});

	it('keeps the order of the keys of a group', () => {
		expect(
			linesOf([{ ai: 'Hello' }, { system: 'Be nice', human: 'Hi', tool: '[]', ai: 'What now?' }]),
		).toEqual(['external: Hello', 'user: Hi', 'external: What now?']);
	});

	it.each([undefined, null, '', '  ', [], '[]', { messages: [] }])(
		'gives no messages for %j',
		(value) => {
			expect(messagesOf(value)).toEqual([]);
		},
	);
});

it('leaves out system and tool messages, empty messages and mere tool calls', () => {
	expect(
		linesOf([
			{ role: 'system', content: 'Be nice' },
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: null, tool_calls: [{ id: '1' }] },
			{ role: 'assistant', tool_calls: [{ id: '1' }] },
			{ role: 'tool', content: '{"rows":[]}', tool_call_id: '1' },
			{ type: 'ai', content: [{ type: 'tool_use', id: '2', name: 'x', input: {} }] },
			{ role: 'assistant', content: ' \n' },
			{ role: 'assistant', content: 'Hello' },
		]),
	).toEqual(HI);
});

it('turns images, files and several parts into readable text', () => {
	const content = [
		'Look:',
		{ type: 'image_url', image_url: { url: 'data:' } },
		{ type: 'input_audio' },
		{ type: 'file', file: { filename: 'bill.pdf' } },
		{ type: 'text', text: 'Is that right?' },
	];
	expect(linesOf([{ role: 'user', content }])).toEqual([
		'user: Look:\n[image]\n[audio]\n[file: bill.pdf]\nIs that right?',
	]);
});

it.each([
	['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.000Z'],
	['2026-01-02T04:04:05+01:00', '2026-01-02T03:04:05.000Z'],
	[1767323045, '2026-01-02T03:04:05.000Z'],
	[1767323045000, '2026-01-02T03:04:05.000Z'],
	['1767323045', '2026-01-02T03:04:05.000Z'],
	[new Date('2026-01-02T03:04:05.000Z'), '2026-01-02T03:04:05.000Z'],
])('keeps the time %j', (timestamp, expected) => {
	const [message] = messagesOf([{ role: 'user', content: 'Hi', timestamp }]);
	expect(new Date(message?.time ?? 0).toISOString()).toBe(expected);
});

it.each(['yesterday', 7, {}, null, Infinity, 9e99])('ignores the time %j', (timestamp) => {
	expect(messagesOf([{ role: 'user', content: 'Hi', timestamp }])[0]).not.toHaveProperty('time');
});

describe('any mixture of formats', () => {
	// Every message has a text of its own, so that none can be mistaken for another.
	const speaker = fc.constantFrom<TranscriptMessage['type']>('user', 'external');
	const name = { user: ['user', 'human', 'Customer'], external: ['assistant', 'ai', 'BOT'] };
	const form = fc.constantFrom<
		(type: TranscriptMessage['type'], content: string, pick: number) => unknown
	>(
		(type, content, pick) => ({ role: name[type][pick], content }),
		(type, content, pick) => ({ from: name[type][pick], text: content, id: `m${pick}` }),
		(type, content) => ({ type: type.toUpperCase(), content, created_at: '2026-01-01T00:00:00Z' }),
		(type, content) => ({ [type === 'user' ? 'human' : 'ai']: content }),
		(type, content) => ({
			json: { sender: type === 'user' ? 'visitor' : 'bot', message: content },
		}),
		(type, content) => ({ type: type === 'user' ? 'human' : 'ai', data: { content } }),
		(type, content) => ({ message: { type: type === 'user' ? 'human' : 'ai', content } }),
		(type, content) => ({
			lc: 1,
			type: 'constructor',
			id: ['langchain_core', 'messages', type === 'user' ? 'HumanMessage' : 'AIMessage'],
			kwargs: { content: [{ type: 'text', text: content }] },
		}),
		(type, content, pick) => JSON.stringify({ role: name[type][pick], content }),
	);
	const leftOut = fc.constantFrom<unknown>(
		{ role: 'system', content: 'rules' },
		{ role: 'tool', content: 'rows' },
		{ role: 'user', content: '' },
		{ role: 'assistant', content: null, tool_calls: [{}] },
	);
	const entry = fc.oneof(
		{ weight: 5, arbitrary: fc.record({ type: speaker, form, pick: fc.nat(2) }) },
		{ weight: 1, arbitrary: leftOut.map((value) => ({ value })) },
	);
	const wrap = fc.constantFrom<(list: unknown[]) => unknown>(
		(list) => list,
		(list) => JSON.stringify(list),
		(list) => ({ messages: list }),
		(list) => [{ messages: list, messagesCount: list.length }],
		(list) => JSON.stringify({ history: list }),
	);

	it('keeps order and number of the messages, and repeats none', () => {
		fc.assert(
			fc.property(fc.array(entry, { maxLength: 30 }), wrap, (entries, wrapped) => {
				const expected: string[] = [];
				const list = entries.map((one, index) => {
					if ('value' in one) return one.value;
					const content = `message ${index}`;
					expected.push(`${one.type}: ${content}`);
					return one.form(one.type, content, one.pick);
				});
				expect(linesOf(wrapped(list))).toEqual(expected);
			}),
			{ numRuns: 500 },
		);
	});

	it('never throws, and every message can be sent', () => {
		const keys = fc.constantFrom(
			'role',
			'type',
			'from',
			'content',
			'text',
			'message',
			'messages',
			'data',
			'json',
			'human',
			'ai',
			'id',
			'kwargs',
			'timestamp',
			'__proto__',
			'constructor',
			'valueOf',
		);
		const anything = fc.anything({
			key: fc.oneof(keys, fc.string()),
			maxDepth: 5,
			withDate: true,
			withNullPrototype: true,
		});
		fc.assert(
			fc.property(fc.oneof(anything, fc.array(anything), fc.json()), (value) => {
				const { messages, unrecognized } = recognizeTranscript(value);
				expect(unrecognized.count).toBeGreaterThanOrEqual(unrecognized.shapes.length);
				for (const { type, content, time } of messages) {
					expect(['user', 'external']).toContain(type);
					expect(content.trim()).not.toBe('');
					if (time !== undefined) expect(() => new Date(time).toISOString()).not.toThrow();
				}
			}),
			{ numRuns: 3000 },
		);
	});
});
