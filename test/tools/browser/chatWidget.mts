import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

import { withLock } from '../bootstrap/lock.cjs';
import { cacheFolder } from '../n8n/cache.mts';
import { runNpm } from '../n8n/npm.mts';

/** The release of n8n's chat widget that tests use. The hosted page takes the newest one from a CDN. */
const VERSION = '1.37.0';
const MARKER = '.complete';

/** The folder of the widget's files, which npm fetches the first time, without its dependencies: the files are bundles. */
async function ensureChatWidget(): Promise<string> {
	const folder = path.join(cacheFolder(), `chat-${VERSION}`);
	const files = path.join(folder, 'package/dist');
	const isComplete = () => fs.existsSync(path.join(folder, MARKER));
	if (isComplete()) return files;
	return await withLock(`${folder}.lock`, async () => {
		if (isComplete()) return files;
		fs.mkdirSync(folder, { recursive: true });
		await runNpm(['pack', `@n8n/chat@${VERSION}`, '--ignore-scripts', '--silent'], folder);
		const [archive = ''] = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'));
		execFileSync('tar', ['-xzf', archive], { cwd: folder });
		fs.writeFileSync(path.join(folder, MARKER), `${new Date().toISOString()}\n`);
		return files;
	});
}

const TYPES: Record<string, string> = {
	'.css': 'text/css',
	'.js': 'text/javascript',
	'.mjs': 'text/javascript',
};

/** What shows of normalize.css, which the hosted page takes from the CDN as well. */
const NORMALIZED = 'body { margin: 0 }';

/** Serves the widget of n8n's hosted chat to a page, in place of the CDN, which tests don't reach. */
async function serveChatWidget(page: Page): Promise<void> {
	const folder = await ensureChatWidget();
	await page.route(/^https:\/\/cdn\./, async (route) => {
		const { pathname } = new URL(route.request().url());
		const file = path.join(folder, path.basename(pathname));
		const isWidget = pathname.includes('/@n8n/chat/') && fs.existsSync(file);
		await route.fulfill({
			contentType: TYPES[path.extname(pathname)] ?? 'text/plain',
			body: isWidget ? fs.readFileSync(file) : pathname.endsWith('.css') ? NORMALIZED : '',
		});
	});
}

/** n8n's hosted chat in a browser, as a customer sees it. */
export interface HostedChat {
	page: Page;
	/** Types a text and sends it. Waits until the chat takes it. */
	say(text: string): Promise<void>;
	/** The texts in the chat, with who has said them. */
	texts(): Promise<Array<{ by: 'customer' | 'other'; text: string }>>;
	/** Chooses a file, which goes with the next text. */
	choose(file: { name: string; mimeType: string; buffer: Buffer }): Promise<void>;
	/** Waits until the other side has said so. */
	hears(text: string, timeout?: number): Promise<void>;
}

/** Opens a hosted chat. @param url of the Chat Trigger */
export async function openHostedChat(page: Page, url: string): Promise<HostedChat> {
	await serveChatWidget(page);
	await page.goto(url);
	const input = page.locator('[data-test-id="chat-input"], .chat-input textarea').first();
	await input.waitFor({ timeout: 30_000 });
	const messages = page.locator('.chat-message');
	return {
		page,
		async say(text) {
			await input.fill(text);
			await page.locator('.chat-input-send-button:not([disabled])').waitFor({ timeout: 30_000 });
			await input.press('Enter');
		},
		async choose(file) {
			const chooser = page.waitForEvent('filechooser');
			await page.locator('.chat-input-file-button').first().click();
			await (await chooser).setFiles(file);
		},
		async texts() {
			return await messages.evaluateAll((elements) =>
				elements
					.filter((element) => !element.classList.contains('chat-message-typing'))
					.map((element) => ({
						by: element.classList.contains('chat-message-from-user')
							? ('customer' as const)
							: ('other' as const),
						text: element.textContent?.trim() ?? '',
					})),
			);
		},
		async hears(text, timeout = 30_000) {
			await page.locator('.chat-message-from-bot', { hasText: text }).first().waitFor({ timeout });
		},
	};
}
