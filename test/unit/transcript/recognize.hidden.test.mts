import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import fc from 'fast-check';

import { linesOf } from '../../support/transcripts.mts';

/** The lines of a transcript that is one message of the bot. */
const bot = (content: unknown) => linesOf([{ type: 'ai', content, tool_calls: [] }]);

describe('tool calls that n8n writes into its memory as text', () => {
	it.each([
		[
			'[Used tools: Tool: CRM, Input: {"q":"maria"}, Result: [{"margin":0.4,"iban":"XX00"}]] Your order ships today.',
		],
		[
			'[Used tools: Tool: CRM, Input: {"q":"]"}, Result: {"a":"} ] \\" ]"}; Tool: Shop API, Input: "x", Result: []] Your order ships today.',
		],
		['[Used tools: Tool: CRM, Input: {}, Result: no match [see 1], sorry] Your order ships today.'],
		[
			'[Used tools: Tool: A, Input: {}, Result: plain ]; words; Tool: B, Input: {"b":1}, Result: ["]"]] Your order ships today.',
		],
		['[Used tools: Tool: A, Input: {}, Result: list:] secret] Your order ships today.'],
		['[Used tools: Tool: A, Input: not json, Result: {}] Your order ships today.'],
		['[Used tools: Tool: A, Input: {}, Result: ] Your order ships today.'],
		['Calling Lookup_order with input: {"o":{"p":"}"}}\nYour order ships today.'],
		['Calling A with input: {}\nCalling B with input: []\n\nYour order ships today.'],
		['<think>The customer is angry.\nOffer 10 %</think>\n\nYour order ships today.'],
		['The customer is angry.</think>Your order ships today.'],
		['Your order <thinking>hm</thinking>ships today.<think>and then'],
		['<think>I may write <think>. Or </think> not.</think>Your order ships today.'],
		['<think>What does <think> mean?</think>Your order ships today.'],
		['<thinking>A <think> tag?</thinking>Your order ships today.'],
		['<THINK>hm</Think>Your order ships today.'],
		['[THINK]hm[/THINK]Your order ships today.'],
		['<reflection>hm</reflection><scratchpad>hm</scratchpad>Your order ships today.'],
		[
			'<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Your order ships today.<|return|>',
		],
		['Calling Lookup_order with input: order 1\nYour order ships today.'],
	])('%s', (content) => {
		expect(bot(content)).toEqual(['external: Your order ships today.']);
	});

	it.each([
		'[Used tools: Tool: A, Input: {}, Result: {"iban":"XX00"',
		'[Used tools: Tool: A, Input: {"iban":"XX00',
		'Calling Lookup_order with input: {"o":1}',
		'Calling Lookup_order with input: {"o":',
		'<|channel|>analysis<|message|>hm',
	])('removes %s completely', (content) => {
		expect(bot(content)).toEqual([]);
	});

	it.each([
		'I noted [Used tools: hammer, saw] in your list. See [1]. Thanks!',
		'"[Used tools:" and "<channel>" are words as well',
	])('keeps a text that only mentions tools: %s', (content) => {
		expect(bot(content)).toEqual([`external: ${content}`]);
	});

	it.each([
		'{; Tool: b, Input: {',
		'[Used tools: Tool: a, Input: {}, Result: {; Tool: b, Input: {',
	])('takes linear time for a megabyte of %s', (piece) => {
		const content = piece.repeat(Math.ceil(1_000_000 / piece.length));
		expect(bot(`[Used tools: Tool: x, Input: ${content}`)).toEqual([]);
	});

	it('keeps a link in the answer', () => {
		expect(
			bot('[Used tools: Tool: A, Input: {}, Result: [1]] See [our shop](https://example.com).'),
		).toEqual(['external: See [our shop](https://example.com).']);
	});

	it('removes results that are not JSON, with any brackets in them', () => {
		const noise = fc.string({
			unit: fc.constantFrom('[', ']', '{', '}', '"', ';', ' ', 'x', '\\'),
		});
		const result = fc.tuple(noise, noise).map(([before, after]) => `x${before}XX00${after}`);
		fc.assert(
			fc.property(fc.array(result, { minLength: 1, maxLength: 3 }), (results) => {
				const tools = results.map((one) => `Tool: A, Input: {"q":"]"}, Result: ${one}`);
				const shown = bot(`[Used tools: ${tools.join('; ')}] It ships.`);
				expect(shown.join()).not.toContain('XX00');
				expect(shown.join()).toMatch(/It ships\.$/);
			}),
			{ numRuns: 2000 },
		);
	});

	it('removes any JSON that tools give, and keeps the answer', () => {
		const name = fc.string({ unit: fc.constantFrom('A', 'b', '_', ' '), minLength: 1 });
		const call = fc.record({ name, input: fc.jsonValue(), result: fc.jsonValue() });
		fc.assert(
			fc.property(fc.array(call, { minLength: 1, maxLength: 4 }), (calls) => {
				const tools = calls.map(
					(one) =>
						`Tool: ${one.name}, Input: ${JSON.stringify(one.input)}, Result: ${JSON.stringify(one.result)}`,
				);
				expect(bot(`[Used tools: ${tools.join('; ')}] It ships.`)).toEqual(['external: It ships.']);
			}),
			{ numRuns: 500 },
		);
	});
});

