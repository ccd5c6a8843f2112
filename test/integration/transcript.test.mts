import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';

import {
	run,
	sentTranscript,
	START,
	startConversation,
	talkdesk,
	transcriptTo,
} from './fixtures.mts';

describe('the transcript', () => {
	it('is read from a connected memory, complete and in order', async () => {
		const memory = Array.from({ length: 200 }, (_, index) =>
			index % 2 === 0 ? new HumanMessage(`question ${index}`) : new AIMessage(`answer ${index}`),
		);
		const { items, error } = await run(
			{ ...START, transcriptSource: 'memory' },
			{ memory: [new SystemMessage('Be nice'), ...memory] },
		);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ transcriptMessages: 200, transcriptMessagesOmitted: 0 });
		expect(sentTranscript()).toEqual(
			memory.map((_, index) =>
				index % 2 ? `external: answer ${index}` : `user: question ${index}`,
			),
		);
	});

	it('is an error if no memory is connected', async () => {
		const { error } = await run({ ...START, transcriptSource: 'memory' });
		expect(error?.message).toBe('A Memory sub-node must be connected and enabled');
		expect(error?.description).toContain('Tools have no such input');
		expect(talkdesk.counts().routes).toEqual({});
	});

	it('is entered by hand', async () => {
		await run({
			...START,
			transcriptSource: 'define',
			transcriptMessages: {
				message: [
					{ type: 'user', content: 'Hi', created_at: '2026-01-01T10:00:00' },
					{ type: 'external', content: '={{ "Hel" + "lo" }}', created_at: '' },
				],
			},
		});
		expect(sentTranscript()).toEqual(['user: Hi', 'external: Hello']);
	});

	it('is limited to the newest messages, and counts the others', async () => {
		const { items } = await run({
			...START,
			transcriptSource: 'json',
			transcript: ['a', 'b', 'c'].map((content) => ({ role: 'user', content })),
			options: { transcriptLimit: 2 },
		});
		expect(items[0]?.json).toMatchObject({ transcriptMessages: 2, transcriptMessagesOmitted: 1 });
		expect(sentTranscript()).toEqual(['user: b', 'user: c']);
	});

	it.each(['lower', 'upper', 'either'] as const)(
		'is accepted by a Talkdesk that spells its types in %s case, and the spelling is remembered',
		async (messageTypeSpelling) => {
			talkdesk.configure({ messageTypeSpelling });
			const parameters = {
				...START,
				transcriptSource: 'json',
				transcript: [{ role: 'user', content: 'Hi' }],
			};
			for (const executionId of ['1', '2', '3']) {
				const { error } = await run(parameters, { executionId });
				expect(error).toBeUndefined();
			}
			expect(talkdesk.counts().conversationsStarted).toBe(3);
			expect(talkdesk.counts().routes['POST /api/digital-connect/conversations']).toBe(
				messageTypeSpelling === 'upper' ? 4 : 3,
			);
		},
	);

	it('fails with the first error, not with that of the other spelling', async () => {
		const refusal = (description: string) => ({
			status: 400,
			body: {
				code: '1',
				message: 'Invalid request',
				fields: [{ name: 'previous_messages[0]', description }],
			},
		});
		talkdesk.configure({
			answers: ({ route }) => {
				if (!route.endsWith('/conversations')) return undefined;
				const isFirst = talkdesk.counts().routes[route] === 1;
				return refusal(isFirst ? 'content is too long' : 'type is not one of user, external');
			},
		});
		const transcript = [{ role: 'user', content: 'Hi' }];
		const { error } = await run({ ...START, transcriptSource: 'json', transcript });
		expect(error?.description).toContain('content is too long');
	});

	it('is sent to an open conversation in parts, in order, and once', async () => {
		const conversationId = await startConversation();
		const transcript = Array.from({ length: 20 }, (_, index) => ({
			role: index % 2 ? 'assistant' : 'user',
			content: `message ${index} ${'x'.repeat(60)}`,
		}));
		const parameters = transcriptTo(conversationId, transcript, { messageLength: 200 });
		const { items, error } = await run(parameters);
		expect(error).toBeUndefined();
		const messages = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(messages).toHaveLength(10);
		const lines = messages.flatMap(({ content }) => content?.split('\n') ?? []);
		expect(lines.map((line) => line.slice(0, 19).trim())).toEqual(
			Array.from({ length: 20 }, (_, index) =>
				`${index % 2 ? 'Bot' : 'Customer'}: message ${index} xxxx`.slice(0, 19).trim(),
			),
		);
		expect(items[0]?.json).toEqual({
			conversationId,
			conversationEnded: false,
			messageId: messages.at(-1)?.id,
			createdAt: messages.at(-1)?.createdAt,
			messageIds: messages.map(({ id }) => id),
			attachments: [],
			transcriptMessages: 20,
			transcriptMessagesOmitted: 0,
			transcriptMessagesUnrecognized: 0,
		});
		await run(parameters);
		expect(talkdesk.counts().messagesStored).toBe(10);
	});

	it.each([{}, { idempotencyKey: 'mine' }])(
		'is sent completely if its parts are equal, with the options %j',
		async (options) => {
			const conversationId = await startConversation();
			const transcript = Array.from({ length: 4 }, () => ({
				role: 'user',
				content: 'x'.repeat(80),
			}));
			const { error } = await run(
				transcriptTo(conversationId, transcript, { messageLength: 100, ...options }),
			);
			expect(error).toBeUndefined();
			expect(talkdesk.conversation(conversationId)?.messages).toHaveLength(4);
		},
	);

	it('is sent again if the same run and item have another one, as an AI agent may', async () => {
		const conversationId = await startConversation();
		for (const content of ['Hello', 'Goodbye']) {
			await run(transcriptTo(conversationId, [{ role: 'user', content }]));
		}
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('is not sent if it is empty', async () => {
		const conversationId = await startConversation();
		const { error } = await run(transcriptTo(conversationId, [{ role: 'system', content: 'x' }]));
		expect(error?.message).toBe('The transcript is empty');
		expect(error?.description).toContain('no message of the customer or the bot');
		expect(error).toMatchObject({ context: { itemIndex: 0 } });
	});

	it('is reversed if it is newest first, and the limit keeps the newest', async () => {
		const rows = [3, 2, 1].map((second) => ({
			...{ role: 'user', content: `said ${second}` },
			created_at: `2026-01-05 10:00:0${second}`,
		}));
		const parameters = { ...START, transcriptSource: 'json', transcript: rows };
		await run({ ...parameters, options: { transcriptLimit: 2 } });
		expect(sentTranscript()).toEqual(['user: said 2', 'user: said 3']);
		const untimed = rows.map(({ role, content }) => ({ role, content }));
		await run(
			{ ...parameters, transcript: untimed, options: { transcriptOrder: 'newestFirst' } },
			{ executionId: 'execution-2' },
		);
		expect(sentTranscript()).toEqual(['user: said 1', 'user: said 2', 'user: said 3']);
	});
});
