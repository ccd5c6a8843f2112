import { run, SEND, START, started, talkdesk } from './local.mts';

/** What databases, sheets, and models give for "nothing". */
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

	it('so retries are not switched off', async () => {
		const conversationId = await started();
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

it('half an emoji, as a length limit leaves it, costs the emoji and not the message', async () => {
	const conversationId = await started();
	const { error } = await run(SEND, { items: [{ conversationId, text: 'ok \ud83d' }] });
	expect(error).toBeUndefined();
	expect(talkdesk.conversation(conversationId)?.messages[0]?.content).toBe('ok \ufffd');
});
