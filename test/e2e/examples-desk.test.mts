import { setTimeout as sleep } from 'node:timers/promises';

import type { EventName } from '../simulator/contract.mts';
import type { Telegram } from '../tools/demo/channels/telegram.mts';
import {
	startExamplesEnvironment,
	type AddedExample,
	type ExamplesEnvironment,
} from './examples.mts';
import { startTelegramBot } from './examples-channels.mts';
import { handOver, newCustomer } from './examples-customers.mts';
import { addWithOperators, answer, questionAbout } from './examples-operators.mts';

const DESK = 'one-desk-many-channels';

let environment: ExamplesEnvironment;
let telegram: Telegram;
let desk: AddedExample;

beforeAll(async () => {
	environment = await startExamplesEnvironment();
	const bot = await startTelegramBot(environment);
	telegram = bot.telegram;
	desk = await environment.add(DESK, bot);
}, 180_000);
afterAll(async () => {
	await telegram?.close();
	await environment?.stop();
}, 30_000);

const webCustomer = () => newCustomer(environment, desk.webhookUrlOf('Web chat'));
const failures = async () => await environment.n8n.api.countExecutions(desk.workflowId, 'error');

/** A person in Telegram who has been handed over. */
async function telegramPerson(name: string) {
	const person = telegram.person(name);
	await person.says('A human, please');
	await person.reads(({ text }) => text.startsWith('I am connecting you'), 'the hand-off');
	const email = `telegram-${person.id}@customers.example.com`;
	const id = await environment.conversationIn(
		DESK,
		(start) => start.contact_person.email === email,
	);
	return { person, id };
}
const arrives = async (id: string, text: string) =>
	await environment.talkdesk.waitFor(() => environment.saidIn(id).includes(text), {
		what: `"${text}" in Talkdesk`,
		timeoutMs: 20_000,
	});

