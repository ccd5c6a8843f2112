/**
 * Takes the pictures of the README and of docs/ from a running n8n, the Talkdesk simulator, and the pages.
 * Usage: npm run screenshots
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Locator, Page, PageScreenshotOptions } from 'playwright-core';

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
import { workflowSchema } from '../n8n/schemas.mts';
import { startEnvironment, type Environment } from '../demo/environment.mts';
import { startHostedChat } from '../demo/hostedChat.mts';

const FOLDER = path.join(PROJECT_FOLDER, 'docs', 'pictures');
const pageOf = (width: number, height: number) => ({
	viewport: { width, height },
	colorScheme: 'light' as const,
});
/** Two of them stand side by side. */
const PAGE = pageOf(640, 1000);
const EDITOR = pageOf(1600, 900);
/** n8n's canvas has its full size in it, with nothing of the editor over the notes. */
const CANVAS = pageOf(3200, 1900);
/** Pixels around what is shown of a canvas or a panel. */
const MARGIN = 12;

/** n8n's hints, such as those for a new workflow, and a panel's ways to the next nodes. */
const WITHOUT_HINTS =
	'[data-reka-popper-content-wrapper], .el-popper, [data-test-id="floating-nodes"] { display: none !important }';

async function take(page: Page, name: string, clip?: PageScreenshotOptions['clip']): Promise<void> {
	// What fades in is there.
	await page.waitForLoadState('networkidle');
	await page.screenshot({
		path: path.join(FOLDER, `${name}.png`),
		animations: 'disabled',
		caret: 'hide',
		style: WITHOUT_HINTS,
		clip,
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

/** The panel of a node in the newest execution that ran it, with its data. */
async function takePanel(
	environment: Environment,
	page: Page,
	{ node, name }: { node: string; name: string },
): Promise<void> {
	const { n8n, workflowId } = environment;
	const executions = await n8n.api.executions({ workflowId });
	for (const { id } of executions) {
		const { data } = await n8n.api.execution(id);
		if (!data.resultData.runData[node]) continue;
		await page.goto(`${n8n.url}/workflow/${workflowId}/executions/${id}`);
		await nodeOf(page, node).dblclick();
		const panel = page.getByTestId('ndv');
		await panel.getByTestId('radio-button-json').last().click();
		await panel.getByText('"conversationId"').last().waitFor();
		const { x, y, width, height } = await boxOf(panel);
		// A memory's sign is over the lower edge.
		const sides = { x: x - MARGIN, width: width + 2 * MARGIN };
		await take(page, name, { ...sides, y: y - MARGIN, height: height + 3 * MARGIN });
		return;
	}
}

/** An example as it is after its import, in its full size and without its first note, which says how to set it up. */
async function takeCanvas(
	environment: Environment,
	browser: TestBrowser,
	{ example, name }: { example: string; name: string },
): Promise<void> {
	const { n8n, credential } = environment;
	const text = fs.readFileSync(path.join(PROJECT_FOLDER, 'examples', example), 'utf8');
	const model = await n8n.api.createCredential('Model', 'openAiApi', { apiKey: 'none' });
	const { id } = await n8n.api.importWorkflow(workflowSchema.parse(JSON.parse(text)), {
		credentials: { talkdeskOAuth2Api: credential, openAiApi: model },
	});
	const page = await openExample({ ...environment, workflowId: id }, browser, CANVAS);
	// n8n's keys: all is shown, in its full size.
	await page.keyboard.press('1');
	await page.keyboard.press('0');
	const notes = page
		.getByTestId('sticky')
		.filter({ has: page.getByRole('heading', { name: /^\d\. / }) });
	await notes.first().waitFor();
	await page.waitForLoadState('networkidle');
	const boxes = await notes.evaluateAll((all) =>
		all.map((note) => {
			const { left, top, right, bottom } = note.getBoundingClientRect();
			return { left, top, right, bottom };
		}),
	);
	const x = Math.min(...boxes.map(({ left }) => left)) - MARGIN;
	const y = Math.min(...boxes.map(({ top }) => top)) - MARGIN;
	await take(page, name, {
		x,
		y,
		width: Math.max(...boxes.map(({ right }) => right)) + MARGIN - x,
		height: Math.max(...boxes.map(({ bottom }) => bottom)) + MARGIN - y,
	});
}

/** What the bot knows from its memory. */
const recall = (before: string[]) =>
	before.some((text) => text.includes('before noon'))
		? 'Zoe told you: today, before noon.'
		: 'I do not know.';

/** n8n's own chat, in which a human takes over from an AI agent, and the agent's desk at the same moment. */
async function takeHostedChat(environment: Environment, browser: TestBrowser): Promise<void> {
	const hosted = await startHostedChat(environment, (said, toolResults, before) => {
		if (toolResults.length > 0) return { say: 'A colleague takes over, here in this chat.' };
		if (/human/.test(said)) {
			return { callTool: { contactEmail: 'ann@shop.internal', contactReason: 'A late order' } };
		}
		return { say: /when/.test(said) ? recall(before) : 'Your order 4711 left us on Monday.' };
	});
	try {
		const { talkdesk } = environment;
		const chat = await openHostedChat(await browser.newPage(PAGE), hosted.chatUrl);
		await chat.say('Where is my order 4711?');
		await chat.hears('left us on Monday');
		await chat.say('Could I talk to a human? I am ann@shop.internal');
		await chat.hears('A colleague takes over');
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
		await chat.say('Thank you! So when does it come?');
		await chat.hears('Zoe told you');
		await fitChat(chat.page);
		await take(chat.page, 'n8n-chat');
		const desk = await openDesk(environment, browser, {
			...PAGE,
			viewport: chat.page.viewportSize(),
		});
		await desk.getByRole('button', { name: /ann@shop/ }).click();
		await messagesOf(desk).getByText('before noon').waitFor();
		await take(desk, 'n8n-chat-desk');
	} finally {
		await hosted.close();
	}
}

/** Makes the page as high as the chat from the customer's first message on, and leaves out signs that its font lacks. */
async function fitChat(page: Page): Promise<void> {
	// Until the execution has ended.
	await page.locator('.chat-message-typing').waitFor({ state: 'detached' });
	await page.locator('.chat-header h1, .chat-message-markdown p').evaluateAll((texts) => {
		for (const each of texts) each.textContent = (each.textContent ?? '').replace(/\s*👋/u, '');
	});
	const header = await boxOf(page.locator('.chat-header'));
	const first = await boxOf(page.locator('.chat-message-from-user').first());
	const last = await boxOf(page.locator('.chat-message').last());
	const footer = await boxOf(page.locator('.chat-footer'));
	/** Above the first message and below the last one; less than a message before would show in. */
	const GAPS = 28;
	const messages = last.y + last.height - first.y;
	const height = Math.ceil(header.height + messages + footer.height) + GAPS;
	await page.setViewportSize({ width: PAGE.viewport.width, height });
}

async function boxOf(place: Locator) {
	const box = await place.boundingBox();
	if (!box) throw new Error(`not to be seen: ${String(place)}`);
	return box;
}

fs.mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
try {
	const environment = await startEnvironment({
		onProgress: (line) => process.stdout.write(`${line}\n`),
	});
	try {
		await takePages(environment, browser);
		const page = await openExample(environment, browser, EDITOR);
		await takePanel(environment, page, { node: 'Talkdesk Trigger', name: 'talkdesk-trigger' });
		await takePanel(environment, page, { node: 'Start conversation', name: 'talkdesk-node' });
		await takeHostedChat(environment, browser);
		await takeCanvas(environment, browser, {
			example: 'live-chat-hand-off.json',
			name: 'example',
		});
		await takeCanvas(environment, browser, {
			example: 'ai-agent-in-n8n-chat.json',
			name: 'n8n-chat-workflow',
		});
	} finally {
		await environment.stop();
	}
} finally {
	await browser.close();
}
