import { run, SEND, startConversation, talkdesk } from './fixtures.mts';

describe('message: send', () => {
	it("sends the customer's text into the conversation", async () => {
		const conversationId = await startConversation();
		const { items } = await run(SEND, { items: [{ conversationId, text: 'Are you there?' }] });
		const [message] = talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message).toMatchObject({ from: 'customer', content: 'Are you there?' });
		expect(items[0]).toEqual({
			json: {
				conversationId,
				messageId: message?.id,
				createdAt: message?.createdAt,
				attachments: [],
				conversationEnded: false,
			},
			pairedItem: { item: 0 },
		});
	});

	it('keeps the order of the items', async () => {
		const conversationId = await startConversation();
		const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
		await run(SEND, { items: texts.map((text) => ({ conversationId, text })) });
		expect(talkdesk.conversation(conversationId)?.messages.map(({ content }) => content)).toEqual(
			texts,
		);
	});

	it('sends a message once if n8n repeats it, but the same text of another item again', async () => {
		const conversationId = await startConversation();
		const items = [
			{ conversationId, text: 'yes' },
			{ conversationId, text: 'yes' },
		];
		await run(SEND, { items });
		await run(SEND, { items });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('sends another text of the same run and item, as an AI agent may', async () => {
		const conversationId = await startConversation();
		await run(SEND, { items: [{ conversationId, text: 'yes' }] });
		await run(SEND, { items: [{ conversationId, text: 'no' }] });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('explains that the conversation has ended', async () => {
		const conversationId = await startConversation();
		await talkdesk.agent.end(conversationId);
		const { error } = await run(SEND, { items: [{ conversationId, text: 'hello?' }] });
		expect(error?.message).toContain('Talkdesk could not send the message');
		expect(error?.description).toContain('3016011');
		expect(error?.description).toContain('Start a new conversation');
	});

	it.each([
		[{ text: 'x' }, 'Conversation ID'],
		[{ conversationId: 'c' }, 'Text'],
		[{ conversationId: 'c', text: '  \n' }, 'Text'],
	])('rejects %j', async (item, parameter) => {
		const { error } = await run(SEND, { items: [item] });
		expect(error?.message).toContain(`The '${parameter}' parameter is empty`);
	});

	it('keeps an id with a slash inside its URL segment', async () => {
		const { error } = await run(SEND, { items: [{ conversationId: '../x', text: 'x' }] });
		expect(error).toMatchObject({ httpCode: '404' });
		expect(Object.keys(talkdesk.counts().routes)).toContain(
			'POST /api/digital-connect/conversations/:id/messages',
		);
	});
});
