import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import type { Environment } from './environment.mts';

type Speaker = 'customer' | 'bot' | 'agent' | 'note';
export type Say = (speaker: Speaker, text: string) => void;

function expectThat(condition: boolean, what: string): asserts condition {
	if (!condition) throw new Error(`The conversation failed: ${what}`);
}

/** Waits for the newest conversation of a customer. */
export const conversationOf = async (talkdesk: TalkdeskSimulator, email: string) =>
	await talkdesk.waitFor(
		() => talkdesk.conversations().findLast(({ start }) => start.contact_person.email === email),
		{ what: `the conversation of ${email}` },
	);

/**
 * Plays a whole conversation: bot, human, bot again.
 *
 * @param say is called for each message
 * @throws the first failed expectation
 */
export async function playConversation({ talkdesk, chat }: Environment, say: Say): Promise<void> {
	const email = 'ann@example.com';
	const ann = chat.customer({ sessionId: `ann-${Date.now()}`, email, name: 'Ann' });
	const askBot = async (text: string) => {
		say('customer', text);
		const answer = await ann.says(text);
		if (answer.reply) say('bot', answer.reply);
		return answer;
	};

	const first = await askBot('Hello! When are you open?');
	expectThat(first.handledBy === 'bot', 'the bot should have answered');
	const second = await askBot('Could I talk to a human, please?');
	expectThat(second.handledBy === 'human', 'the bot should have handed over');

	const conversation = await conversationOf(talkdesk, email);
	say('note', `Talkdesk has conversation ${conversation.id}. The agent sees:`);
	const transcript = conversation.start.previous_messages ?? [];
	for (const { type, content } of transcript) {
		say('note', `   ${type.toLowerCase() === 'user' ? 'customer' : 'bot'}: ${content}`);
	}
	expectThat(transcript.length === 4, 'the agent should see four messages');

	await talkdesk.agent.join(conversation.id, { name: 'Zoe' });
	const greeting = 'Hello Ann, this is Zoe. How can I help?';
	say('agent', greeting);
	await talkdesk.agent.say(conversation.id, greeting);
	const { joined } = await ann.hears(({ text }) => text === greeting, "the agent's words");
	expectThat(joined === true, 'Zoe should have joined with her first words');
	say('note', '   (Ann has read it, and that Zoe has joined)');

	const question = 'Where is my order 4711?';
	say('customer', question);
	const third = await ann.says(question);
	expectThat(third.handledBy === 'human' && !third.reply, 'the bot should have been silent');
	await talkdesk.waitFor(
		() =>
			talkdesk.conversation(conversation.id)?.messages.some(({ content }) => content === question),
		{ what: "the customer's words in Talkdesk" },
	);
	say('note', '   (Zoe has read it)');

	const goodbye = 'It arrives tomorrow. Have a nice day!';
	say('agent', goodbye);
	await talkdesk.agent.say(conversation.id, goodbye);
	await ann.hears(({ text }) => text === goodbye, "the agent's last words");

	await talkdesk.agent.end(conversation.id);
	say('note', 'The agent ends the conversation.');
	say('bot', (await ann.hears(({ from }) => from === 'bot', 'the bot to be back')).text);

	const last = await askBot('Thank you! And on Sundays, are you open?');
	expectThat(last.handledBy === 'bot', 'the bot should be back');
}
