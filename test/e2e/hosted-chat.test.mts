import { setTimeout as sleep } from 'node:timers/promises';

import { browser } from '../support/browserFixture.mts';
import { openHostedChat, type HostedChat } from '../tools/browser/chatWidget.mts';
import { startEnvironment, type Environment } from '../tools/demo/environment.mts';
import { openExample } from '../tools/demo/pageActions.mts';
import type { Fault } from '../simulator/faults.mts';
import { startHostedChat, type HostedChatWorkflow } from '../tools/demo/hostedChat.mts';

jest.setTimeout(180_000);

const ANN = 'ann@shop.internal';
const REQUEST = `I want a human, my address is ${ANN}`;
const HANDED_OVER = 'A human takes over.';

let environment: Environment;
let hosted: HostedChatWorkflow;

beforeAll(async () => {
	environment = await startEnvironment();
	hosted = await startHostedChat(environment, (said, toolResults, before) => {
		if (/human/.test(said) && toolResults.length === 0) {
			return { callTool: { contactEmail: ANN, contactReason: 'An order is late' } };
		}
		if (toolResults.length > 0) return { say: HANDED_OVER };
		// So that a test can ask what the bot knows.
		if (/remember/.test(said)) return { say: before.join(' | ') };
		return { say: `You said: ${said}` };
	});
}, 180_000);
afterAll(async () => {
	await hosted?.close();
	await environment?.stop();
}, 30_000);

afterEach(() => environment.talkdesk.configure({ faults: () => undefined }));

const textsIn = async (chat: HostedChat) => (await chat.texts()).map(({ text }) => text);
const saidIn = (id: string) =>
	(environment.talkdesk.conversation(id)?.messages ?? [])
		.filter(({ from }) => from === 'customer')
		.map(({ content }) => content);
const newest = () => environment.talkdesk.conversations().at(-1)?.id ?? 'none';

const waiting = async () =>
	(await environment.n8n.api.executions({ workflowId: hosted.workflowId })).filter(
		({ status }) => status === 'waiting',
	);

/** A customer who has been handed over to Zoe. */
async function handOver() {
	const chat = await openHostedChat(await browser.newPage(), hosted.chatUrl);
	await chat.say(REQUEST);
	await chat.hears(HANDED_OVER);
	const id = newest();
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	return { chat, id };
}

async function untilSaid(id: string, texts: string[]) {
	await environment.talkdesk.waitFor(() => saidIn(id).length >= texts.length, {
		what: `${texts.join()} in ${saidIn(id).join()}`,
		timeoutMs: 30_000,
	});
	expect(saidIn(id)).toEqual(texts);
}

it('a customer talks with the bot, with the human, and with the bot again, which knows what the human said', async () => {
	const chat = await openHostedChat(await browser.newPage(), hosted.chatUrl);
	await chat.say('Hello');
	await chat.hears('You said: Hello');
	await chat.say(REQUEST);
	await chat.hears(HANDED_OVER);
	const id = newest();
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });

	// Three at once are all shown, in order.
	await Promise.all(
		['One.', 'Two.', 'Three.'].map(async (text) => {
			await environment.talkdesk.agent.say(id, text);
		}),
	);
	for (const text of ['One.', 'Two.', 'Three.']) await chat.hears(text);

	// A text that is answered within a quarter of a second after it was shown is shown twice.
	await sleep(500);
	await chat.say('My order is late');
	await chat.say('It has the number 4711');
	await untilSaid(id, ['My order is late', 'It has the number 4711']);
	await environment.talkdesk.agent.say(id, 'It comes on Tuesday.');
	await chat.hears('It comes on Tuesday.');
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');

	expect((await textsIn(chat)).slice(-11)).toEqual(
		[
			REQUEST,
			HANDED_OVER,
			'One.',
			'Two.',
			'Three.',
			'My order is late',
			'✓',
			'It has the number 4711',
			'✓',
			'It comes on Tuesday.',
			expect.stringContaining('I am your bot again'),
		].slice(-11),
	);
	await chat.say('What do you remember?');
	await chat.hears('Zoe (human): It comes on Tuesday.');

	// A second hand-off in the same chat.
	await chat.say(REQUEST);
	await environment.talkdesk.waitFor(() => newest() !== id, {
		what: 'a second',
		timeoutMs: 30_000,
	});
	await environment.talkdesk.agent.join(newest(), { name: 'Zoe' });
	await environment.talkdesk.agent.say(newest(), 'Me again.');
	await chat.hears('Me again.');
	await chat.say('end');
	await chat.hears('You have left the conversation');
	expect(environment.talkdesk.conversation(newest())?.state).toBe('ended');
});

