import { openBrowser, type TestBrowser } from '../tools/browser/browser.mts';

/** A browser, opened once for the tests of the importing file. */
export let browser: TestBrowser;

beforeAll(async () => {
	browser = await openBrowser();
}, 60_000);
afterAll(async () => await browser?.close(), 30_000);