it("removes a model's reasoning in each vendor's format", () => {
	for (const thought of [
		{ type: 'reasoning', text: 'offer at most 10 %' },
		{ type: 'thinking', text: 'offer at most 10 %' },
		{ type: 'thinking', thinking: 'offer at most 10 %', signature: 'x' },
		{ type: 'redacted_thinking', data: 'x' },
		{ text: 'offer at most 10 %', thought: true },
		{ reasoningContent: { reasoningText: { text: 'offer at most 10 %' } } },
	]) {
		const content = [thought, { type: 'text', text: 'Let me check.' }];
		expect(linesOf([{ role: 'assistant', content }])).toEqual(['external: Let me check.']);
	}
});

it.each<Record<string, unknown>>([
	{ additional_kwargs: { hideFromUI: true } },
	{ additional_kwargs: { hide_from_ui: 'true' } },
	{ private: true },
	{ private: 1 },
	{ is_internal: 'TRUE' },
	{ public: false },
	{ part_type: 'note' },
	{ message_type: 'private_note' },
	{ visibility: 'internal' },
	{ visibility: 'internal_only' },
	{ isInternalNote: true },
	{ internal_note: 'true' },
	{ is_private_note: 1 },
	{ isWhisper: true },
	{ note: true },
	{ comment_type: 'internal' },
	{ type: 'internal_comment' },
	{ type: 'whisper' },
	{ visible: false },
	{ isVisible: false },
	{ visible_to_customer: false },
	{ jsdPublic: false },
])('removes a message that the customer never saw: %j', (mark) => {
	const secret = { role: 'user', content: 'INTERNAL: churn risk 0.9', ...mark };
	expect(linesOf([secret, { role: 'user', content: 'Hi' }])).toEqual(['user: Hi']);
});

it.each<Record<string, unknown>>([
	{ note: 'VIP' },
	{ visible: true },
	{ jsdPublic: true },
	{ visibility: 'public' },
	{ is_private_note: false },
])('keeps a message that the customer saw: %j', (mark) => {
	expect(linesOf([{ role: 'user', content: 'Hi', ...mark }])).toEqual(['user: Hi']);
});

it.each([
	{ custom_fields: [{ type: 'user', value: 'churn risk 0.9' }] },
	{ owner: { type: 'agent', value: 'Zoe' } },
	{ contact: { type: 'customer', value: '+49 30 1234' } },
])('takes CRM fields beside the messages for no message: %j', (beside) => {
	const messages = [{ role: 'user', content: 'Hi' }];
	expect(linesOf({ messages, ...beside })).toEqual(['user: Hi']);
});

it('removes a message that the Chat Memory Manager hides', () => {
	const kwargs = { content: 'INTERNAL', additional_kwargs: { hideFromUI: true } };
	expect(
		linesOf([
			{ lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'HumanMessage'], kwargs },
			{ type: 'human', data: kwargs },
		]),
	).toEqual([]);
});

it("removes what LangChain's own messages hide", () => {
	const call = { name: 'Lookup_order', args: { o: 1 }, id: 'c1' };
	const messages = [
		new HumanMessage({ content: 'INTERNAL', additional_kwargs: { hideFromUI: true } }),
		new HumanMessage('Hi'),
		new AIMessage({
			content: 'Calling Lookup_order with input: {"o":1}',
			tool_calls: [call],
		}),
		new ToolMessage({ content: '[{"iban":"XX00"}]', tool_call_id: 'c1', name: 'Lookup_order' }),
		new AIMessageChunk({
			content: [
				{ type: 'thinking', thinking: 'hm', signature: 'x' },
				{ type: 'text', text: 'Let me look' },
				{ type: 'input_json_delta', input: '{"o":1}' },
			],
			tool_calls: [call],
		}),
		new AIMessage('[Used tools: Tool: CRM, Input: {}, Result: [{"iban":"XX00"}]] It ships today.'),
	];
	const expected = ['user: Hi', 'external: Let me look', 'external: It ships today.'];
	expect(linesOf(JSON.parse(JSON.stringify(messages)))).toEqual(expected);
	expect(linesOf(messages.map((message) => message.toDict()))).toEqual(expected);
});

