/**
 * Installs the project's packages if node_modules doesn't match package-lock.json. `npm start` and `.ci/run` run this
 * first, so it must do without any package itself. (A pre-script wouldn't run: `ignore-scripts` in .npmrc, without
 * which isolated-vm can't be installed on Node.js 20, keeps npm from running those too.)
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const STAMP = '.installed-from-lock-file';

const hashOf = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

function readJson(file) {
	try {
		return JSON.parse(fs.readFileSync(file, 'utf8'));
	} catch {
		return undefined;
	}
}

/** Whether the stamp says that node_modules was installed from this very lock file. */
function hasStamp(project) {
	try {
		const stamp = fs.readFileSync(path.join(project, 'node_modules', STAMP), 'utf8');
		return stamp.trim() === hashOf(path.join(project, 'package-lock.json'));
	} catch {
		return false;
	}
}

/**
 * Whether npm's own record of what is in node_modules agrees with package-lock.json, as after a person's
 * `npm ci`. Packages for other platforms are optional and may be missing.
 */
function matchesLockFile(project) {
	const wanted = readJson(path.join(project, 'package-lock.json'))?.packages;
	const present = readJson(path.join(project, 'node_modules', '.package-lock.json'))?.packages;
	if (wanted === undefined || present === undefined) return false;

	const isSame = (name) =>
		wanted[name].version === present[name].version &&
		wanted[name].integrity === present[name].integrity &&
		fs.existsSync(path.join(project, name));
	return (
		Object.keys(present).every((name) => name in wanted) &&
		Object.keys(wanted)
			.filter((name) => name !== '')
			.every((name) => (name in present ? isSame(name) : wanted[name].optional === true))
	);
}

function writeStamp(project) {
	const hash = hashOf(path.join(project, 'package-lock.json'));
	fs.writeFileSync(path.join(project, 'node_modules', STAMP), `${hash}\n`);
}

/** Runs `npm ci`; gives its exit code and everything that it printed. */
function npmCi(project) {
	const args = ['ci', '--no-audit', '--no-fund'];
	// Under npm, the same npm again; it is a script, so that Windows needs no shell for it.
	const script = process.env.npm_execpath;
	const isNpm = script !== undefined && path.basename(script) === 'npm-cli.js';
	const [command, allArgs] = isNpm ? [process.execPath, [script, ...args]] : ['npm', args];
	return new Promise((resolve, reject) => {
		const npm = spawn(command, allArgs, {
			cwd: project,
			stdio: ['ignore', 'pipe', 'pipe'],
			shell: !isNpm && process.platform === 'win32',
		});
		let output = '';
		npm.stdout.on('data', (chunk) => (output += chunk));
		npm.stderr.on('data', (chunk) => (output += chunk));
		npm.on('error', reject);
		npm.on('close', (code) => resolve({ code: code ?? 1, output }));
	});
}

async function installUnlessDone(project) {
	// Another process may have installed while we waited for the lock.
	if (hasStamp(project)) return 0;
	if (!matchesLockFile(project)) {
		console.log("Installing the project's packages, about 2 minutes the first time …");
		const { code, output } = await npmCi(project);
		if (code !== 0) {
			process.stderr.write(output);
			console.error("The project's packages could not be installed: `npm ci` failed, see above.");
			return code;
		}
	}
	writeStamp(project);
	return 0;
}

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

if (!hasStamp(project)) {
	const { withLock } = (await import('./lock.cjs')).default;
	let told = false;
	process.exitCode = await withLock(
		path.join(project, 'node_modules.lock'),
		() => installUnlessDone(project),
		() => {
			if (told) return;
			told = true;
			console.log("Waiting for another process that installs the project's packages …");
		},
	);
}
