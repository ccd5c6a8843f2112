/** Finds a Chromium for the tests of pages. Nothing but Node.js is needed. */
const { accessSync, constants } = require('node:fs');
const path = require('node:path');

const PLACES = [
	'/usr/bin/chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const HELP =
	'The tests of the pages need Chromium. Install Chromium or Google Chrome, or set CHROMIUM_PATH to its program.';

function isProgram(file) {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} the path of the program; what CHROMIUM_PATH says counts alone
 */
function findChromium(env = process.env) {
	const wanted = env.CHROMIUM_PATH ? [env.CHROMIUM_PATH] : undefined;
	const onPath = (env.PATH ?? '')
		.split(path.delimiter)
		.filter(Boolean)
		.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
	return (wanted ?? [...PLACES, ...onPath]).find(isProgram);
}

module.exports = { HELP, findChromium };