it('brings each customer the words of their own human, in their own channel', async () => {
	const web = webCustomer();
	expect(await web.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
	const [webId, { person, id: telegramId }] = await Promise.all([
		handOver(environment, DESK, web),
		telegramPerson('Ben'),
	]);
	const { start } = environment.talkdesk.conversation(webId) ?? {};
	expect(start?.context_parameters).toMatchObject({ channel: 'web' });
	expect(start?.previous_messages?.map(({ content }) => content)).toEqual([
		'When are you open?',
		expect.stringMatching(/^We are open/),
		'I want to talk to a human',
		expect.stringMatching(/^I am connecting/),
	]);
	const content = Buffer.from('a bill');
	const files = [{ name: 'bill.pdf', type: 'application/pdf', content }];
	for (const [id, name] of [
		[webId, 'Zoe'],
		[telegramId, 'Max'],
	] as const) {
		await environment.talkdesk.agent.join(id, { name });
		await environment.talkdesk.agent.say(id, `to ${id}`, { files });
	}
	await web.hears(({ file }) => file?.name === 'bill.pdf', 'the file');
	await person.reads(({ file }) => file?.name === 'bill.pdf', 'the file');
	expect(web.heard).toEqual([
		{ from: 'human', name: 'Zoe', joined: true, text: `to ${webId}` },
		{ from: 'human', name: 'Zoe', text: '', file: expect.objectContaining({ name: 'bill.pdf' }) },
	]);
	expect(person.read.slice(1).map(({ text }) => text)).toEqual([
		`Max has joined the chat.\nto ${telegramId}`,
		'',
	]);

	await person.says('from Telegram', { file: { name: 'a.txt', type: 'text/plain', content } });
	expect(await web.says('from the web')).toEqual({ handledBy: 'human' });
	await arrives(telegramId, 'from Telegram');
	expect(environment.saidIn(webId)).toEqual(['from the web']);
	expect(environment.talkdesk.conversation(telegramId)?.messages.at(-1)?.attachments).toMatchObject(
		[{ name: 'a.txt' }],
	);

	await environment.talkdesk.agent.end(webId);
	await web.hears(({ from }) => from === 'bot', 'the end');
	await environment.talkdesk.agent.end(telegramId);
	await person.reads(({ text }) => text.includes('I am your bot again'), 'the end');
	expect(await web.says('Hello?')).toMatchObject({ handledBy: 'bot' });
}, 60_000);

it('lets customers go back to the bot, from both channels', async () => {
	const web = webCustomer();
	const webId = await handOver(environment, DESK, web);
	expect(await web.says('end')).toMatchObject({
		handledBy: 'bot',
		reply: expect.stringContaining('You have left'),
	});
	const { person, id } = await telegramPerson('Cleo');
	await person.says('/end');
	await person.reads(({ text }) => text.startsWith('You have left'), 'the end');
	await environment.quiet(desk.workflowId);
	for (const ended of [webId, id]) {
		expect(environment.talkdesk.conversation(ended)).toMatchObject({ endedBy: 'api' });
	}
	expect(web.heard).toEqual([]);
	expect(person.read).toHaveLength(2);
}, 60_000);

it('says so when a message could not be delivered, and when nobody can be reached', async () => {
	const web = webCustomer();
	await handOver(environment, DESK, web);
	const { person } = await telegramPerson('Dora');
	const late = telegram.person('Emil');
	environment.talkdesk.configure({ digitalConnectEnabled: false });
	try {
		expect(await web.says('Can you hear me?')).toEqual({
			handledBy: 'human',
			reply: expect.stringContaining('could not be delivered'),
		});
		await person.says('Can you hear me?');
		await person.reads(({ text }) => text.includes('could not be delivered'), 'that it failed');
		await late.says('A human, please');
		await late.reads(({ text }) => text.startsWith('I am sorry'), 'the apology');
		expect(await webCustomer().says('A human, please')).toEqual({
			handledBy: 'bot',
			reply: expect.stringContaining('I am sorry'),
		});
	} finally {
		environment.talkdesk.configure({ digitalConnectEnabled: true });
	}
}, 60_000);

it('leaves alone what nobody has said, and conversations that are nobody’s', async () => {
	const before = await failures();
	const { person, id } = await telegramPerson('Fay');
	const read = person.read.length;
	await person.does({ new_chat_title: 'Ours' });
	const happens = async (conversation_id: string, event: EventName, payload: object) =>
		await environment.talkdesk.deliver(DESK, event, { conversation_id, payload });
	await happens('a-stranger-s', 'message_created', { content: 'Hi' });
	await happens(id, 'conversation_started', {});
	await happens(id, 'message_created', { content: 'my words', author: { type: 'CUSTOMER' } });
	await happens(id, 'message_created', { content: 'We are closed', author: { type: 'BOT' } });
	await person.reads(({ text }) => text === 'We are closed', 'the automated message');
	await environment.quiet(desk.workflowId);
	expect(person.read).toHaveLength(read + 1);
	expect(environment.saidIn(id)).toEqual([]);
	expect(await failures()).toBe(before);
}, 60_000);

describe('an agent writes first', () => {
	const FIRST = 'an-agent-writes-first';
	let bot: Telegram;
	let first: AddedExample;
	let operators: ReturnType<Telegram['person']>;

	beforeAll(async () => {
		({ telegram: bot, operators, example: first } = await addWithOperators(environment));
	}, 60_000);
	afterAll(async () => await bot?.close());

	const happens = async (conversation_id: string, event: EventName, payload?: object) =>
		await environment.talkdesk.deliver(FIRST, event, { conversation_id, payload });
	const says = async (id: string, content: string, type = 'AGENT') =>
		await happens(id, 'message_created', { content, author: { type, name: 'Zoe_*[' } });
	const asked = async (id: string) => await questionAbout(operators, id);

	it('reaches the customer once somebody has said whose it is, and brings the answers', async () => {
		const ann = bot.person('Ann');
		const id = 'opened-by-zoe';
		await happens(id, 'conversation_started');
		const { link } = await asked(id);
		await says(id, 'Your teapot is back <3');
		await says(id, 'my own words', 'CONTACT_PERSON');
		while (!(await keptOf(id)).includes('teapot')) await sleep(100);
		expect(ann.read).toEqual([]);
		await answer(link, ` ${ann.id}`);
		await ann.reads(({ text }) => text === 'Your teapot is back <3', 'the first words');
		await says(id, 'Will you fetch it?');
		await ann.reads(({ text }) => text === 'Will you fetch it?', 'the next words');
		expect(operators.read.filter(({ text }) => text.includes(id))).toHaveLength(1);
	}, 60_000);

	it('asks once and loses no words if all comes at the same moment', async () => {
		const cem = bot.person('Cem');
		const id = 'opened-at-once';
		const words = ['one', 'two', 'three', 'four', 'five'];
		await Promise.all([
			happens(id, 'conversation_started'),
			...words.map(async (text) => await says(id, text)),
		]);
		const { link } = await asked(id);
		for (const text of words) while (!(await keptOf(id)).includes(text)) await sleep(100);
		await answer(link, cem.id);
		for (const text of words) await cem.reads((read) => read.text === text, text);
		expect(cem.read.map(({ text }) => text).toSorted()).toEqual(words.toSorted());
		expect(operators.read.filter(({ text }) => text.includes(id))).toHaveLength(1);
	}, 60_000);

	it('brings the answers of the customer to the agent, and says when it is over', async () => {
		const ben = bot.person('Ben');
		const opening = { name: 'Zoe_*[', email: 'ben@customers.example.com', touchpoint: FIRST };
		// The words come with the question if nothing was called before them.
		environment.talkdesk.configure({ conversationStarted: 'never' });
		const { conversationId: id } = await environment.talkdesk.agent.open(opening);
		environment.talkdesk.configure({ conversationStarted: 'join' });
		await says(id, 'It is _Zoe_. Call me.');
		const { text, link } = await asked(id);
		expect(text).toContain('Zoe_*[ has opened the conversation');
		expect(text).toContain('It is _Zoe_. Call me.');
		await answer(link, ben.id);
		await ben.reads((read) => read.text === 'It is _Zoe_. Call me.', 'the words');
		await ben.says('I will');
		await arrives(id, 'I will');
		await happens(id, 'conversation_ended');
		await ben.reads((read) => read.text === 'The conversation has ended.', 'the end');
		await environment.endsSilently(id);
		await ben.says('Too late?');
		await ben.reads(
			() => ben.read.filter((read) => read.text === 'The conversation has ended.').length === 2,
			'that it is over',
		);
		await bot.person('Nobody').says('Hello');
		await environment.n8n.api.waitForExecution(({ status }) => status === 'success', 20_000, {
			workflowId: first.workflowId,
		});
		expect(await environment.n8n.api.countExecutions(first.workflowId, 'error')).toBe(0);
	}, 60_000);

	/** The words that are kept of a conversation. */
	const keptOf = async (id: string) =>
		JSON.stringify(
			(await environment.n8n.api.dataTableRows('conversations_of_agents')).filter(
				({ conversationId }) => conversationId === id,
			),
		);
});