it('a page that is reloaded goes on with the same human', async () => {
	const { chat, id } = await handOver();
	await environment.talkdesk.agent.say(id, 'Before.');
	await chat.hears('Before.');
	await chat.page.reload();
	// What was said is there, from the memory.
	await chat.hears('Before.');
	await environment.talkdesk.agent.say(id, 'While you were away.');
	await sleep(2000);
	await chat.say('I am back');
	await untilSaid(id, ['I am back']);
	// At this moment the execution of the page before still waits, and takes it.
	await environment.talkdesk.agent.say(id, 'Welcome back.');
	await chat.hears('Welcome back.');
	// It came just before the customer did, so no page had shown it.
	await chat.hears('While you were away.');
	await environment.talkdesk.agent.say(id, 'One more thing.');
	await chat.hears('One more thing.');
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');
	// The execution of the page before has ended as well.
	while ((await waiting()).length > 0) await sleep(500);
	await chat.page.reload();
	await chat.hears('While you were away.');
});

it('the customer reads what the human has written, not what Markdown makes of it', async () => {
	const { chat, id } = await handOver();
	const texts = [
		'2*3*4 = 24, _not_ `234` or ~~24~~',
		'# 1 Main Street\n- Springfield\n\n    Germany (R&D)',
		// Signs of n8n's chat itself.
		'n8n|continue',
		'{"type":"heartbeat"}',
		'0'.repeat(5000),
	];
	for (const text of texts) await environment.talkdesk.agent.say(id, text);
	await chat.hears('00000', 60_000);
	const shown = await chat.page.locator('.chat-message-from-bot').allInnerTexts();
	const withSpaces = shown.map((text) => text.replaceAll('\u00A0', ' ').trim());
	expect(withSpaces.slice(-texts.length)).toEqual(texts);
	// None of them has locked it.
	await chat.say('I see');
	await untilSaid(id, ['I see']);
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');
});

it('files go in both directions: the human gets them, the customer reads their names', async () => {
	const { chat, id } = await handOver();
	const buffer = Buffer.from('A broken cup');
	await chat.choose({ name: 'cup.txt', mimeType: 'text/plain', buffer });
	await chat.say('Look at it');
	await untilSaid(id, ['Look at it']);
	const sent = environment.talkdesk.conversation(id)?.messages ?? [];
	const names = sent.flatMap(({ attachments }) => attachments.map(({ name }) => name));
	expect(names).toEqual(['cup.txt']);
	await chat.hears('✓');
	const files = [{ name: 'voucher.txt', type: 'text/plain', content: Buffer.from('10 €') }];
	await environment.talkdesk.agent.say(id, 'For you.', { files });
	await chat.hears('📎 voucher.txt');
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');
});

it('the customer reads which file did not reach the human', async () => {
	const { chat, id } = await handOver();
	const refused: Fault = { kind: 'unavailable', status: 500, when: 'before' };
	environment.talkdesk.configure({
		faults: ({ route }) => (route === 'PUT /uploads/:id' ? refused : undefined),
	});
	const buffer = Buffer.from('A broken cup');
	await chat.choose({ name: 'my_cup_1.txt', mimeType: 'text/plain', buffer });
	await chat.say('Look at it');
	await untilSaid(id, ['Look at it']);
	await chat.hears('✗ my_cup_1.txt');
	expect((await textsIn(chat)).at(-1)).toContain('✓');
	// After a reload it is Route that sends the first message.
	await chat.page.reload();
	await chat.hears(HANDED_OVER);
	await chat.choose({ name: 'my_cup_2.txt', mimeType: 'text/plain', buffer });
	await chat.say('And this?');
	await untilSaid(id, ['Look at it', 'And this?']);
	await chat.hears('✗ my_cup_2.txt');
	environment.talkdesk.configure({ faults: () => undefined });
	await chat.say('Without it, then');
	await untilSaid(id, ['Look at it', 'And this?', 'Without it, then']);
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');
});

