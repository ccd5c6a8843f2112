/**
 * Makes the pictures of the README from a running n8n, the Talkdesk simulator, and the pages.
 * Usage: npm run screenshots
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

import { openBrowser, type TestBrowser } from '../browser/browser.mts';
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

const FOLDER = path.join(PROJECT_FOLDER, 'docs', 'pictures');
const PAGE = { viewport: { width: 1200, height: 750 }, colorScheme: 'light' as const };
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

fs.mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
try {
	const environment = await startEnvironment({
		onProgress: (line) => process.stdout.write(`${line}\n`),
	});
	try {
		await takePages(environment, browser);
		await takeEditor(environment, browser);
	} finally {
		await environment.stop();
	}
} finally {
	await browser.close();
}
