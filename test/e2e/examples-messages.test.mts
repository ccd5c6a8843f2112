import { arrives, environment, handOver } from './examples-channels-fixtures.mts';

/** Waits until a text has arrived, and the executions before it have ended. */
async function reaches(example: string, id: string, text: string): Promise<void> {
	await arrives(id, text);
	await environment.quiet(environment.workflowIdOf(example));
}

const text = (body: string) => ({ type: 'text', text: { body } });
const titled = (type: string) => ({
	type: 'interactive',
	interactive: { type, [type]: { id: 'yes', title: 'Yes' } },
});

describe('WhatsApp', () => {
	const EXAMPLE = 'whatsapp-hand-off';
	const handedOver = async (name: string, userId?: string) => {
		const person = environment.whatsApp.person(name, userId);
		return { person, id: await handOver(EXAMPLE, 'whatsapp', person) };
	};

	it('separates two people who hide their phone numbers', async () => {
		const [ana, ben] = [await handedOver('Ana', 'US.901'), await handedOver('Ben', 'US.902')];
		expect(ben.id).not.toBe(ana.id);
		const parameters = JSON.stringify(
			environment.talkdesk.conversation(ana.id)?.start.context_parameters,
		);
		expect(parameters).toContain('Ana');
		expect(parameters).not.toContain('contact_phone');
		await ana.person.says('I am Ana');
		await ben.person.says('I am Ben');
		await reaches(EXAMPLE, ana.id, 'I am Ana');
		await reaches(EXAMPLE, ben.id, 'I am Ben');
		expect(environment.saidIn(ana.id)).toEqual(['I am Ana']);
		await environment.talkdesk.agent.join(ben.id, { name: 'Zoe' });
		await environment.talkdesk.agent.say(ben.id, 'to Ben', {
			files: [{ name: 'ben.pdf', type: 'application/pdf', content: Buffer.from('Ben') }],
		});
		await ben.person.reads((read) => read.text.endsWith('to Ben'), 'his answer');
		await ben.person.reads((read) => read.file?.name === 'ben.pdf', 'his file');
		expect(JSON.stringify(ana.person.read)).not.toContain('to Ben');
	}, 60_000);

	it('accepts a person without a number, whose call has neither from nor wa_id', async () => {
		const person = environment.whatsApp.person('Cleo', 'US.903');
		await environment.whatsApp.brings({
			contacts: [{ profile: { name: 'Cleo' }, user_id: 'US.903' }],
			messages: [{ id: 'wamid.cleo', ...text('A human, please') }],
		});
		await person.reads((read) => read.text.startsWith('I am connecting you'), 'the answer');
	}, 60_000);

	it('fails with an explanation if a message has no sender', async () => {
		await environment.whatsApp.brings({
			contacts: [],
			messages: [{ id: 'wamid.nobody', from: '', ...text('A human, please') }],
		});
		const failed = await environment.n8n.api.waitForExecution(
			({ status }) => status === 'error',
			30_000,
			{ workflowId: environment.workflowIdOf(EXAMPLE) },
		);
		expect(failed.data.resultData.error?.message).toContain('neither a phone number nor a user ID');
	}, 60_000);

	it('sends every message of a call, in order, to its conversation', async () => {
		const [dora, emil] = [await handedOver('Dora'), await handedOver('Emil')];
		await environment.whatsApp.brings(
			dora.person.value(text('My order'), text('is broken')),
			emil.person.value(text('I am Emil')),
		);
		await reaches(EXAMPLE, emil.id, 'I am Emil');
		await reaches(EXAMPLE, dora.id, 'is broken');
		expect(environment.saidIn(dora.id)).toEqual(['My order', 'is broken']);
		expect(environment.saidIn(emil.id)).toEqual(['I am Emil']);
		// Two people in one change, one of them without a conversation.
		const fred = environment.whatsApp.person('Fred');
		const values = [fred.value(text('When are you open?')), dora.person.value(text('Hello?'))];
		await environment.whatsApp.brings({
			contacts: values.flatMap(({ contacts }) => contacts).reverse(),
			messages: values.flatMap(({ messages }) => messages),
		});
		await fred.reads((read) => read.text.startsWith('We are open'), 'the bot');
		await reaches(EXAMPLE, dora.id, 'Hello?');
	}, 60_000);

	it('hands over once with all messages of a call', async () => {
		const gina = environment.whatsApp.person('Gina');
		await environment.whatsApp.brings(gina.value(text('A human, please'), text('It is urgent')));
		const id = await environment.conversationIn(
			EXAMPLE,
			(start) => start.contact_person.email === `whatsapp-${gina.id}@customers.example.com`,
		);
		await environment.quiet(environment.workflowIdOf(EXAMPLE));
		const transcript = environment.talkdesk.conversation(id)?.start.previous_messages ?? [];
		expect(transcript.filter(({ type }) => type === 'user').map(({ content }) => content)).toEqual([
			'A human, please',
			'It is urgent',
		]);
		expect(gina.read.map((read) => read.text)).toEqual([
			expect.stringMatching(/^I am connecting you/),
		]);
		await gina.says('Are you there?');
		await reaches(EXAMPLE, id, 'Are you there?');
	}, 60_000);

	it('sends a file with its own message', async () => {
		const { person, id } = await handedOver('Hugo');
		const content = Buffer.from('the bill');
		await person.says('My bill', { file: { name: 'bill.txt', type: 'text/plain', content } });
		await reaches(EXAMPLE, id, 'My bill');
		const [message] = environment.talkdesk.conversation(id)?.messages ?? [];
		expect(message?.attachments).toHaveLength(1);
		// A file and a text in one call: the text is sent without the file.
		const mediaId = environment.whatsApp.keeps({ name: 'two.txt', type: 'text/plain', content });
		await environment.whatsApp.brings(
			person.value(
				{ type: 'document', document: { id: mediaId, filename: 'two.txt' } },
				text('Got it?'),
			),
		);
		await reaches(EXAMPLE, id, 'Got it?');
		expect(environment.talkdesk.conversation(id)?.messages.at(-2)?.attachments).toHaveLength(1);
		expect(environment.talkdesk.conversation(id)?.messages.at(-1)?.attachments ?? []).toEqual([]);
	}, 60_000);

	it('sends other kinds of messages as text, and ignores events that are no messages', async () => {
		const { person, id } = await handedOver('Ines');
		const read = person.read.length;
		const silent = [
			{ type: 'reaction', reaction: { message_id: 'w1', emoji: '\u{1F44D}' } },
			{ type: 'unsupported', errors: [{ code: 131051 }] },
			{ type: 'system', system: { body: 'Ines changed her number', type: 'user_changed_number' } },
			{ type: 'something_new', something_new: { id: 'x' } },
		];
		for (const content of silent) await person.does(content);
		await environment.whatsApp.brings({ statuses: [{ id: 'wamid.1', status: 'read' }] });
		await person.does(titled('button_reply'));
		await person.does(titled('list_reply'));
		await person.does({ type: 'button', button: { payload: 'p', text: 'Stop' } });
		await person.does({
			type: 'location',
			location: { latitude: 1.5, longitude: -2, name: 'Office', address: '1 Main St' },
		});
		await person.does({
			type: 'contacts',
			contacts: [{ name: { formatted_name: 'Jo Doe' }, phones: [{ phone: '+1555' }] }],
		});
		await person.does(text('That is all'));
		await reaches(EXAMPLE, id, 'That is all');
		expect(environment.saidIn(id).toSorted()).toEqual(
			[
				'Yes',
				'Yes',
				'Stop',
				'(Location: Office, 1 Main St, https://maps.google.com/?q=1.5,-2)',
				'(Contact: Jo Doe, +1555)',
				'That is all',
			].toSorted(),
		);
		expect(person.read.slice(read)).toEqual([]);
	}, 60_000);
});

