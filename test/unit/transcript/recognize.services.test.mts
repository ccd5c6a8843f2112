import { recognizeTranscript } from '../../../nodes/Talkdesk/transcript/recognize';
import { HI, linesOf } from '../../support/transcripts.mts';

describe('is recognized completely: ', () => {
	it.each<[string, unknown]>([
		[
			'Copilot Studio',
			{
				activities: [
					{
						...{ type: 'trace', valueType: 'ConversationInfo', timestamp: 1767600000 },
						...{ from: { id: '', role: 0 }, value: {} },
					},
					{ type: 'message', timestamp: 1767600002, from: { id: 'b', role: 0 }, text: 'Hello' },
					{ type: 'message', timestamp: 1767600001, from: { id: 'u', role: 1 }, text: 'Hi' },
					{ type: 'typing', from: { id: 'b', role: 'bot' } },
					{ type: 'event', name: 'startConversation', from: { id: 'u', role: 1 } },
				],
			},
		],
		[
			'Sunshine Conversations',
			{
				messages: [
					{
						...{ id: '1', received: '2026-01-05T10:00:00Z' },
						author: { type: 'user', displayName: 'Maria' },
						content: { type: 'text', text: 'Hi' },
					},
					{
						...{ id: '2', received: '2026-01-05T10:00:02Z' },
						author: { type: 'business', displayName: 'Bot' },
						content: { type: 'text', text: 'Hello' },
					},
				],
			},
		],
		[
			'Intercom',
			[
				{
					...{ type: 'conversation_part', part_type: 'comment', body: '<p>Hi</p>' },
					...{ created_at: 1767600000, author: { type: 'user' } },
				},
				{ part_type: 'comment', body: '<p>Hello</p>', author: { type: 'admin' } },
				{ part_type: 'note', body: '<p>rude customer</p>', author: { type: 'admin' } },
				{ part_type: 'assignment', body: null, author: { type: 'bot' } },
			],
		],
		[
			'Intercom, a whole conversation',
			{
				type: 'conversation',
				id: '5',
				source: { author: { type: 'lead' }, body: '<p>Hi</p>' },
				conversation_parts: {
					type: 'conversation_part.list',
					conversation_parts: [
						{ part_type: 'comment', body: '<p>Hello</p>', author: { type: 'bot' } },
					],
				},
			},
		],
		[
			'Amazon Connect',
			{
				Transcript: [
					{
						...{ ParticipantRole: 'SYSTEM', Content: 'Hello', Type: 'MESSAGE' },
						AbsoluteTime: '2026-01-05T10:00:01.000Z',
					},
					{
						...{ ParticipantRole: 'CUSTOMER', Content: 'Hi', ContentType: 'text/plain' },
						...{ Type: 'MESSAGE', AbsoluteTime: '2026-01-05T10:00:00.000Z' },
					},
					{
						Type: 'EVENT',
						ContentType: 'application/vnd.amazonaws.connect.event.participant.joined',
					},
				],
			},
		],
		[
			'Twilio Conversations',
			{
				messages: [
					{ index: 1, author: 'system', body: 'Hello', date_created: '2026-01-05T10:00:05Z' },
					{
						...{ index: 0, author: 'whatsapp:+15550001111', body: 'Hi' },
						date_created: '2026-01-05T10:00:00Z',
					},
				],
			},
		],
		[
			'Botpress',
			[
				{
					...{ type: 'text', direction: 'incoming', payload: { type: 'text', text: 'Hi' } },
					createdOn: '2026-01-05T10:00:00Z',
				},
				{ type: 'text', direction: 'outgoing', payload: { type: 'text', text: 'Hello' } },
			],
		],
		...(
			[
				['inbound', 'outbound'],
				['in', 'out'],
				['received', 'sent'],
			] as const
		).map(([one, other]): [string, unknown] => [
			`rows with the direction ${one}`,
			[
				{ direction: one, text: 'Hi' },
				{ direction: other, text: 'Hello' },
			],
		]),
		[
			'Slack',
			[
				{
					...{ type: 'message', subtype: 'bot_message', bot_id: 'B1' },
					...{ text: 'Hello', ts: '1767600001.0002' },
				},
				{ type: 'message', user: 'U1', text: 'Hi', ts: '1767600000.0001' },
				{
					...{ type: 'message', subtype: 'channel_join', user: 'U1' },
					...{ text: 'joined', ts: '1767600000.0000' },
				},
			],
		],
		[
			'Evolution API',
			[
				{
					...{ key: { fromMe: false, id: 'A' }, messageTimestamp: 1767600000 },
					message: { conversation: 'Hi' },
				},
				{
					...{ key: { fromMe: true, id: 'B' }, messageTimestamp: '1767600001' },
					message: { extendedTextMessage: { text: 'Hello' } },
				},
			],
		],
		[
			'WAHA',
			[
				{ fromMe: false, body: 'Hi', timestamp: 1767600000 },
				{ fromMe: true, body: 'Hello', timestamp: 1767600001 },
			],
		],
		[
			'Rasa',
			{
				events: [
					{ event: 'action', name: 'action_listen', timestamp: 1767600000 },
					{ event: 'user', text: 'Hi', timestamp: 1767600001, parse_data: { text: 'Hi' } },
					{ event: 'slot', name: 'x', value: 'y' },
					{ event: 'bot', text: 'Hello', data: {}, timestamp: 1767600002 },
				],
			},
		],
		[
			'Freshchat',
			[
				{ actor_type: 'user', message_parts: [{ text: { content: 'Hi' } }] },
				{
					...{ actor_type: 'agent', message_type: 'private' },
					message_parts: [{ text: { content: 'rude' } }],
				},
				{ actor_type: 'agent', message_parts: [{ text: { content: 'Hello' } }] },
			],
		],
		[
			'Crisp',
			[
				{ from: 'user', type: 'text', content: 'Hi' },
				{ from: 'operator', type: 'note', content: 'rude' },
				{ from: 'operator', type: 'text', content: 'Hello' },
			],
		],
		[
			'Vapi, which repeats the messages three times',
			{
				message: {
					type: 'end-of-call-report',
					artifact: {
						messages: [
							{ role: 'system', message: 'Be nice', time: 1767600000000 },
							{ role: 'user', message: 'Hi', time: 1767600001000 },
							{ role: 'bot', message: 'Hello', time: 1767600002000 },
						],
						messagesOpenAIFormatted: [
							{ role: 'system', content: 'Be nice' },
							{ role: 'user', content: 'Hi' },
							{ role: 'assistant', content: 'Hello' },
						],
						transcript: 'User: Hi\nAI: Hello\n',
					},
				},
			},
		],
		[
			'Airtable',
			[
				{ id: 'rec2', createdTime: '2026-01-05T10:00:01Z', fields: { Role: 'Bot', Text: 'Hello' } },
				{ id: 'rec1', createdTime: '2026-01-05T10:00:00Z', fields: { Role: 'User', Text: 'Hi' } },
			],
		],
		[
			'the output of the Talkdesk Trigger, after earlier messages',
			[
				{ role: 'user', content: 'Hi' },
				{ event: 'message_created', text: 'Hello', author: { type: 'USER', kind: 'agent' } },
				{ event: 'conversation_ended', conversationId: 'c1' },
			],
		],
		[
			'Telegram',
			[
				{ message: { from: { id: 1, is_bot: false }, text: 'Hi', date: 1767600000 } },
				{ message: { from: { id: 2, is_bot: true }, text: 'Hello', date: 1767600001 } },
			],
		],
	])('%s', (_name, value) => {
		expect(linesOf(value)).toEqual(HI);
		expect(linesOf(JSON.stringify(value))).toEqual(HI);
	});
});

