import { HI, linesOf } from '../../support/transcripts.mts';

describe('is recognized completely: ', () => {
	it.each<[string, unknown]>([
		[
			"OpenAI's Responses, with reasoning and tool calls in between",
			[
				{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
				{ type: 'reasoning', id: 'rs_1', summary: [] },
				{ type: 'function_call', call_id: 'c1', name: 'lookup', arguments: '{}' },
				{ type: 'function_call_output', call_id: 'c1', output: '{}' },
				{ type: 'web_search_call', id: 'ws_1', status: 'completed' },
				{ type: 'mcp_list_tools', tools: [] },
				{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] },
			],
		],
		[
			"OpenAI's Responses, input and output",
			{
				input: [{ role: 'user', content: 'Hi' }],
				output: [
					{ type: 'reasoning', summary: [] },
					{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] },
				],
			},
		],
		[
			"a thread of OpenAI's Assistants",
			{
				object: 'list',
				data: [
					{
						...{ id: 'm2', object: 'thread.message', created_at: 1767600005, role: 'assistant' },
						content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
					},
					{
						...{ id: 'm1', object: 'thread.message', created_at: 1767600000, role: 'user' },
						content: [{ type: 'text', text: { value: 'Hi', annotations: [] } }],
					},
				],
				has_more: false,
			},
		],
		[
			'Gemini',
			[
				{ role: 'user', parts: [{ text: 'Hi' }] },
				{ role: 'model', parts: [{ functionCall: { name: 'x', args: {} } }] },
				{ role: 'user', parts: [{ functionResponse: { name: 'x', response: {} } }] },
				{ role: 'model', parts: [{ text: 'I think', thought: true }, { text: 'Hello' }] },
			],
		],
		[
			'Gemini, texts as parts, in contents',
			{
				contents: [
					{ role: 'user', parts: ['Hi'] },
					{ role: 'model', parts: ['Hello'] },
				],
			},
		],
		[
			"Vercel's UI messages",
			[
				{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
				{
					id: '2',
					role: 'assistant',
					parts: [
						{ type: 'step-start' },
						{ type: 'reasoning', text: '…' },
						{ type: 'tool-lookup', state: 'output-available', input: {}, output: {} },
						{ type: 'text', text: 'Hello' },
					],
				},
			],
		],
		[
			'Bedrock',
			[
				{ role: 'user', content: [{ text: 'Hi' }] },
				{ role: 'assistant', content: [{ reasoningContent: { text: 'x' } }, { text: 'Hello' }] },
				{ role: 'user', content: [{ toolResult: { content: [{ text: 'rows' }] } }] },
			],
		],
		[
			"LangChain's classes as types",
			[
				{ type: 'HumanMessage', content: 'Hi' },
				{ type: 'AIMessageChunk', content: 'Hello', tool_calls: [] },
				{ type: 'ToolMessage', content: '{}', name: 'lookup' },
				{ type: 'SystemMessage', content: 'You are…' },
			],
		],
		[
			'LangChain with the deltas of streaming',
			[
				{ type: 'human', content: 'Hi' },
				{
					type: 'ai',
					content: [
						{ index: 0, type: 'text', text: 'Hello' },
						{ index: 1, type: 'input_json_delta', input: '{"o":1}' },
					],
					tool_calls: [{ name: 'lookup', args: { o: 1 }, id: 't1' }],
				},
			],
		],
		[
			'a row for a turn',
			[
				{
					...{ id: 7, session_id: 's', bot_response: 'Hello', user_message: 'Hi' },
					created_at: '2026-01-05T10:00:00Z',
				},
			],
		],
		['question and answer', [{ question: 'Hi', answer: 'Hello', rating: 5 }]],
		['user and assistant, with a number', [{ id: 1, user: 'Hi', assistant: 'Hello' }]],
		['human and ai, with a time', [{ created_at: '2026-01-05', human: 'Hi', ai: 'Hello' }]],
		[
			'the output of Chat Trigger and AI Agent',
			{ sessionId: 's', chatInput: 'Hi', output: 'Hello' },
		],
		[
			'columns with a prefix',
			[
				{ p_message_role: 'user', p_message_content: 'Hi' },
				{ 'chat.senderType': 'bot', 'chat.body': 'Hello', 'chat.id': 4 },
			],
		],
		[
			'a type of sender, and a flag',
			[
				{ sender_type: 'visitor', content: 'Hi' },
				{ is_bot: true, text: 'Hello' },
			],
		],
		[
			'lists in lists',
			[[{ role: 'user', content: 'Hi' }], [{ role: 'assistant', content: 'Hello' }]],
		],
		[
			'choices',
			[
				{ role: 'user', content: 'Hi' },
				{ choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' } }] },
			],
		],
		[
			"n8n's OpenAI node",
			[
				{ chatInput: 'Hi' },
				{
					output: [
						{
							...{ type: 'message', role: 'assistant' },
							content: [{ type: 'output_text', text: 'Hello' }],
						},
					],
				},
			],
		],
		[
			'a key of any name',
			{
				tags: ['a', 'b'],
				our_chat: ['{"type":"human","data":{"content":"Hi"}}', '{"type":"ai","content":"Hello"}'],
			},
		],
		[
			'an object with a message under each key',
			{ '-Na1': { from: 'visitor', text: 'Hi' }, '-Na2': { from: 'bot', text: 'Hello' } },
		],
		[
			'Flowise',
			[
				{ role: 'userMessage', content: 'Hi' },
				{ role: 'apiMessage', content: 'Hello', usedTools: [{ toolOutput: 'x' }] },
			],
		],
		['JSON on each line', '{"role":"user","content":"Hi"}\n{"role":"bot","content":"Hello"}\n'],
		['plain text', 'User: Hi\nAI: Hello'],
		['plain text in a field', [{ json: { text: 'Human: Hi\nAI: [Used tools: Tool: A] Hello' } }]],
		['plain text of a voice agent', { transcript: 'Customer: Hi\nVirtual Agent: Hello\n' }],
		['plain text in Markdown', '**User:** Hi\n\n**Assistant:** Hello'],
		['plain text with instructions', 'System: Be nice.\nAnd short.\nHuman: Hi\nBot: Hello'],
		['our own text form', 'Customer (2026-01-02 03:04 UTC): Hi\nBot: Hello'],
	])('%s', (_name, value) => {
		expect(linesOf(value)).toEqual(HI);
		expect(linesOf(JSON.stringify(value))).toEqual(HI);
	});
});

describe('a turn after a history', () => {
	const history = [{ type: 'human', content: 'Hi' }];
	it.each<[unknown, string[]]>([
		[
			{ input: 'I want a human NOW', chat_history: history, output: "I'll connect you" },
			['user: Hi', 'user: I want a human NOW', "external: I'll connect you"],
		],
		[
			{ chatInput: 'I want a human NOW', messages: [{ human: 'Hi', ai: 'Hello' }] },
			[...HI, 'user: I want a human NOW'],
		],
		[{ input: 'A human!', history }, ['user: Hi', 'user: A human!']],
		[{ input: 'Hi', history, output: 'Hello' }, HI],
		[{ messages: [{ role: 'assistant', content: 'Hello' }], history }, HI],
		[
			{
				transcript: 'User: Hi\nAI: Hello',
				messages: [
					{ role: 'user', content: 'Hi' },
					{ role: 'assistant', content: 'Hello' },
				],
			},
			HI,
		],
		[
			{
				output: 'Hello',
				history,
				intermediateSteps: [{ action: { messageLog: [{ type: 'ai', content: 'secret' }] } }],
			},
			HI,
		],
	])('%j', (value, said) => {
		expect(linesOf(value)).toEqual(said);
	});
});
