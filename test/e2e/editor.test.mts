import type { Locator, Page } from 'playwright-core';

import { browser } from '../support/browserFixture.mts';
import { environment } from '../support/environmentFixture.mts';
import type { Problem } from '../tools/browser/browser.mts';
import { nodeOf, openExample } from '../tools/demo/pageActions.mts';

/** The package in n8n's editor. */

/** Problems of n8n's editor itself. */
const NOISE: Array<{ why: string; fits: (problem: Problem) => boolean }> = [
	{
		why: 'it requests the session before the login',
		fits: ({ text, url }) => text.includes('401') && url.endsWith('/rest/login'),
	},
	{
		why: 'it requests schemas of outputs, which most nodes do not have, and triggers do not need',
		fits: ({ text, url }) =>
			text.includes('404') &&
			/\/schemas\/[\w.-]+\/[\d.]+/.test(url) &&
			!url.includes('/schemas/n8n-nodes-talkdesk.talkdesk/'),
	},
	{
		why: 'it reads its stores before the workflow is loaded',
		fits: ({ text }) => text.includes('was accessed without an active workflow document store'),
	},
];
const problems = () =>
	browser.problems.filter((problem) => !NOISE.some(({ fits }) => fits(problem)));

const panelOf = (page: Page) => page.getByTestId('ndv');
const fieldIn = (place: Locator, name: string) =>
	place.getByTestId(`parameter-input-${name}`).first();

/** Waits until an image is decoded, which fails for a broken one. */
async function expectImage(image: Locator, file: string) {
	await image.waitFor();
	await image.evaluate(async (element) => {
		if (element instanceof HTMLImageElement) await element.decode();
	});
	expect(await image.getAttribute('src')).toMatch(new RegExp(`/${file}$`));
}

/** The nodes, and some of the fields that their panels must have. */
const NODES = [
	['Start conversation', ['contactEmail', 'sessionId', 'name', 'phone', 'transcriptSource']],
	['Human or bot?', ['sessionId', 'text', 'inputDataFieldNames']],
	['Talkdesk Trigger', ['events', 'downloadAttachments']],
] as const;
/** The outputs that the canvas shows. */
const OUTPUTS = [
	['Talkdesk Trigger', ['Message', 'Ended']],
	['Human or bot?', ['Human', 'Bot']],
] as const;
const CREDENTIAL = ['region', 'clientId', 'clientSecret', 'touchpointId', 'webhookApiKey'];

it.each([
	['light', 'talkdesk.svg'],
	['dark', 'talkdesk.dark.svg'],
] as const)(
	'shows the nodes, their panels and the credential, %s',
	async (scheme, icon) => {
		const page = await openExample(environment, browser, {
			colorScheme: scheme,
			viewport: { width: 1800, height: 1000 },
		});
		page.setDefaultTimeout(20_000);
		for (const [name, outputs] of OUTPUTS) {
			for (const output of outputs) {
				await nodeOf(page, name).getByText(output, { exact: true }).waitFor();
			}
		}
		for (const [name, fields] of NODES) {
			await expectImage(nodeOf(page, name).locator('img').first(), icon);
			await nodeOf(page, name).dblclick();
			const panel = panelOf(page);
			await panel.getByTestId('credential-edit-button').waitFor();
			for (const field of fields) await fieldIn(panel, field).waitFor();
			await page.getByTestId('ndv-close-button').click();
			await panel.waitFor({ state: 'detached' });
		}

		await nodeOf(page, 'Start conversation').dblclick();
		await page.getByTestId('credential-edit-button').click();
		const dialog = page.getByTestId('editCredential-modal');
		await dialog.getByTestId('credentials-config-container-test-success').waitFor();
		for (const field of CREDENTIAL) await fieldIn(dialog, field).waitFor();
		await expectImage(dialog.locator('img').first(), icon);
		expect(problems()).toEqual([]);
	},
	90_000,
);

it('shows what a node puts out before it has run', async () => {
	const page = await openExample(environment, browser, {
		viewport: { width: 1800, height: 1000 },
	});
	page.setDefaultTimeout(20_000);
	await nodeOf(page, 'What now?').dblclick();
	const input = panelOf(page).getByTestId('ndv-input-panel');
	for (const field of ['conversationId', 'messageId', 'conversationEnded', 'sessionId']) {
		await input.getByText(field, { exact: true }).waitFor();
	}
}, 60_000);
