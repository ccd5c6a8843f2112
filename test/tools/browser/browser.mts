import {
	chromium,
	selectors,
	type Browser,
	type BrowserContextOptions,
	type Page,
} from 'playwright-core';

import { findChromium, HELP } from '../bootstrap/chromium.cjs';

/** A browser for tests. Each page has its own context and shares nothing with the others. */
export interface TestBrowser {
	newPage(options?: BrowserContextOptions): Promise<Page>;
	/** Errors in the consoles of all pages, and uncaught ones. */
	readonly problems: readonly Problem[];
	close(): Promise<void>;
}

export interface Problem {
	text: string;
	/** The script or the request that it is about; empty when unknown. */
	url: string;
}

/** What keeps Chromium small, quiet and within this machine. */
const ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** Starts Chromium without a window. @throws an error with a remedy if there is none */
export async function openBrowser(): Promise<TestBrowser> {
	const executablePath = findChromium();
	if (!executablePath) throw new Error(HELP);
	// n8n's spelling.
	selectors.setTestIdAttribute('data-test-id');
	const browser: Browser = await chromium.launch({ executablePath, args: ARGUMENTS });
	const problems: Problem[] = [];
	return {
		problems,
		async newPage(options = {}) {
			const context = await browser.newContext({ locale: 'en-GB', ...options });
			const page = await context.newPage();
			page.on('console', (message) => {
				if (message.type() !== 'error') return;
				problems.push({ text: message.text(), url: message.location().url });
			});
			page.on('pageerror', (error) => {
				problems.push({ text: error.stack ?? error.message, url: '' });
			});
			return page;
		},
		close: async () => await browser.close(),
	};
}
