import type { Page } from 'playwright-core';

import type { Environment } from './environment.mts';
import type { TestBrowser } from '../browser/browser.mts';

type PageOptions = Parameters<TestBrowser['newPage']>[0];

/** Opens the customer's page, and begins a chat there. */
export async function openShop(
	{ chat }: Environment,
	browser: TestBrowser,
	name: string,
	options?: PageOptions,
): Promise<Page> {
	const page = await browser.newPage(options);
	await page.goto(chat.url);
	await page.getByRole('button', { name: 'Chat with us' }).click();
	await page.getByLabel('Name').fill(name);
	await page.getByLabel('E-mail').fill(`${name.toLowerCase()}@example.com`);
	await page.getByRole('button', { name: 'Start the chat' }).click();
	return page;
}

/** Opens the agent's desk. */
export async function openDesk(
	{ talkdesk }: Environment,
	browser: TestBrowser,
	options?: PageOptions,
): Promise<Page> {
	const page = await browser.newPage(options);
	await page.goto(talkdesk.deskUrl);
	return page;
}

/** Opens the example in n8n's editor, logged in as a person does. */
export async function openExample(
	{ n8n, workflowId }: Environment,
	browser: TestBrowser,
	options?: PageOptions,
): Promise<Page> {
	const page = await browser.newPage(options);
	await page.goto(`${n8n.url}/workflow/${workflowId}`);
	await page.getByLabel('Email').fill(n8n.owner.email);
	await page.getByLabel('Password').fill(n8n.owner.password);
	await page.keyboard.press('Enter');
	await nodeOf(page, 'Talkdesk Trigger').waitFor();
	return page;
}

/** A node on the canvas of n8n's editor. */
export const nodeOf = (page: Page, name: string) =>
	page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);

/** What is in the list of messages. */
export const messagesOf = (page: Page) => page.getByRole('log', { name: 'Messages' });

const says = async (page: Page, label: string, text: string) => {
	await page.getByLabel(label).fill(text);
	await page.getByLabel(label).press('Enter');
};
export const customerSays = async (page: Page, text: string) =>
	await says(page, 'Write a message', text);
export const agentSays = async (page: Page, text: string) =>
	await says(page, 'Write to the customer', text);

/** Adds files with the button, as a person picks them. */
export async function pick(page: Page, file: { name: string; mimeType: string; buffer: Buffer }) {
	const chooser = page.waitForEvent('filechooser');
	await page.getByRole('button', { name: 'Add files' }).click();
	await (await chooser).setFiles(file);
}
