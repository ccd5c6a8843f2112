import { readFile } from 'node:fs/promises';
import axios from 'axios';
import type { Page } from 'playwright-core';

import { startSimulator } from '../simulator/simulator.mts';
import { browser } from '../support/browserFixture.mts';
import { environment } from '../support/environmentFixture.mts';
import type { TestBrowser } from '../tools/browser/browser.mts';
import * as pageActions from '../tools/demo/pageActions.mts';
import { agentSays, customerSays, messagesOf, pick } from '../tools/demo/pageActions.mts';

const PHONE = { width: 360, height: 740 };

const openShop = async (name: string, options?: Parameters<TestBrowser['newPage']>[0]) =>
	await pageActions.openShop(environment, browser, name, options);
const openDesk = async (options?: Parameters<TestBrowser['newPage']>[0]) =>
	await pageActions.openDesk(environment, browser, options);

/** Drops a file on the chat. */
async function drop(page: Page, name: string, text: string) {
	const dataTransfer = await page.evaluateHandle(
		([fileName = '', content = '']) => {
			const transfer = new DataTransfer();
			transfer.items.add(new File([content], fileName, { type: 'text/plain' }));
			return transfer;
		},
		[name, text],
	);
	await page.dispatchEvent('.talk', 'dragover', { dataTransfer });
	await page.dispatchEvent('.talk', 'drop', { dataTransfer });
}

/** Downloads the file of a link, and gives its bytes. */
async function download(page: Page, name: string) {
	const [saved] = await Promise.all([
		page.waitForEvent('download'),
		messagesOf(page).getByRole('link', { name }).click(),
	]);
	expect(saved.suggestedFilename()).toBe(name);
	return await readFile(await saved.path());
}

it('a customer and an agent talk on the pages, with files in both directions, until the end', async () => {
	const desk = await openDesk();
	const shop = await openShop('Bea');
	await shop.getByRole('button', { name: 'When are you open?' }).click();
	await messagesOf(shop).getByText('8 am to 6 pm').waitFor();
	expect(await shop.getByRole('heading', { name: 'Bot' }).count()).toBe(1);
	await customerSays(shop, 'I would like to talk to a human');
	await shop.getByText('A human was asked for').waitFor();

	const item = desk.getByRole('button', { name: /Bea/ });
	await item.getByText('new', { exact: true }).waitFor();
	await item.click();
	await item.getByText('new', { exact: true }).waitFor({ state: 'detached' });
	await messagesOf(desk).getByText('8 am to 6 pm').waitFor();
	const details = desk.getByRole('complementary', { name: 'Details' });
	await details.getByText('bea@example.com').waitFor();
	await desk.getByLabel('Your name').fill('Grace');
	await desk.getByRole('button', { name: 'Join' }).click();
	await desk.getByLabel('Write to the customer').waitFor();
	// Nobody reads of a human who has not written yet.
	await shop.getByText('Nobody has joined yet').waitFor();

	const bill = Buffer.from('%PDF-1.7 a bill');
	await pick(desk, { name: 'Größe & bill.pdf', mimeType: 'application/pdf', buffer: bill });
	await agentSays(desk, 'Hello <Bea & Co>, your bill');
	await messagesOf(shop).getByText('Grace has joined the chat.').waitFor();
	await messagesOf(shop).getByText('Hello <Bea & Co>, your bill').waitFor();
	await shop.getByRole('heading', { name: 'Grace' }).waitFor();
	await messagesOf(desk).getByText('Delivered to n8n').waitFor();
	expect(await download(shop, 'Größe & bill.pdf')).toEqual(bill);

	await drop(shop, 'crack.txt', 'a picture of a crack');
	await customerSays(shop, 'It has a crack');
	await messagesOf(desk).getByText('It has a crack').waitFor();
	expect((await download(desk, 'crack.txt')).toString()).toBe('a picture of a crack');

	await desk.getByRole('button', { name: 'Request log' }).click();
	const wire = desk.getByRole('region', { name: 'Requests, newest first' });
	await wire.getByText('customer: It has a crack').waitFor();

	await desk.getByRole('button', { name: 'End', exact: true }).click();
	await desk.getByRole('button', { name: 'End the conversation' }).click();
	await messagesOf(desk).getByText('Grace ended the conversation').waitFor();
	await messagesOf(shop).getByText('I am your bot again').waitFor();
	await shop.getByRole('heading', { name: 'Bot' }).waitFor();
	expect(browser.problems).toEqual([]);
}, 90_000);

