import type { Channel } from '../tools/demo/channels/stand-in.mts';
import type { EventName } from '../simulator/contract.mts';
import { arrives, environment, handOver } from './examples-channels-fixtures.mts';

const SPECIAL = 'Is 5 < 6 & _that_ *all*? Costs: 1 > 0.';

describe.each([
	{ name: 'telegram-hand-off', channelOf: (): Channel => environment.telegram, key: 'telegram' },
	{ name: 'whatsapp-hand-off', channelOf: (): Channel => environment.whatsApp, key: 'whatsapp' },
	{ name: 'slack-hand-off', channelOf: (): Channel => environment.slack, key: 'slack' },
])('$name', ({ name, channelOf, key }) => {
	/** A person who has been handed over, before an agent joins. */
	async function handedOver(who: string) {
		const person = channelOf().person(who);
		return { person, id: await handOver(name, key, person) };
	}

	it('goes from the bot to a human and back', async () => {
		const person = channelOf().person('Ann');
		await person.says('When are you open?');
		await person.reads(({ text }) => text.startsWith('We are open'), 'the opening hours');
		await person.says('I want to talk to a human');
		await person.reads(({ text }) => text.startsWith('I am connecting'), 'that a human comes');

		const id = await environment.conversationIn(name);
		const { start } = environment.talkdesk.conversation(id) ?? {};
		expect(start?.contact_person.email).toBe(`${key}-${person.id}@customers.example.com`);
		expect(JSON.stringify(start?.context_parameters)).toContain('Ann');
		expect(start?.previous_messages?.map(({ content }) => content)).toEqual([
			'When are you open?',
			expect.stringMatching(/^We are open/),
			'I want to talk to a human',
			expect.stringMatching(/^I am connecting/),
		]);

		await environment.talkdesk.agent.join(id, { name: 'Zoe <3' });
		await environment.talkdesk.agent.say(id, SPECIAL);
		await person.reads(
			({ text }) => text === `Zoe <3 has joined the chat.\n${SPECIAL}`,
			'that Zoe has joined, and her words as they are',
		);
		await environment.talkdesk.agent.say(id, 'Once more');
		await person.reads(({ text }) => text === 'Once more', 'words alone');
		await person.says(SPECIAL);
		await arrives(id, SPECIAL);

		await environment.talkdesk.agent.end(id);
		await person.reads(({ text }) => text.includes('I am your bot again'), 'the end');
		await person.says('Thank you');
		await person.reads(({ text }) => text.startsWith('I am a bot'), 'the bot');
		expect(environment.saidIn(id)).toEqual([SPECIAL]);
	}, 60_000);

	it('goes back to the bot when the customer wants it, and says so once', async () => {
		const { person, id } = await handedOver('Kai');
		await person.says('Hello?');
		await arrives(id, 'Hello?');
		await person.says('END');
		await person.reads(({ text }) => text.startsWith('You have left'), 'the end');
		expect(environment.talkdesk.conversation(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		await person.says('When are you open?');
		await person.reads(({ text }) => text.startsWith('We are open'), 'the bot');
		await environment.quiet(environment.workflowIdOf(name));
		expect(person.read.filter(({ text }) => text.includes('I am your bot again'))).toHaveLength(1);
	}, 60_000);

	it('says that a human is there when one has written, and not before', async () => {
		const { person, id } = await handedOver('Lou');
		const read = person.read.length;
		const happens = async (event: EventName, payload?: object) =>
			await environment.talkdesk.deliver(name, event, { conversation_id: id, payload });
		// Whenever Talkdesk may call it.
		await happens('conversation_started');
		await happens('message_created', { content: 'We are closed', author: { type: 'BOT' } });
		await person.reads(({ text }) => text === 'We are closed', 'the automated message');
		await happens('message_created', { content: 'my words', author: { type: 'CONTACT_PERSON' } });
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.quiet(environment.workflowIdOf(name));
		await environment.talkdesk.agent.say(id, 'Hello');
		await person.reads(({ text }) => text.endsWith('Hello'), 'Zoe');
		expect(person.read.slice(read).map(({ text }) => text)).toEqual([
			'We are closed',
			'Zoe has joined the chat.\nHello',
		]);
	}, 60_000);

	it('takes files in both directions, byte for byte', async () => {
		const { person, id } = await handedOver('Bob');
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		const content = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 251));
		await person.says('My bill', {
			file: { name: `${key}.pdf`, type: 'application/pdf', content },
		});
		await arrives(id, 'My bill');
		const [sent] = environment.talkdesk.conversation(id)?.messages.at(-1)?.attachments ?? [];
		expect(sent).toMatchObject({ name: `${key}.pdf`, size: content.length });
		const arrived = await environment.talkdesk.attachmentContent(sent?.id ?? '').toArray();
		expect(Buffer.concat(arrived).equals(content)).toBe(true);

		await environment.talkdesk.agent.say(id, '', {
			files: [{ name: `answer-${key}.pdf`, type: 'application/pdf', content }],
		});
		const { file } = await person.reads((read) => read.file !== undefined, 'the file');
		expect(file).toMatchObject({ name: `answer-${key}.pdf`, type: 'application/pdf' });
		expect(file?.content.equals(content)).toBe(true);
		expect(person.read.map(({ text }) => text)).not.toContain('undefined');
	}, 60_000);

	it('detects an end without an event, and the bot answers the message', async () => {
		const { person, id } = await handedOver('Cem');
		await environment.endsSilently(id);
		await person.says('When are you open?');
		await person.reads(({ text }) => text.startsWith('We are open'), 'the opening hours');
		expect(environment.saidIn(id)).toEqual([]);
	}, 60_000);

	it('sends a message once that the channel delivers twice', async () => {
		const { person, id } = await handedOver('Dan');
		await person.says('Only once', { times: 2 });
		await person.says('And this');
		await arrives(id, 'And this');
		await arrives(id, 'Only once');
		await environment.quiet(environment.workflowIdOf(name));
		expect(environment.saidIn(id).sort()).toEqual(['And this', 'Only once']);
	}, 60_000);

	it('tells the customer if a message could not be sent', async () => {
		const { person, id } = await handedOver('Eva');
		environment.talkdesk.configure({ digitalConnectEnabled: false });
		try {
			await person.says('Can you hear me?');
			await person.reads(({ text }) => text.includes('could not be delivered'), 'that it failed');
		} finally {
			environment.talkdesk.configure({ digitalConnectEnabled: true });
		}
		expect(environment.saidIn(id)).toEqual([]);
	}, 60_000);

	it('keeps two people apart', async () => {
		const [fay, gil] = [await handedOver('Fay'), await handedOver('Gil')];
		for (const { id } of [fay, gil]) await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await Promise.all([
			fay.person.says('I am Fay'),
			gil.person.says('I am Gil'),
			environment.talkdesk.agent.say(fay.id, 'to Fay'),
			environment.talkdesk.agent.say(gil.id, 'to Gil'),
		]);
		await fay.person.reads(({ text }) => text.endsWith('to Fay'), 'her answer');
		await gil.person.reads(({ text }) => text.endsWith('to Gil'), 'his answer');
		await arrives(fay.id, 'I am Fay');
		await arrives(gil.id, 'I am Gil');
		expect(environment.saidIn(fay.id)).toEqual(['I am Fay']);
		expect(JSON.stringify(fay.person.read)).not.toContain('to Gil');
	}, 60_000);

	it('delivers a late message of a former conversation to the customer, who has a new one', async () => {
		const { person, id: former } = await handedOver('Hal');
		await environment.talkdesk.agent.end(former);
		await person.reads(({ text }) => text.includes('I am your bot again'), 'the end');
		await person.says('A human, please');
		await person.reads(
			() => person.read.filter(({ text }) => text.startsWith('I am connecting you')).length === 2,
			'that a human comes once more',
		);
		const email = `${key}-${person.id}@customers.example.com`;
		const id = await environment.conversationIn(
			name,
			(start) => start.contact_person.email === email,
		);
		expect(id).not.toBe(former);

		const failures = await environment.failuresOf(name);
		const late = { conversation_id: former };
		await environment.talkdesk.deliver(name, 'message_created', {
			...late,
			payload: { content: 'One thing more' },
		});
		await person.reads(({ text }) => text === 'One thing more', 'the late words');
		// A late duplicate of its end must not bring the bot back.
		const read = person.read.length;
		await environment.talkdesk.deliver(name, 'conversation_ended', late);
		await person.says('Are you there?');
		await arrives(id, 'Are you there?');
		await environment.quiet(environment.workflowIdOf(name));
		expect(person.read.slice(read)).toEqual([]);
		expect(await environment.failuresOf(name)).toEqual(failures);
	}, 60_000);

	it('says that no human can be reached, and the bot stays', async () => {
		const person = channelOf().person('Ida');
		environment.talkdesk.configure({ digitalConnectEnabled: false });
		try {
			await person.says('A human, please');
			await person.reads(({ text }) => text.startsWith('I am sorry'), 'the apology');
		} finally {
			environment.talkdesk.configure({ digitalConnectEnabled: true });
		}
		await person.says('When are you open?');
		await person.reads(({ text }) => text.startsWith('We are open'), 'the bot');
		expect(person.read.map(({ text }) => text)).not.toContainEqual(
			expect.stringContaining('I am connecting you'),
		);
	}, 60_000);

	it('ignores conversations of other workflows', async () => {
		const { person, id: own } = await handedOver('Jan');
		const content = Buffer.from('a bill');
		await person.says('A file', { file: { name: 'a.txt', type: 'text/plain', content } });
		await arrives(own, 'A file');
		const [attachment] = environment.talkdesk.conversation(own)?.messages.at(-1)?.attachments ?? [];
		const attachments = [{ ...attachment }];
		await environment.quiet(environment.workflowIdOf(name));

		const failures = await environment.failuresOf(name);
		const workflowId = environment.workflowIdOf(name);
		const { api } = environment.n8n;
		const [before] = await api.executions({ workflowId });
		const foreign = { conversation_id: 'a-stranger-s' };
		await environment.talkdesk.deliver(name, 'conversation_started', foreign);
		await environment.talkdesk.deliver(name, 'message_created', {
			...foreign,
			payload: { content: 'Hi', attachments },
		});
		await environment.quiet(workflowId);
		const since = (await api.executions({ workflowId })).filter(
			({ id }) => Number(id) > Number(before?.id ?? 0),
		);
		// Nobody needs to know of the start.
		expect(since).toHaveLength(1);
		expect(await environment.failuresOf(name)).toEqual(failures);
	}, 60_000);
});
