/**
 * Makes the pictures of the README from a running n8n, the Talkdesk simulator, and the pages.
 * Usage: npm run screenshots
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

import { openBrowser, type TestBrowser } from '../browser/browser.mts';
import { openHostedChat } from '../browser/chatWidget.mts';
import {
	agentSays,
	customerSays,
	messagesOf,
	nodeOf,
	openDesk,
	openExample,
	openShop,
	pick,
} from '../demo/pageActions.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { startEnvironment, type Environment } from '../demo/environment.mts';
import { startHostedChat } from '../demo/hostedChat.mts';

const FOLDER = path.join(PROJECT_FOLDER, 'docs', 'pictures');
const PAGE = { viewport: { width: 1200, height: 750 }, colorScheme: 'light' as const };
const CHAT = { viewport: { width: 800, height: 900 }, colorScheme: 'light' as const };
const EDITOR = { viewport: { width: 1600, height: 900 }, colorScheme: 'light' as const };

/** n8n's hints for a new workflow, which appear some time after it is opened. */
const WITHOUT_HINTS =
	'[data-reka-popper-content-wrapper]:has([data-test-id="suggested-actions-close"]) { display: none }';

async function take(page: Page, name: string): Promise<void> {
	// What fades in is there.
	await page.waitForLoadState('networkidle');
	await page.screenshot({
		path: path.join(FOLDER, `${name}.png`),
		animations: 'disabled',
		caret: 'hide',
		style: WITHOUT_HINTS,
	});
	process.stdout.write(`docs/pictures/${name}.png\n`);
}

/** A hand-off with files both ways, seen from both sides. */
async function takePages(environment: Environment, browser: TestBrowser): Promise<void> {
	const desk = await openDesk(environment, browser, PAGE);
	const shop = await openShop(environment, browser, 'Ann', PAGE);
	await customerSays(shop, 'My teapot came with a crack');
	await customerSays(shop, 'I would like to talk to a human');
	await shop.getByText('A human was asked for').waitFor();
	await desk.getByRole('button', { name: /Ann/ }).click();
	await desk.getByLabel('Your name').fill('Zoe');
	await desk.getByRole('button', { name: 'Join' }).click();
	await agentSays(
		desk,
		'Hello Ann, this is Zoe. I am sorry to hear that! Have you got a picture of it?',
	);
	await shop.getByRole('heading', { name: 'Zoe' }).waitFor();
	await pick(shop, {
		name: 'crack.jpg',
		mimeType: 'image/jpeg',
		buffer: Buffer.alloc(214_000, 1),
	});
	await customerSays(shop, 'Here it is');
	await messagesOf(desk).getByText('crack.jpg').waitFor();
	await pick(desk, {
		name: 'return-label.pdf',
		mimeType: 'application/pdf',
		buffer: Buffer.alloc(48_000, 1),
	});
	await agentSays(desk, 'Thank you. A new one is on its way; this label is for the old one.');
	await messagesOf(shop).getByText('return-label.pdf').waitFor();
	await messagesOf(desk).getByText('Delivered to n8n').last().waitFor();
	await take(desk, 'agent-desk');
	await take(shop, 'customer');
}

/** The example on the canvas, and the panels of the nodes. */
async function takeEditor(environment: Environment, browser: TestBrowser): Promise<void> {
	const page = await openExample(environment, browser, EDITOR);
	await page.keyboard.press('1');
	await take(page, 'example');
	for (const [node, name] of [
		['Start conversation', 'talkdesk-node'],
		['Talkdesk Trigger', 'talkdesk-trigger'],
	] as const) {
		await nodeOf(page, node).dblclick();
		await page.getByTestId('ndv').getByTestId('credential-edit-button').waitFor();
		await take(page, name);
		await page.getByTestId('ndv-close-button').click();
		await page.getByTestId('ndv').waitFor({ state: 'detached' });
	}
}

/** n8n's own chat, in which a human takes over from an AI agent, and its workflow. */
async function takeHostedChat(environment: Environment, browser: TestBrowser): Promise<void> {
	const hosted = await startHostedChat(environment, (said, toolResults) => {
		if (toolResults.length > 0) return { say: 'A colleague takes over, here in this chat.' };
		if (!/human/.test(said)) return { say: 'Your order 4711 left us on Monday.' };
		return { callTool: { contactEmail: 'ann@example.com', contactReason: 'A late order' } };
	});
	try {
		const chat = await openHostedChat(await browser.newPage(CHAT), hosted.chatUrl);
		await chat.say('Where is my order 4711?');
		await chat.hears('left us on Monday');
		await chat.say('Could I talk to a human? My address is ann@example.com');
		await chat.hears('A colleague takes over');
		const { talkdesk } = environment;
		const id = talkdesk.conversations().at(-1)?.id ?? '';
		await talkdesk.agent.join(id, { name: 'Zoe' });
		await talkdesk.agent.say(id, 'Hello Ann, this is Zoe. I see it: it is in your town.');
		await chat.hears('this is Zoe');
		await chat.say('Will it come today?');
		await chat.hears('✓');
		await talkdesk.agent.say(id, 'Yes, before noon. Have a nice day!');
		await chat.hears('before noon');
		await talkdesk.agent.end(id);
		await chat.hears('I am your bot again');
		await take(chat.page, 'n8n-chat');
		const { workflowId } = hosted;
		const editor = await openExample({ ...environment, workflowId }, browser, EDITOR);
		await editor.keyboard.press('1');
		await take(editor, 'n8n-chat-workflow');
	} finally {
		await hosted.close();
	}
}

fs.mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
try {
	const environment = await startEnvironment({
		onProgress: (line) => process.stdout.write(`${line}\n`),
	});
	try {
		await takePages(environment, browser);
		await takeEditor(environment, browser);
		await takeHostedChat(environment, browser);
	} finally {
		await environment.stop();
	}
} finally {
	await browser.close();
}