it('both pages can be used with the keyboard alone', async () => {
	/** Presses Tab until an element of this name has the focus. */
	async function tabTo(page: Page, name: RegExp) {
		for (let presses = 0; presses < 40; presses++) {
			await page.keyboard.press('Tab');
			const focused = await page.evaluate(() => {
				const { activeElement: at } = document;
				const style = at && getComputedStyle(at);
				const label = at?.id && document.querySelector(`label[for="${at.id}"]`)?.textContent;
				return {
					name: at?.getAttribute('aria-label') || label || at?.textContent || '',
					isVisible: style?.outlineStyle === 'solid' && style.outlineWidth !== '0px',
				};
			});
			if (!name.test(focused.name)) continue;
			expect(focused).toMatchObject({ isVisible: true });
			return;
		}
		throw new Error(`No Tab leads to ${name}`);
	}

	const shop = await browser.newPage();
	await shop.goto(environment.chat.url);
	await shop.getByRole('button', { name: 'Chat with us' }).waitFor();
	await tabTo(shop, /Chat with us/);
	await shop.keyboard.press('Enter');
	await shop.keyboard.type('Cem');
	await tabTo(shop, /E-mail/);
	await shop.keyboard.type('cem@example.com');
	await shop.keyboard.press('Enter');
	await shop.getByLabel('Write a message').and(shop.locator(':focus')).waitFor();
	await shop.keyboard.type('a human please');
	await shop.keyboard.press('Enter');
	await shop.getByText('A human was asked for').waitFor();

	const desk = await openDesk();
	await desk.getByRole('button', { name: /Cem/ }).waitFor();
	await tabTo(desk, /Cem/);
	await desk.keyboard.press('Enter');
	await desk.getByLabel('Your name').and(desk.locator(':focus')).waitFor();
	await desk.keyboard.press('Enter');
	await desk.getByLabel('Write to the customer').and(desk.locator(':focus')).waitFor();
	await desk.keyboard.type('one line');
	await desk.keyboard.press('Shift+Enter');
	await desk.keyboard.type('another line');
	await desk.keyboard.press('Enter');
	await messagesOf(shop).getByText('one line\nanother line').waitFor();

	await tabTo(desk, /^\s*End\s*$/);
	await desk.keyboard.press('Enter');
	await tabTo(desk, /End the conversation/);
	await desk.keyboard.press('Enter');
	await messagesOf(shop).getByText('I am your bot again').waitFor();
	await shop.keyboard.press('Escape');
	await shop.getByRole('button', { name: 'Chat with us' }).and(shop.locator(':focus')).waitFor();
	expect(browser.problems).toEqual([]);
}, 90_000);

it.each(['light', 'dark'] as const)(
	'both pages fit on a phone, %s',
	async (colorScheme) => {
		const overflow = async (page: Page) =>
			await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
		const shop = await openShop(`Phone-${colorScheme}`, { viewport: PHONE, colorScheme });
		expect(await overflow(shop)).toBe(0);
		await customerSays(shop, `a human please ${'x'.repeat(300)}`);
		await shop.getByText('A human was asked for').waitFor();
		const desk = await openDesk({ viewport: PHONE, colorScheme });
		await desk.getByRole('button', { name: new RegExp(`Phone-${colorScheme}`) }).click();
		await desk.getByRole('button', { name: 'Join' }).waitFor();
		expect(await overflow(desk)).toBe(0);
		expect(await messagesOf(desk).evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0);
		await desk.getByRole('button', { name: 'Details' }).click();
		await desk.getByRole('complementary', { name: 'Details' }).waitFor();
		await desk.getByRole('button', { name: 'All conversations' }).click();
		await desk.getByRole('button', { name: 'Log', exact: true }).click();
		await desk.getByRole('region', { name: 'Requests, newest first' }).waitFor();
	},
	60_000,
);

it('a reloaded page has its conversation, and another page has not', async () => {
	const shop = await openShop('Dan');
	await customerSays(shop, 'Are you open?');
	await messagesOf(shop).getByText('8 am to 6 pm').waitFor();
	await shop.reload();
	await messagesOf(shop).getByText('Are you open?').waitFor();
	const other = await openShop('Eva');
	await other.getByRole('button', { name: 'When are you open?' }).waitFor();
	expect(await other.getByText('Are you open?', { exact: true }).count()).toBe(0);
}, 60_000);

