import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nInstance } from '../n8n/instance.mts';
import { packageFolder, PROJECT_FOLDER } from '../n8n/pack.mts';

const PACKAGE = 'n8n-nodes-talkdesk';
/** What n8n logs when it begins to reload the package (`reloadLoader` in its load-nodes-and-credentials). */
const RELOAD = `Hot reload triggered for ${PACKAGE}`;
const POLL_MS = 50;
/** n8n says that it is ready a few seconds before it watches: what changes meanwhile has to change once more. */
const TOUCH_MS = 2_000;
const TIMEOUT_MS = 20_000;

const isSame = (a: string, b: string) =>
	fs.existsSync(b) && fs.readFileSync(a).equals(fs.readFileSync(b));

const filesIn = (folder: string) =>
	fs
		.readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => fs.statSync(path.join(folder, name)).isFile());

/** Makes a folder like another one. @returns whether it was another one before */
function syncFolder(from: string, to: string): boolean {
	const files = filesIn(from);
	const changed = files.filter((file) => !isSame(path.join(from, file), path.join(to, file)));
	for (const file of changed) {
		fs.mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
		fs.copyFileSync(path.join(from, file), path.join(to, file));
	}
	const gone = filesIn(to).filter((file) => !files.includes(file));
	for (const file of gone) fs.rmSync(path.join(to, file));
	return changed.length + gone.length > 0;
}

/**
 * Gives a new build to a running n8n that was started with N8N_DEV_RELOAD, and waits until n8n reloads it. The editor then
 * shows it without a reload of the page.
 *
 * n8n gets a copy and no link: it watches the package's real folder with everything in it, `node_modules` too, and the nodes
 * would find the project's own n8n-workflow in there, not n8n's.
 *
 * @throws if n8n doesn't react
 */
export async function reloadPackage(n8n: N8nInstance): Promise<void> {
	const folder = packageFolder(n8n.userFolder, PACKAGE);
	const reloads = () => n8n.log().split(RELOAD).length;
	const before = reloads();
	const start = Date.now();
	let touched = start;
	// Another comment, for example, is no other build.
	if (!syncFolder(path.join(PROJECT_FOLDER, 'dist'), path.join(folder, 'dist'))) return;
	while (reloads() === before) {
		await sleep(POLL_MS);
		const now = Date.now();
		if (now - start > TIMEOUT_MS) throw new Error("n8n doesn't reload the package.");
		if (now - touched < TOUCH_MS) continue;
		touched = now;
		const manifest = path.join(folder, 'package.json');
		fs.writeFileSync(manifest, fs.readFileSync(manifest));
	}
}
