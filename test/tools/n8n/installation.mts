import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

import { withLock } from '../bootstrap/lock.cjs';
import { cacheFolder, installationName, packagesFor, platformNode } from './cache.mts';
import { runNpm } from './npm.mts';

const run = promisify(execFile);

export interface Installation {
	/** The folder that holds n8n's package.json and node_modules. */
	folder: string;
	/** A Node.js that this n8n accepts. */
	nodePath: string;
	/** n8n's start script, an argument for that Node.js. */
	n8nPath: string;
	/** Environment variables of this version of n8n only. */
	env: NodeJS.ProcessEnv;
}

export type OnProgress = (line: string) => void;

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** Which versions there are: the one of all tests, and the oldest that the README names. */
const VERSIONS = {
	newest: {
		source: path.join(HERE, 'installation'),
		// This module calls n8n's servers. Older versions don't have it, and end if it is named.
		env: { N8N_DISABLED_MODULES: 'mcp-registry' },
	},
	oldest: { source: path.join(HERE, 'installation-oldest'), env: {} },
};
const FILES = ['package.json', 'package-lock.json', '.npmrc'];
const MARKER = '.complete';
const PROGRESS_MS = 5_000;
const MIN_NODE_MAJOR = 24;

/** npm allows a single name as well as a list. */
const namesSchema = z
	.union([z.array(z.string()), z.string().transform((name) => [name])])
	.optional();
const lockFileSchema = z.object({
	packages: z.record(z.object({ os: namesSchema, cpu: namesSchema })),
});
const packageJsonSchema = z.object({ dependencies: z.object({ n8n: z.string() }) });

/**
 * The version in the environment variable N8N_FOR_TESTS; "newest" without it.
 * @throws if there is no such version
 */
function chosenVersion() {
	const name = process.env.N8N_FOR_TESTS || 'newest';
	if (name === 'newest' || name === 'oldest') return VERSIONS[name];
	const names = Object.keys(VERSIONS).join(' or ');
	throw new Error(`N8N_FOR_TESTS is "${name}". Set it to ${names}.`);
}

const readSource = (name: string): string =>
	fs.readFileSync(path.join(chosenVersion().source, name), 'utf8');

/** The folder of this checkout's n8n. */
function installationFolder(): string {
	const name = installationName({
		packageJson: readSource('package.json'),
		packageLock: readSource('package-lock.json'),
		platform: process.platform,
		arch: process.arch,
	});
	return path.join(cacheFolder(), name);
}

async function majorOf(nodePath: string): Promise<number> {
	try {
		const { stdout } = await run(nodePath, ['--version']);
		return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 0);
	} catch {
		return 0;
	}
}

/** The Node.js for n8n: the one installed beside it, or else that of this process. */
async function findNode(folder: string): Promise<string> {
	const platform = platformNode(process.platform, process.arch);
	const candidates = platform
		? [path.join(folder, 'node_modules', platform.packageName, platform.executable)]
		: [];
	candidates.push(process.execPath);
	for (const candidate of candidates) {
		if ((await majorOf(candidate)) >= MIN_NODE_MAJOR) return candidate;
	}
	throw new Error(
		`n8n needs Node.js ${MIN_NODE_MAJOR}, and there is no package with one for ` +
			`${process.platform}-${process.arch}. Install Node.js ${MIN_NODE_MAJOR} or later and run this with it.`,
	);
}

const n8nPathIn = (folder: string): string =>
	path.join(folder, 'node_modules', 'n8n', 'bin', 'n8n');

const pidFileOf = (folder: string): string => path.join(folder, '.npm-pid');