it('the desk does what else agents and flows can do, and chooses what n8n is told', async () => {
	const simulator = await startSimulator();
	const page = await browser.newPage();
	try {
		await page.goto(simulator.deskUrl);
		const confirm = async (name: string) =>
			await page.getByRole('dialog').getByRole('button', { name }).click();
		const shows = async (text: string) =>
			await messagesOf(page).getByText(text, { exact: true }).waitFor();
		await page.getByText('What Talkdesk tells n8n').click();
		await page.getByLabel('A conversation has started').selectOption('never');
		await page.getByLabel('The customer’s own messages').selectOption('CUSTOMER');

		await page.getByRole('button', { name: 'New', exact: true }).click();
		await page.getByLabel('Name of the agent').fill('Zoe');
		await page.getByLabel('The customer’s e-mail').fill('ida@example.com');
		await confirm('Open the conversation');
		await shows('Zoe opened the conversation');
		await page.getByRole('button', { name: 'Automated' }).click();
		await page.getByLabel('Type of the author').selectOption('virtual-agent');
		await confirm('Send');
		await shows('Our office is closed.');
		await page.getByRole('button', { name: 'Transfer' }).click();
		await page.getByLabel('Name of the colleague').fill('Max');
		await confirm('Transfer');
		await shows('Transferred to Max');
		await page.getByRole('button', { name: 'End', exact: true }).click();
		await confirm('End the conversation');
		await shows('Max ended the conversation');
		await page.getByRole('button', { name: 'Reopen' }).click();
		await shows('Max opened the conversation again');
		await agentSays(page, 'One thing more');
		await shows('One thing more');

		const [conversation] = simulator.conversations();
		expect(conversation).toMatchObject({
			start: { contact_person: { email: 'ida@example.com' } },
			messages: [{ from: 'automated' }, { from: 'agent', author: 'Max' }],
		});
		const { data } = await axios.get(`${simulator.agentApiUrl}/readings`);
		expect(data).toEqual({ conversationStarted: 'never', echoAuthors: [{ type: 'CUSTOMER' }] });
		// Another page, or a program, has chosen.
		simulator.configure({ conversationStarted: 'start', echoAuthors: [] });
		await page.getByRole('option', { name: 'don’t come back', selected: true }).waitFor({
			state: 'attached',
		});
		expect(await page.getByLabel('A conversation has started').inputValue()).toBe('start');
	} finally {
		await page.close();
		await simulator.close();
	}
	expect(browser.problems).toEqual([]);
}, 60_000);

it('the desk shows that the simulator is down, and reconnects', async () => {
	const first = await startSimulator();
	const page = await browser.newPage();
	await page.goto(first.deskUrl);
	await page.getByText('No conversations yet').waitFor();
	const before = browser.problems.length;
	await first.close();
	await page.getByRole('alert').getByText('can’t be reached').waitFor();
	const second = await startSimulator({ port: Number(new URL(first.url).port) });
	try {
		await page.getByRole('alert').waitFor({ state: 'detached' });
	} finally {
		await page.close();
		await second.close();
	}
	// The browser reports refused and broken connections; there must be no other problem.
	const complaints = browser.problems.slice(before).map(({ text }) => text);
	expect(
		complaints.filter((text) => !/ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE/.test(text)),
	).toEqual([]);
}, 60_000);

it('both pages show that n8n is down, and a message can be sent again', async () => {
	const shop = await openShop('Fay');
	await customerSays(shop, 'a human please');
	await shop.getByText('A human was asked for').waitFor();
	const desk = await openDesk();
	await desk.getByRole('button', { name: /Fay/ }).click();
	await desk.getByRole('button', { name: 'Join' }).click();
	await desk.getByLabel('Write to the customer').waitFor();

	await environment.n8n.kill('SIGTERM');
	await agentSays(desk, 'Can you read this?');
	await messagesOf(desk)
		.getByText(/Not delivered to n8n: .*ECONNREFUSED/)
		.waitFor();
	await customerSays(shop, 'Are you there?');
	await messagesOf(shop).getByText('The bot can’t be reached.').waitFor();

	await environment.n8n.restart();
	await shop.getByRole('button', { name: 'Try again' }).click();
	await messagesOf(desk).getByText('Are you there?').waitFor();
	await shop.getByText('The bot can’t be reached.').waitFor({ state: 'detached' });
}, 120_000);