describe('Slack', () => {
	const EXAMPLE = 'slack-hand-off';

	it("sends readable text instead of Slack's markup", async () => {
		const person = environment.slack.person('Kim');
		const id = await handOver(EXAMPLE, 'slack', person);
		await person.does({
			text: 'Hi &amp; bye, mail &lt;me&gt; <mailto:ana@example.com|ana@example.com> <@U1> <@U2|bob> <#C1|help> <!here> <http://example.com/?a=1&amp;b=2|the shop> <https://example.com>',
		});
		await reaches(
			EXAMPLE,
			id,
			'Hi & bye, mail <me> ana@example.com @U1 @bob #help @here the shop (http://example.com/?a=1&b=2) https://example.com',
		);
	}, 60_000);

	it('ignores edited and deleted messages, and those of apps', async () => {
		const person = environment.slack.person('Lea');
		const id = await handOver(EXAMPLE, 'slack', person);
		const read = person.read.length;
		await person.does({ subtype: 'message_changed', message: { text: 'edited' } });
		await person.does({ subtype: 'message_deleted', text: 'deleted' });
		await person.does({ subtype: 'bot_message', text: 'of a bot' });
		await person.does({ bot_id: 'B9', text: 'of an app' });
		await person.says('of Lea');
		await reaches(EXAMPLE, id, 'of Lea');
		expect(environment.saidIn(id)).toEqual(['of Lea']);
		expect(person.read.slice(read)).toEqual([]);
	}, 60_000);
});

describe('Telegram', () => {
	const EXAMPLE = 'telegram-hand-off';

	it('hands over a group, whose number is negative', async () => {
		const group = environment.telegram.person('Team', true);
		const id = await handOver(EXAMPLE, 'telegram', group);
		expect(environment.talkdesk.conversation(id)?.start.contact_person.email).toBe(
			`telegram-${group.id}@customers.example.com`,
		);
	}, 60_000);

	it('sends other kinds of messages as text, and ignores events that are no messages', async () => {
		const person = environment.telegram.person('Mia');
		const id = await handOver(EXAMPLE, 'telegram', person);
		const read = person.read.length;
		await person.does({ new_chat_title: 'Ours' });
		await person.does({ pinned_message: { text: 'old' } });
		await person.does({ location: { latitude: 1.5, longitude: -2 } });
		await person.does({ contact: { first_name: 'Jo', phone_number: '+1555' } });
		await person.does({ sticker: { emoji: '\u{1F600}', file_id: 's' } });
		await person.says('That is all');
		await reaches(EXAMPLE, id, 'That is all');
		expect(environment.saidIn(id).toSorted()).toEqual(
			[
				'(Location: https://maps.google.com/?q=1.5,-2)',
				'(Contact: Jo, +1555)',
				'\u{1F600}',
				'That is all',
			].toSorted(),
		);
		expect(person.read.slice(read)).toEqual([]);
	}, 60_000);
});
