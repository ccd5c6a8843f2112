import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { cacheFolder, installationName } from '../n8n/cache.mts';
import { runNpm } from '../n8n/npm.mts';
import { withLock } from '../bootstrap/lock.cjs';
import { CheckFailed, runScript } from './check.mts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SOURCE = path.join(HERE, 'scanner');
const FILES = ['package.json', 'package-lock.json', '.npmrc'];
const MARKER = '.complete';

const readSource = (name: string): string => fs.readFileSync(path.join(SOURCE, name), 'utf8');

/**
 * Gives the script of n8n's scanner, and installs it first if need be, outside the checkout: its ESLint and TypeScript
 * are other ones than the project's.
 *
 * @throws with npm's last lines when the installation fails
 */
export async function ensureScanner(onProgress: (line: string) => void): Promise<string> {
	const name = installationName(
		{
			packageJson: readSource('package.json'),
			packageLock: readSource('package-lock.json'),
			platform: process.platform,
			arch: process.arch,
		},
		'scanner',
	);
	const folder = path.join(cacheFolder(), name);
	const script = path.join(folder, 'node_modules/@n8n/scan-community-package/scanner/scanner.mjs');
	const isComplete = (): boolean => fs.existsSync(path.join(folder, MARKER));
	if (isComplete()) return script;

	return await withLock(`${folder}.lock`, async () => {
		if (isComplete()) return script;
		onProgress(`Installing n8n's scanner into ${folder} (1 minute, 190 MB, once) …`);
		fs.mkdirSync(folder, { recursive: true });
		for (const file of FILES) fs.copyFileSync(path.join(SOURCE, file), path.join(folder, file));
		await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder, {
			pidFile: path.join(folder, '.npm-pid'),
		});
		fs.writeFileSync(path.join(folder, MARKER), `${new Date().toISOString()}\n`);
		return script;
	});
}

const resultSchema = z.object({
	files: z.number(),
	passed: z.boolean(),
	message: z.string().optional(),
	details: z.string().optional(),
});

export interface ScanOptions {
	/** The scanner's script. */
	scanner: string;
	/** The source of a package, or what its tarball held. */
	what: 'source' | 'tarball';
	/** The parent of the folder that the scanner leaves behind. */
	temporary: string;
}

/**
 * Runs the rules of n8n's scanner over a folder, as it does for a published package.
 *
 * @returns how many files it looked at
 * @throws CheckFailed with the scanner's findings
 */
export async function scan(
	folder: string,
	{ scanner, what, temporary }: ScanOptions,
): Promise<number> {
	const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, NO_COLOR: '1' };
	const args = [path.join(HERE, 'scan.mjs'), scanner, folder, what];
	const output = await runScript(args, { cwd: folder, env });
	const [last = ''] = output.trimEnd().split('\n').slice(-1);
	const { files, passed, message, details } = resultSchema.parse(JSON.parse(last));
	if (!passed) {
		const findings = details?.trim().replaceAll(`${folder}${path.sep}`, '');
		throw new CheckFailed([findings || message || 'the scanner does not say why']);
	}
	// package.json alone is none.
	if (files < 2) throw new CheckFailed([`the scanner found ${files} files to look at`]);
	return files;
}