it('distinguishes colleague, bot and customer in Chatwoot', () => {
	const person = { id: 9, name: 'Bob', type: 'user' };
	const messages = [
		{
			...{ id: 1, content: 'Hi', message_type: 0, created_at: 1767600000, private: false },
			sender: { id: 5, name: 'Maria', type: 'contact' },
		},
		{
			...{ id: 2, content: 'I am Bob, how can I help?', message_type: 1 },
			...{ created_at: 1767600005, private: false, sender: person },
		},
		{ id: 3, content: 'VIP, be nice', message_type: 1, private: true, sender: person },
		{
			...{ id: 4, content: 'Hello from the bot', message_type: 1 },
			sender: { id: 1, name: 'Bot', type: 'agent_bot' },
		},
		{ id: 5, content: 'Please rate', message_type: 3 },
	];
	const said = ['user: Hi', 'external: I am Bob, how can I help?', 'external: Hello from the bot'];
	expect(linesOf(messages)).toEqual(said);
	const words = ['incoming', 'outgoing', 'activity', 'template'];
	expect(
		linesOf(messages.map((one) => ({ ...one, message_type: words[one.message_type] }))),
	).toEqual(said);
});

it('decodes the markup of Slack', () => {
	const text = 'Hi &amp; bye, mail &lt;me&gt; <mailto:ana@example.com|ana@example.com> <@U1>';
	expect(linesOf([{ type: 'message', user: 'U1', text, ts: '1767600000.0001' }])).toEqual([
		'user: Hi & bye, mail <me> ana@example.com @U1',
	]);
});

it('takes a template for a message of the bot, and a source for no speaker', () => {
	const rows = [
		{ type: 'template', direction: 'outbound', body: 'Your order ships' },
		{ type: 'activity', from: 'customer', text: 'Hi' },
		{ source: 'api', direction: 'inbound', text: 'Thanks' },
	];
	expect(recognizeTranscript(rows)).toMatchObject({
		messages: [
			{ type: 'external', content: 'Your order ships' },
			{ type: 'user', content: 'Hi' },
			{ type: 'user', content: 'Thanks' },
		],
		unrecognized: { count: 0 },
	});
	const doubtful = [{ sender: 'maria', source: 'api', text: 'Hi' }];
	expect(recognizeTranscript(doubtful)).toMatchObject({ messages: [], unrecognized: { count: 1 } });
});
