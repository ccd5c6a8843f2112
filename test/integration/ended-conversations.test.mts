import {
	contents,
	run,
	SEND,
	SEND_ROUTE,
	startConversation,
	talkdesk,
	transcriptTo,
	TWO_PARTS,
} from './fixtures.mts';
import { textFile } from './sample-files.mts';

const endedConversation = async () => {
	const conversationId = await startConversation();
	await talkdesk.agent.end(conversationId);
	return conversationId;
};
const send = async (conversationId: string, options: object, text = 'One more thing') =>
	await run(
		{ ...SEND, options: { ...options } },
		{ items: [{ conversationId, text }], executionId: `sending ${text}` },
	);
const startNew = { ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' };

describe('a message to a conversation that has ended', () => {
	it('is an error with a remedy', async () => {
		const { error } = await send(await endedConversation(), {});
		expect(error?.message).toContain('has already ended');
		expect(error?.description).toContain('Start a new conversation');
		expect(error?.description).toContain('If Conversation Has Ended');
	});

	it('is a result with Continue', async () => {
		const conversationId = await endedConversation();
		const { items, error } = await send(conversationId, { ifConversationEnded: 'continue' });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toEqual({ conversationId, conversationEnded: true, attachments: [] });
	});

	it('starts a new one with the same contact, and sends the message there', async () => {
		const conversationId = await endedConversation();
		const { items } = await send(conversationId, startNew);
		expect(items[0]?.json).toMatchObject({
			previousConversationId: conversationId,
			conversationEnded: false,
			messageId: expect.any(String),
		});
		const [, successor] = talkdesk.conversations();
		expect(successor?.id).toBe(items[0]?.json.conversationId);
		expect(successor?.start.contact_person.email).toBe('ann@example.com');
		expect(contents(successor?.id)).toEqual(['One more thing']);
	});

	it('starts a single new one for several late messages', async () => {
		const conversationId = await endedConversation();
		for (const text of ['one', 'two', 'three']) await send(conversationId, startNew, text);
		expect(talkdesk.conversations()).toHaveLength(2);
		expect(contents(talkdesk.conversations()[1]?.id)).toEqual(['one', 'two', 'three']);
	});

	it('follows successors that have ended too', async () => {
		const conversationId = await endedConversation();
		const first = await send(conversationId, startNew, 'one');
		await talkdesk.agent.end(String(first.items[0]?.json.conversationId));
		const second = await send(conversationId, startNew, 'two');
		expect(talkdesk.conversations()).toHaveLength(3);
		expect(second.items[0]?.json.previousConversationId).toBe(conversationId);
		expect(contents(second.items[0]?.json.conversationId)).toEqual(['two']);
	});

	it('follows a limited number of successors', async () => {
		const conversationId = await endedConversation();
		talkdesk.configure({
			faults: ({ route }) =>
				route.endsWith('/messages') ? { kind: 'conversationEnds' } : undefined,
		});
		const { error } = await send(conversationId, startNew);
		expect(error?.message).toBe('10 conversations in a row have ended');
		expect(error?.description).toContain('Store the conversationId of the output');
		expect(error).toMatchObject({ context: { itemIndex: 0 } });
		expect(talkdesk.conversations()).toHaveLength(11);
	});

	it.each([
		[{ ifConversationEnded: 'startNew' }, "Contact Email' parameter is empty"],
		[{ ...startNew, contactEmail: 'ann' }, "Contact Email' parameter is not a valid email address"],
	])('needs the contact for that, even if the old one is open: %j', async (options, message) => {
		const { error } = await send(await startConversation(), options);
		expect(error?.message).toContain(message);
	});

	it('is sent with its files', async () => {
		const conversationId = await endedConversation();
		const { items } = await run(
			{ ...SEND, inputDataFieldNames: 'data', options: startNew },
			{
				items: [{ conversationId, text: '' }],
				files: { data: textFile('a.txt') },
			},
		);
		expect(items[0]?.json.attachments).toMatchObject([{ name: 'a.txt', outcome: 'sent' }]);
		const { messages = [] } = talkdesk.conversation(String(items[0]?.json.conversationId)) ?? {};
		expect(messages[0]?.attachments).toMatchObject([{ name: 'a.txt' }]);
	});

	it('reports its files as not sent', async () => {
		const { items } = await run(
			{ ...SEND, inputDataFieldNames: 'data', options: { ifConversationEnded: 'continue' } },
			{
				items: [{ conversationId: await endedConversation(), text: '' }],
				files: { data: textFile('a.txt') },
			},
		);
		expect(items[0]?.json.attachments).toMatchObject([{ name: 'a.txt', outcome: 'notSent' }]);
	});

	it('sends no further parts of a transcript with Continue', async () => {
		const conversationId = await endedConversation();
		const { items } = await run(
			transcriptTo(conversationId, TWO_PARTS.transcript, {
				...TWO_PARTS.options,
				ifConversationEnded: 'continue',
			}),
		);
		expect(items[0]?.json).toMatchObject({ conversationEnded: true, messageIds: [] });
		expect(talkdesk.counts().routes[SEND_ROUTE]).toBe(1);
	});

	it('sends a whole transcript to the new one', async () => {
		const conversationId = await endedConversation();
		const { items } = await run(
			transcriptTo(conversationId, TWO_PARTS.transcript, { ...TWO_PARTS.options, ...startNew }),
		);
		expect(items[0]?.json).toMatchObject({ previousConversationId: conversationId });
		expect(contents(items[0]?.json.conversationId)).toHaveLength(2);
	});
});
