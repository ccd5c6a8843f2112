import { run, SEND, started, talkdesk } from './fixtures.mts';

describe('message: send', () => {
	it("sends the customer's text into the conversation", async () => {
		const conversationId = await started();
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
		const conversationId = await started();
		const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
		await run(SEND, { items: texts.map((text) => ({ conversationId, text })) });
		expect(talkdesk.conversation(conversationId)?.messages.map(({ content }) => content)).toEqual(
			texts,
		);
	});

	it('sends a message once where n8n repeats it, and the same words of another item as well', async () => {
		const conversationId = await started();
		const items = [
			{ conversationId, text: 'yes' },
			{ conversationId, text: 'yes' },
		];
		await run(SEND, { items });
		await run(SEND, { items });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('sends other words of the same run and item as well: an AI agent may do that', async () => {
		const conversationId = await started();
		await run(SEND, { items: [{ conversationId, text: 'yes' }] });
		await run(SEND, { items: [{ conversationId, text: 'no' }] });
		expect(talkdesk.counts().messagesStored).toBe(2);
	});

	it('says with a kind that the conversation has ended', async () => {
		const conversationId = await started();
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
	])('refuses %j', async (item, parameter) => {
		const { error } = await run(SEND, { items: [item] });
		expect(error?.message).toContain(`The '${parameter}' parameter is empty`);
	});

	it('keeps an id with a slash inside its segment of the URL', async () => {
		const { error } = await run(SEND, { items: [{ conversationId: '../x', text: 'x' }] });
		expect(error).toMatchObject({ httpCode: '404' });
		expect(Object.keys(talkdesk.counts().routes)).toContain(
			'POST /api/digital-connect/conversations/:id/messages',
		);
	});
});