async function sqliteError(folder: string, nodePath: string): Promise<string | undefined> {
	try {
		await run(nodePath, [
			'-e',
			'require(process.argv[1])',
			path.join(folder, 'node_modules/sqlite3'),
		]);
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

/** A finished installation, or undefined. */
async function findFinished(folder: string): Promise<Installation | undefined> {
	const n8nPath = n8nPathIn(folder);
	if (!fs.existsSync(path.join(folder, MARKER)) || !fs.existsSync(n8nPath)) return undefined;
	return { folder, nodePath: await findNode(folder), n8nPath, env: chosenVersion().env };
}

async function reporting<T>(work: Promise<T>, line: () => string, report: OnProgress): Promise<T> {
	const timer = setInterval(() => report(line()), PROGRESS_MS);
	try {
		return await work;
	} finally {
		clearInterval(timer);
	}
}

const secondsSince = (start: number): string => `${Math.round((Date.now() - start) / 1000)} s`;

async function installPackages(folder: string, report: OnProgress): Promise<void> {
	const { packages } = lockFileSchema.parse(JSON.parse(readSource('package-lock.json')));
	const wanted = packagesFor(packages, process.platform, process.arch);
	const start = Date.now();
	const line = (): string => {
		const present = wanted.filter((name) => fs.existsSync(path.join(folder, name, 'package.json')));
		return `Installing n8n: ${present.length} of ${wanted.length} packages, ${secondsSince(start)} …`;
	};
	const npm = runNpm(['ci', '--no-audit', '--no-fund'], folder, { pidFile: pidFileOf(folder) });
	await reporting(npm, line, report);
}

/** Runs the install script of sqlite3, the only one that n8n needs. */
async function buildSqlite(folder: string, nodePath: string, report: OnProgress): Promise<void> {
	// With the headers of n8n's Node.js, node-gyp needs no download.
	const headers = path.resolve(path.dirname(nodePath), '../..');
	const hasHeaders = fs.existsSync(path.join(headers, 'include', 'node', 'node_version.h'));
	const start = Date.now();
	await reporting(
		runNpm(['rebuild', 'sqlite3', '--ignore-scripts=false'], folder, {
			env: hasHeaders ? { npm_config_nodedir: headers } : {},
			pidFile: pidFileOf(folder),
		}),
		() => `Installing n8n: building sqlite3, about 2 minutes, ${secondsSince(start)} …`,
		report,
	);
}

async function install(folder: string, report: OnProgress): Promise<Installation> {
	const { dependencies } = packageJsonSchema.parse(JSON.parse(readSource('package.json')));
	report(`Installing n8n ${dependencies.n8n} into ${folder} (6 to 9 minutes, 2.8 GB, once) …`);
	fs.mkdirSync(folder, { recursive: true });
	fs.rmSync(path.join(folder, MARKER), { force: true });
	for (const name of FILES) {
		fs.copyFileSync(path.join(chosenVersion().source, name), path.join(folder, name));
	}

	// npm writes this record last. With it, an earlier attempt got at least as far as the packages.
	const isComplete = (): boolean =>
		fs.existsSync(path.join(folder, 'node_modules', '.package-lock.json')) &&
		fs.existsSync(n8nPathIn(folder));
	if (!isComplete()) await installPackages(folder, report);

	const nodePath = await findNode(folder);
	if ((await sqliteError(folder, nodePath)) !== undefined) {
		await buildSqlite(folder, nodePath, report);
		const error = await sqliteError(folder, nodePath);
		if (error !== undefined) {
			// The next attempt starts again, in case the packages are damaged.
			fs.rmSync(path.join(folder, 'node_modules', '.package-lock.json'), { force: true });
			throw new Error(`sqlite3 was built, but can't be loaded by ${nodePath}:\n${error}`);
		}
	}

	const marker = path.join(folder, MARKER);
	fs.writeFileSync(`${marker}.new`, `${new Date().toISOString()}\n`);
	fs.renameSync(`${marker}.new`, marker);
	report('n8n is installed.');
	return { folder, nodePath, n8nPath: n8nPathIn(folder), env: chosenVersion().env };
}

/**
 * Gives a real n8n, and installs it first if necessary. A second process waits for the first one. An
 * interrupted installation is repaired or started again.
 *
 * @param options.onProgress called with a line every few seconds during an installation
 * @throws with npm's last lines if the installation fails; if there is no Node.js for n8n
 */
export async function ensureN8n(options: { onProgress?: OnProgress } = {}): Promise<Installation> {
	const report = options.onProgress ?? (() => {});
	const folder = installationFolder();
	const finished = await findFinished(folder);
	if (finished) return finished;

	let lastTold = 0;
	return await withLock(
		`${folder}.lock`,
		async () => (await findFinished(folder)) ?? (await install(folder, report)),
		(pid) => {
			if (Date.now() - lastTold < PROGRESS_MS) return;
			lastTold = Date.now();
			report(`Waiting for another process${pid ? ` (${pid})` : ''} that installs n8n …`);
		},
	);
}
