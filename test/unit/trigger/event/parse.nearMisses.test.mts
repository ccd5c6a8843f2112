import { parseEvent } from '../../../../nodes/Talkdesk/trigger/event/parse';
import { ENVELOPE, parseValidEvent, RECEIVED_AT } from '../../../support/events.mts';
describe('times', () => {
	it.each([
		[1767600000000, '2026-01-05T08:00:00.000Z'],
		[1767600000, '2026-01-05T08:00:00.000Z'],
		[1767600000.5, '2026-01-05T08:00:00.500Z'],
		['1767600000000', '2026-01-05T08:00:00.000Z'],
		['1767600000', '2026-01-05T08:00:00.000Z'],
		[1767600000000000, '2026-01-05T08:00:00.000Z'],
		[1767600000000000000, '2026-01-05T08:00:00.000Z'],
		['2026-01-05T09:00:00+01:00', '2026-01-05T09:00:00+01:00'],
	])('%j is %s', (timestamp, time) => {
		expect(parseValidEvent('message_created', { ...ENVELOPE, timestamp }).timestamp).toBe(time);
	});

	it.each([0, -1, 7, 1e30, NaN, Infinity, '5', 'soon', true, {}, []])(
		'%j is ignored',
		(timestamp) => {
			expect(parseValidEvent('message_created', { ...ENVELOPE, timestamp }).timestamp).toBe(
				'2026-02-03T04:05:06.000Z',
			);
		},
	);
});

describe('field names in other spellings', () => {
	it('camelCase, capitals, and hyphens', () => {
		const body = {
			eventType: 'MESSAGE_CREATED',
			conversationId: 'c1',
			Payload: {
				'Message-ID': 'm1',
				createdAt: '2026-01-02T03:04:05.000Z',
				Content: 'Hi',
				authorName: 'Zoe',
			},
		};
		expect(parseValidEvent('events', body)).toEqual({
			event: 'message_created',
			eventId: expect.any(String),
			conversationId: 'c1',
			timestamp: '2026-01-02T03:04:05.000Z',
			text: 'Hi',
			author: { name: 'Zoe', kind: 'unknown' },
			messageId: 'm1',
			attachments: [],
			raw: body,
		});
	});

	it('a null under one spelling does not hide the value under another', () => {
		expect(
			parseValidEvent('events', { ...ENVELOPE, conversation_id: 'c1', conversationId: null })
				.conversationId,
		).toBe('c1');
		const other = { ...ENVELOPE, conversation_id: null, ConversationId: 'c2' };
		expect(parseValidEvent('events', other).conversationId).toBe('c2');
	});

	it('a message in its own object', () => {
		const message = {
			id: 'm1',
			text: 'Hi',
			sender: { role: 'agent', displayName: 'Zoe' },
			files: [{ id: 'a1' }],
		};
		for (const body of [
			{ conversation_id: 'c1', message },
			{ conversation_id: 'c1', payload: { message } },
			{ conversation: { id: 'c1' }, data: { message } },
		]) {
			expect(parseValidEvent('message_created', body)).toMatchObject({
				conversationId: 'c1',
				messageId: 'm1',
				text: 'Hi',
				author: { type: 'agent', name: 'Zoe', kind: 'agent' },
				attachments: [{ id: 'a1' }],
			});
		}
	});

	it.each([
		['AGENT', { type: 'AGENT', kind: 'agent' }],
		['virtual agent', { type: 'virtual agent', kind: 'automated' }],
		['Zoe', { name: 'Zoe', kind: 'unknown' }],
		['Ai Tanaka', { name: 'Ai Tanaka', kind: 'unknown' }],
		['Guest Services', { name: 'Guest Services', kind: 'unknown' }],
		['contact@example.com', { name: 'contact@example.com', kind: 'unknown' }],
		['User 愛', { name: 'User 愛', kind: 'unknown' }],
	])('an author that is the text %j', (author, expected) => {
		const body = { ...ENVELOPE, payload: { content: 'Hi', author } };
		expect(parseValidEvent('message_created', body).author).toEqual(expected);
	});
});

describe('attachments under other names', () => {
	const file = {
		attachment_id: 'a1',
		file_name: 'x.pdf',
		mime_type: 'application/pdf',
		file_size: 12,
		url: 'https://x',
	};
	const expected = [{ id: 'a1', name: 'x.pdf', type: 'application/pdf', size: 12 }];
	it.each([
		['files', { files: [file] }],
		['media', { media: [file] }],
		['an object', { attachment: file }],
		['at the top', undefined],
		[
			'other fields',
			{
				attachments: [
					{
						fileId: 'a1',
						filename: 'x.pdf',
						contentType: 'application/pdf',
						type: 'file',
						size: '12',
					},
				],
			},
		],
		['flat', file],
		['after an empty list', { attachments: [], files: [file] }],
	])('%s', (_what, payload) => {
		const body = payload ? { conversation_id: 'c1', payload } : { conversation_id: 'c1', file };
		expect(parseValidEvent('message_created', body).attachments).toEqual(expected);
	});

	it('ids instead of objects', () => {
		const payload = { content: 'See', attachments: ['a1', 'https://example.com/x.pdf', '', null] };
		const { attachments } = parseValidEvent('message_created', { conversation_id: 'c1', payload });
		expect(attachments).toEqual([{ id: 'a1' }, {}]);
	});

	it('a list of ids', () => {
		const body = { conversation_id: 'c1', payload: { attachment_ids: ['a1', 2, null, ''] } };
		expect(parseValidEvent('message_created', body).attachments).toEqual([
			{ id: 'a1' },
			{ id: '2' },
		]);
	});
});

