/** Finds a Chromium for the tests of pages. Needs nothing but Node.js. */
const { spawnSync } = require('node:child_process');
const { accessSync, constants } = require('node:fs');
const path = require('node:path');

const { mayInstall } = require('./mayInstall.cjs');

const PLACES = [
	'/usr/bin/chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const INSTALL = ['install', '--yes', '--no-install-recommends', 'chromium'];

const HELP =
	'The tests of the pages need Chromium: on Debian, install it with `sudo apt-get install --no-install-recommends chromium`, ' +
	'or set CHROMIUM_PATH to the program of a Chromium or Google Chrome.';

function isProgram(file) {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

function findChromium({ env = process.env, places = PLACES } = {}) {
	if (env.CHROMIUM_PATH) return isProgram(env.CHROMIUM_PATH) ? env.CHROMIUM_PATH : undefined;
	const onPath = (env.PATH ?? '')
		.split(path.delimiter)
		.filter(Boolean)
		.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
	return [...places, ...onPath].find(isProgram);
}

function ensureChromium(options = {}) {
	const { env = process.env, install = mayInstall({ env }), report = console.log } = options;
	const found = findChromium(options);
	if (found) return found;

	// Another program than the one that CHROMIUM_PATH names would not be used.
	if (install && !env.CHROMIUM_PATH) {
		report('Installing Chromium with apt-get …');
		const settings = {
			stdio: 'inherit',
			env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
		};
		// The lists of packages may be missing, as in images of containers, or old.
		spawnSync('apt-get', ['update'], settings);
		spawnSync('apt-get', INSTALL, settings);
		const installed = findChromium(options);
		if (installed) return installed;
	}
	throw new Error(HELP);
}

module.exports = { HELP, ensureChromium, findChromium };
