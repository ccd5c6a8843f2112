/** Decides whether a command may install programs on this machine. */
const { accessSync, constants } = require('node:fs');

const APT_GET = '/usr/bin/apt-get';

function canInstall() {
	try {
		accessSync(APT_GET, constants.X_OK);
		return process.getuid?.() === 0;
	} catch {
		return false;
	}
}

function mayInstall({ env = process.env, args = process.argv, able = canInstall() } = {}) {
	return able && (env.CI === 'true' || args.includes('--install'));
}

module.exports = { mayInstall };