describe('the text', () => {
	it.each([
		[{ content: { text: 'Hello', format: 'html' } }],
		[{ content: [{ type: 'text', text: 'Hello' }] }],
		[{ content: { type: 'text', text: 'Hello' } }],
		[{ text: 'Hello' }],
		[{ message: 'Hello' }],
		[{ body: 'Hello' }],
		[{ message: { content: 'Hello' } }],
		[{ content: null, text: 'Hello' }],
		[{ content: '', body: { plain: 'Hello', html: '<p>Hello</p>' } }],
		[{ content: '  ', message: { text: 'Hello' } }],
		[{ content: { type: 'image', url: 'https://x' }, text: 'Hello' }],
		[{ content: '<p>Hello</p>' }],
		[{ content: { body: { value: 'Hello' } } }],
		[
			{
				content: {
					type: 'doc',
					content: [
						{
							type: 'paragraph',
							content: [
								{ type: 'text', text: 'Hel' },
								{ type: 'text', text: 'lo' },
							],
						},
					],
				},
			},
		],
		[{ content: [{ type: 'paragraph', children: [{ text: 'Hel', bold: true }, { text: 'lo' }] }] }],
		[{ content: { ops: [{ insert: 'Hel' }, { insert: 'lo\n' }] } }],
	])('is found in %j', (payload) => {
		expect(parseValidEvent('message_created', { conversation_id: 'c1', payload }).text).toBe(
			'Hello',
		);
		expect(parseValidEvent('message_created', { conversation_id: 'c1', ...payload }).text).toBe(
			'Hello',
		);
	});

	it.each([
		['JSON text', '{"content":"Hello","author":{"type":"AGENT","name":"Zoe"}}'],
		['a list of one', [{ content: 'Hello', author: { type: 'AGENT', name: 'Zoe' } }]],
	])('is found, with the author, in a payload that is %s', (_what, payload) => {
		expect(parseValidEvent('message_created', { ...ENVELOPE, payload })).toMatchObject({
			text: 'Hello',
			author: { name: 'Zoe', kind: 'agent' },
		});
	});

	it('is the text of all entries if the payload is a list', () => {
		const payload = [{ content: 'Hel' }, 'lo'];
		expect(parseValidEvent('message_created', { ...ENVELOPE, payload }).text).toBe('Hel\nlo');
	});

	it.each(['{ is a brace', '{"a":', 'Hello'])('is the payload itself if that is %j', (payload) => {
		expect(parseValidEvent('message_created', { ...ENVELOPE, payload }).text).toBe(payload);
	});

	it('may be a number', () => {
		expect(
			parseValidEvent('message_created', { conversation_id: 'c1', payload: { content: 7 } }).text,
		).toBe('7');
	});

	it('has one line for each part of a list, and for each paragraph', () => {
		const content = [
			{ type: 'text', text: 'One' },
			{ type: 'image' },
			{ type: 'text', text: 'Two' },
		];
		const paragraph = (text: string) => ({ type: 'paragraph', content: [{ type: 'text', text }] });
		const doc = { type: 'doc', content: [paragraph('One'), paragraph('Two')] };
		for (const found of [content, doc]) {
			expect(
				parseValidEvent('message_created', { conversation_id: 'c1', payload: { content: found } })
					.text,
			).toBe('One\nTwo');
		}
	});

	it('of rich text is plain, and `raw` keeps the original', () => {
		const body = {
			conversation_id: 'c1',
			payload: { content: '<p>Hi <b>Maria</b> &amp; Co<br></p>' },
		};
		expect(parseValidEvent('message_created', body)).toMatchObject({
			text: 'Hi Maria & Co',
			raw: body,
		});
	});

	it.each([
		{},
		{ content: {} },
		{ content: [] },
		{ content: '<p><br></p>' },
		{ content: ' ' },
		{ url: 'x' },
	])('is missing in %j, which is a warning', (payload) => {
		const result = parseEvent('message_created', { conversation_id: 'c1', payload }, RECEIVED_AT);
		expect(result).toMatchObject({ ok: true, warning: expect.stringContaining('No text') });
		expect(result).not.toHaveProperty('event.text');
	});
});
