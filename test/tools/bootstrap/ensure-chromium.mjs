/**
 * Makes sure that there is a Chromium for the tests of pages. Where there is none, root on Debian gets it from the
 * distribution; everybody else a sentence.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import chromium from './chromium.cjs';

const { findChromium, HELP } = chromium;

const aptGet = (...args) =>
	spawnSync('apt-get', args, {
		stdio: 'inherit',
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
	}).status === 0;

if (!findChromium()) {
	const mayInstall =
		!process.env.CHROMIUM_PATH && process.getuid?.() === 0 && existsSync('/etc/debian_version');
	if (mayInstall) {
		console.log('Installing Chromium with apt-get …');
		aptGet('update');
		aptGet('install', '--yes', '--no-install-recommends', 'chromium');
	}
	if (!findChromium()) {
		console.error(HELP);
		process.exitCode = 1;
	}
}
