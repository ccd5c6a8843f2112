import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

import { openBrowser, type TestBrowser } from '../tools/browser/browser.mts';
import { nodeOf } from '../tools/demo/pageActions.mts';
import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';

/** `npm run dev`: what is saved is in the editor a few seconds later. It runs on a copy of the sources. */

/** What is the same for all copies, or built anew. */
const LEFT_OUT = ['.git', 'dist', 'docs', 'node_modules'];

let folder: string;
let browser: TestBrowser;
let dev: ChildProcess | undefined;
let output = '';
const hasEnded = () => dev?.exitCode !== null || dev.signalCode !== null;

/** Waits until the command has printed something; with what is printed in its brackets. */
async function untilPrinted(pattern: RegExp, seconds = 60): Promise<string> {
	for (let tries = seconds * 10; tries > 0 && !hasEnded(); tries--) {
		const found = pattern.exec(output);
		if (found) return found[1] ?? found[0];
		await sleep(100);
	}
	throw new Error(
		`npm run dev ${hasEnded() ? 'has ended' : 'goes on'} without ${pattern}:\n${output}`,
	);
}

/** The command lines of processes that work in the folder. Known on Linux only. */
function processesIn(place: string): string[] {
	if (process.platform !== 'linux') return [];
	return fs.readdirSync('/proc').flatMap((id) => {
		try {
			const [line, environment] = ['cmdline', 'environ'].map((file) =>
				fs.readFileSync(path.join('/proc', id, file), 'utf8').replaceAll('\0', ' '),
			);
			return `${line} ${environment}`.includes(place) ? [`${id} ${line}`] : [];
		} catch {
			// No process, or one that has ended meanwhile.
			return [];
		}
	});
}

beforeAll(async () => {
	folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'dev-test-')));
	fs.mkdirSync(path.join(folder, 'tmp'));
	fs.cpSync(PROJECT_FOLDER, path.join(folder, 'project'), {
		recursive: true,
		filter: (file) => !LEFT_OUT.includes(path.relative(PROJECT_FOLDER, file)),
	});
	fs.symlinkSync(
		fs.realpathSync(path.join(PROJECT_FOLDER, 'node_modules')),
		path.join(folder, 'project', 'node_modules'),
	);
	browser = await openBrowser();

	dev = spawn('npm', ['run', 'dev'], {
		cwd: path.join(folder, 'project'),
		env: { ...process.env, TMPDIR: path.join(folder, 'tmp'), NO_COLOR: '1' },
		stdio: ['ignore', 'pipe', 'pipe'],
		// A process group of its own, which Ctrl-C reaches as a whole.
		detached: true,
	});
	for (const stream of [dev.stdout, dev.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
	}
	await untilPrinted(/Ctrl-C ends everything/, 200);
}, 240_000);

afterAll(async () => {
	await browser?.close();
	if (dev?.pid && !hasEnded()) {
		process.kill(-dev.pid, 'SIGKILL');
		// What it has started ends by itself, after a few seconds.
		for (let tries = 60; tries > 0 && processesIn(folder).length > 0; tries--) await sleep(500);
	}
	fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}, 60_000);

it('what is saved is in the editor, without a reload of the page', async () => {
	const editor = await untilPrinted(/editor +(http\S+)/);
	const [, email = '', password = ''] =
		/Log in with +(\S+) and the password (\S+)/.exec(output) ?? [];
	const page = await browser.newPage({ viewport: { width: 1800, height: 1000 } });
	await page.goto(editor);
	await page.getByLabel('Email').fill(email);
	await page.getByLabel('Password').fill(password);
	await page.keyboard.press('Enter');
	await nodeOf(page, 'Start conversation').dblclick();
	const panel = page.getByTestId('ndv');
	await panel.getByText('Resource', { exact: true }).waitFor();

	const file = path.join(folder, 'project', 'nodes/Talkdesk/Talkdesk.node.ts');
	const source = fs.readFileSync(file, 'utf8');
	const changed = source.replace("displayName: 'Resource'", "displayName: 'What to work on'");
	expect(changed).not.toBe(source);
	fs.writeFileSync(file, changed);
	const saved = Date.now();
	await panel.getByText('What to work on', { exact: true }).waitFor({ timeout: 60_000 });
	process.stdout.write(
		`In the editor ${((Date.now() - saved) / 1000).toFixed(1)} s after saving.\n`,
	);

	// A mistake is said, and ends nothing.
	fs.writeFileSync(file, changed.replace('displayName', 'displayname'));
	await untilPrinted(/error TS\d+.*displayname/);
	fs.writeFileSync(file, `${source}(`);
	await untilPrinted(/Build failed/);
	fs.writeFileSync(file, source);
	await panel.getByText('Resource', { exact: true }).waitFor({ timeout: 60_000 });
}, 180_000);

it('Ctrl-C ends everything', async () => {
	const urls = [
		await untilPrinted(/editor +(http\S+)\/workflow/),
		await untilPrinted(/simulator +(http\S+)/),
	];
	const answers = async (url: string) =>
		await axios.get(url, { validateStatus: () => true }).then(
			() => true,
			() => false,
		);
	for (const url of urls) expect([url, await answers(url)]).toEqual([url, true]);
	const before = processesIn(path.join(folder, 'tmp'));
	expect(before.some((line) => line.includes('n8n'))).toBe(process.platform === 'linux');

	const ended = new Promise((resolve) => dev?.once('exit', resolve));
	// Twice: npm and tsx may pass on what each process of the group has got.
	process.kill(-(dev?.pid ?? 0), 'SIGINT');
	await sleep(20);
	process.kill(-(dev?.pid ?? 0), 'SIGINT');
	await ended;
	for (const url of urls) expect([url, await answers(url)]).toEqual([url, false]);
	expect(processesIn(path.join(folder, 'tmp'))).toEqual([]);
	// npm and tsx keep caches.
	const left = fs.readdirSync(path.join(folder, 'tmp'));
	expect(left.filter((name) => !/^(tsx-|node-compile-cache)/.test(name))).toEqual([]);
}, 60_000);