it('a tab that was closed shows what the human wrote when it is opened again', async () => {
	const { chat, id } = await handOver();
	await environment.talkdesk.agent.say(id, 'Before.');
	await chat.hears('Before.');
	const tabs = chat.page.context();
	await chat.page.close();
	for (const text of ['Are you there?', 'I wait.']) await environment.talkdesk.agent.say(id, text);
	// Longer than n8n's chat would need to show them.
	await sleep(15_000);
	const again = await openHostedChat(await tabs.newPage(), hosted.chatUrl);
	for (const text of ['Before.', 'Are you there?', 'I wait.']) await again.hears(text);
	await again.say('Here I am');
	await untilSaid(id, ['Here I am']);
	await environment.talkdesk.agent.say(id, 'Good.');
	await again.hears('Good.');
	await environment.talkdesk.agent.end(id);
	await again.hears('I am your bot again');
});

it('n8n may be restarted while human and customer talk', async () => {
	const { chat, id } = await handOver();
	await environment.talkdesk.agent.say(id, 'Before the restart.');
	await chat.hears('Before the restart.');
	await environment.n8n.restart();
	await environment.talkdesk.agent.say(id, 'After the restart.');
	await chat.page.reload();
	await chat.say('Hello again');
	await untilSaid(id, ['Hello again']);
	await environment.talkdesk.agent.say(id, 'There you are.');
	await chat.hears('There you are.', 60_000);
});

it('a customer whose computer has slept reads what the human wrote meanwhile, and goes on', async () => {
	const page = await browser.newPage();
	let isAsleep = false;
	await page.routeWebSocket(/./, (toPage) => {
		const toServer = toPage.connectToServer();
		toPage.onMessage((message) => (isAsleep ? undefined : toServer.send(message)));
	});
	const chat = await openHostedChat(page, hosted.chatUrl);
	await chat.say(REQUEST);
	await chat.hears(HANDED_OVER);
	const id = newest();
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	const [execution] = await waiting();
	isAsleep = true;
	// n8n cancels the execution after a minute or two without a heartbeat, but leaves it as one that waits.
	const status = async () => (await environment.n8n.api.execution(execution?.id ?? '')).status;
	while ((await status()) === 'waiting') await sleep(2000);
	expect(await status()).toBe('canceled');
	await environment.talkdesk.agent.say(id, 'Are you there?');
	// As soon as the trigger knows that no execution takes it.
	await sleep(20_000);
	isAsleep = false;
	await chat.page.reload();
	await chat.hears('Are you there?');
	const before = (await waiting()).map((one) => one.id);
	await chat.say('I am back');
	await untilSaid(id, ['I am back']);
	// Until then no execution waits, and the human's words would come out of the trigger.
	while ((await waiting()).every((one) => before.includes(one.id))) await sleep(100);
	await environment.talkdesk.agent.say(id, 'Welcome.');
	await chat.hears('Welcome.');
	await environment.talkdesk.agent.end(id);
	await chat.hears('I am your bot again');
}, 300_000);

it("the chat of n8n's editor does it as well, with the workflow published", async () => {
	const page = await openExample({ ...environment, workflowId: hosted.workflowId }, browser);
	await page.getByTestId('workflow-chat-button').click();
	const input = page.getByTestId('chat-input');
	const say = async (text: string) => {
		await input.fill(text);
		await input.press('Enter');
	};
	const hears = async (text: string) =>
		await page.locator('.chat-message-from-bot', { hasText: text }).first().waitFor();
	await say(REQUEST);
	await hears(HANDED_OVER);
	const id = newest();
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	for (const text of ['One.', 'Two.']) await environment.talkdesk.agent.say(id, text);
	await hears('One.');
	await hears('Two.');
	await say('My order is late');
	await untilSaid(id, ['My order is late']);
	await hears('✓');
	await environment.talkdesk.agent.end(id);
	await hears('I am your bot again');
});
