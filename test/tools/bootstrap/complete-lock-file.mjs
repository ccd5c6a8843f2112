/**
 * Adds to a package-lock.json the optional packages for other platforms that npm left out, as it does when
 * the registry in use lacks them, or when node_modules was there already. `npm ci` refuses a lock file without
 * them. The new entries name version, system and processor; npm takes the rest from the registry, and only
 * on the platform that a package is for.
 *
 * Usage: node test/tools/bootstrap/complete-lock-file.mjs package-lock.json …
 */
import fs from 'node:fs';
import path from 'node:path';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Where Node.js would look for `name` from a package, nearest first. */
function* candidates(from, name) {
	for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
		yield folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
		if (folder === '') return;
		if (!folder.includes('/node_modules/')) folder = '/node_modules/';
	}
}

function entryFor(name, version, parent) {
	const words = path.posix.basename(name).split(/[-.]/);
	const os = SYSTEMS.filter((system) => words.includes(system));
	const cpu = PROCESSORS.filter((processor) => words.includes(processor));
	if (os.length !== 1 || cpu.length !== 1 || !/^\d+\.\d+\.\d+/.test(version)) return undefined;
	return { version, cpu, ...(parent.dev ? { dev: true } : {}), optional: true, os };
}

function complete(file) {
	const text = fs.readFileSync(file, 'utf8');
	const lock = JSON.parse(text);
	const added = {};
	for (const [from, parent] of Object.entries(lock.packages)) {
		for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
			if ([...candidates(from, name)].some((key) => key in lock.packages)) continue;
			const entry = entryFor(name, version, parent);
			if (entry === undefined) console.warn(`${file}: can't add ${name}@${version}`);
			else added[`node_modules/${name}`] = entry;
		}
	}
	const sorted = Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) =>
		a.localeCompare(b, 'en'),
	);
	lock.packages = Object.fromEntries(sorted);
	const indent = /^[ \t]+/m.exec(text)?.[0] ?? '  ';
	fs.writeFileSync(file, `${JSON.stringify(lock, null, indent)}\n`);
	console.log(`${file}: ${Object.keys(added).length} packages added`);
}

for (const file of process.argv.slice(2)) complete(file);