it.each([
	{ private: true, messages: [{ role: 'user', content: 'Hi' }] },
	{ type: 'event', messages: [{ role: 'user', content: 'Hi' }] },
])('hides no message because of a mark on the list around it: %j', (value) => {
	expect(linesOf(value)).toEqual(['user: Hi']);
});

describe('structured output', () => {
	it.each<[unknown, string[]]>([
		[{ output: { reply: 'Sure', intent: 'handoff', confidence: 0.93 } }, ['external: Sure']],
		[{ response: 'Sure', reasoning: 'is angry' }, ['external: Sure']],
		[{ output: { texto: 'Sure', handoff: true } }, ['external: Sure']],
		[{ output: { messages: ['Sure', 'One moment'] } }, ['external: Sure\nOne moment']],
		[{ messages: [{ type: 'text', text: 'Sure' }] }, ['external: Sure']],
		[{ action: 'Final Answer', action_input: 'Sure' }, ['external: Sure']],
		[{ action: 'crm', action_input: 'maria' }, []],
		[{ output: { intent: 'handoff', reasoning: 'is angry' } }, []],
		[{ handoff: true }, []],
		// Which of them was shown is unknown: as it is, but without the reasoning.
		[{ a: 'x', b: 'y', reasoning: 'is angry' }, ['external: {"a":"x","b":"y"}']],
	])('%j', (output, expected) => {
		expect(bot(JSON.stringify(output))).toEqual(expected);
		expect(bot('```json\n' + JSON.stringify(output) + '\n```')).toEqual(expected);
		expect(linesOf([{ role: 'assistant', content: output }])).toEqual(expected);
	});

	it('keeps JSON of a customer, and a list of a bot', () => {
		expect(linesOf([{ role: 'user', content: '{"reply":"x","b":1}' }])).toEqual([
			'user: {"reply":"x","b":1}',
		]);
		expect(bot('["Yes","No"]')).toEqual(['external: ["Yes","No"]']);
	});

	it('gives the answer alone if it holds a whole turn', () => {
		const turn = [
			{ role: 'user', content: 'where is parcel 12?' },
			{ role: 'tool', content: [{ type: 'tool-result', result: [{ depot: 'North' }] }] },
			{ role: 'assistant', content: 'In the depot North' },
		];
		expect(
			linesOf([
				{ type: 'human', data: { content: 'where is parcel 12?' } },
				{ type: 'ai', data: { content: JSON.stringify(turn) } },
			]),
		).toEqual(['user: where is parcel 12?', 'external: In the depot North']);
	});
});

describe('keeps what the customer did read:', () => {
	it.each<[unknown]>([
		[{ role: 'assistant', content: null, refusal: 'That I may not tell you.' }],
		[{ role: 'assistant', content: [{ type: 'refusal', refusal: 'That I may not tell you.' }] }],
	])('a refusal: %j', (value) => {
		expect(linesOf([value])).toEqual(['external: That I may not tell you.']);
	});

	it.each<[Record<string, unknown>, string]>([
		[
			{ sender: 'user', message_type: 'image', content: '', file_name: 'cat.jpg' },
			'[file: cat.jpg]',
		],
		[{ sender: 'user', message_type: 'image', content: '' }, '[image]'],
		[{ role: 'user', content: '', files: ['a.jpg'] }, '[file: a.jpg]'],
		[{ role: 'user', content: 'Look', files: [{ name: 'a.pdf' }] }, 'Look\n[file: a.pdf]'],
		[{ role: 'user', attachments: [{ file_type: 'image', data_url: 'https://x/1' }] }, '[image]'],
		[{ role: 'user', text: null, files: ['https://x/y/b.png?sig=1'] }, '[file: b.png]'],
		[{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }] }, '[image]'],
		[{ role: 'user', parts: [{ type: 'file', mediaType: 'audio/ogg', url: 'data:x' }] }, '[audio]'],
		[{ role: 'user', content: [{ type: 'document', title: 'Bill', source: {} }] }, '[file: Bill]'],
	])('a file: %j', (value, text) => {
		expect(linesOf([value])).toEqual([`user: ${text}`]);
	});
});
