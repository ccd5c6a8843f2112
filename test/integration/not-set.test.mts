import { run, SEND, START, startConversation, talkdesk, transcriptTo } from './fixtures.mts';

/** What databases, sheets and models give for a missing value. */
const nothing = [null, undefined, '', ' '];

describe.each(nothing)('%j is "not set"', (value) => {
	const items = [{ value, email: 'ann@example.com' }];
	const given = '={{ $json.value }}';

	it('in every field and option of a start', async () => {
		const { error, items: output } = await run(
			{
				...START,
				contactEmail: '={{ $json.email }}',
				contactCenterParameters: {
					name: given,
					phone: given,
					json: given,
					custom: { parameter: [{ name: 'order', value: given }] },
				},
				options: {
					subject: given,
					touchpointId: given,
					idempotencyKey: given,
					transcriptLimit: given,
					timeout: given,
					maxRetries: given,
					maxRetryTime: given,
				},
			},
			{ items },
		);
		expect(error).toBeUndefined();
		expect(output[0]?.json.touchpointId).toBe('local-touchpoint');
		const [{ start } = { start: undefined }] = talkdesk.conversations();
		expect(start).toEqual({
			touchpoint_id: 'local-touchpoint',
			contact_person: { email: 'ann@example.com' },
		});
	});

	it('and does not switch retries off', async () => {
		const conversationId = await startConversation();
		let requests = 0;
		talkdesk.configure({
			faults: ({ route }) =>
				route.endsWith('/messages') && ++requests === 1
					? { kind: 'unavailable', status: 503, when: 'before' }
					: undefined,
		});
		const { error } = await run(
			{
				...SEND,
				options: { maxRetries: given, maxRetryTime: given, attachmentIds: given },
			},
			{ items: [{ conversationId, text: 'Hello', value }] },
		);
		expect(error).toBeUndefined();
		expect(talkdesk.conversation(conversationId)?.messages).toMatchObject([
			{ content: 'Hello', attachments: [] },
		]);
	});
});

describe('an unknown value of a choice is an error that names the parameter', () => {
	const items = [{ word: 'Json' }];

	it('for the source of the transcript, before a conversation is started', async () => {
		const { error } = await run({ ...START, transcriptSource: '={{ $json.word }}' }, { items });
		expect(error?.message).toBe(
			"The 'Transcript Source' parameter must be one of: none, define, json, memory",
		);
		expect(talkdesk.conversations()).toEqual([]);
	});

	it('for the way of sending a transcript', async () => {
		const conversationId = await startConversation();
		const { error } = await run(
			{
				...transcriptTo(conversationId, [{ role: 'user', content: 'Hi' }]),
				sendAs: '={{ $json.word }}',
			},
			{ items },
		);
		expect(error?.message).toBe("The 'Send As' parameter must be one of: message, file");
		expect(talkdesk.conversation(conversationId)?.messages).toEqual([]);
	});
});

it('limits a timeout to the maximum of a timer', async () => {
	const conversationId = await startConversation();
	const { error } = await run(
		{ ...SEND, options: { timeout: 3_000_000_000, maxRetries: 0 } },
		{ items: [{ conversationId, text: 'Hello' }] },
	);
	expect(error).toBeUndefined();
	expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(1);
});

it('replaces half an emoji, as a length limit leaves it, and sends the message', async () => {
	const conversationId = await startConversation();
	const { error } = await run(SEND, { items: [{ conversationId, text: 'ok \ud83d' }] });
	expect(error).toBeUndefined();
	expect(talkdesk.conversation(conversationId)?.messages[0]?.content).toBe('ok \ufffd');
});
