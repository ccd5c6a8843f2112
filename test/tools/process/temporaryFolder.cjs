/**
 * Makes one temporary folder for all that a run of tests puts into the system's, as Jest's `globalSetup`.
 *
 * Handlers of signals don't run inside of Jest's tests, so a supervisor removes the folder when Jest's process has ended, for
 * any reason, Ctrl-C included.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const SUPERVISOR = path.join(__dirname, '../n8n/supervisor.mjs');

let made = false;

module.exports = async () => {
	// Jest calls this for each of its projects.
	if (made) return;
	made = true;
	const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'talkdesk-tests-'));
	// PostgreSQL's user must get to its folder, which has a mode of its own.
	fs.chmodSync(folder, 0o711);
	const supervisor = spawn(process.execPath, [SUPERVISOR, JSON.stringify([folder])], {
		// In its own session, so that Ctrl-C in a terminal doesn't reach it.
		detached: true,
		windowsHide: true,
		cwd: path.parse(folder).root,
		stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
	});
	supervisor.unref();
	supervisor.channel?.unref();
	// The tests and what they start inherit it, also on Windows.
	for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
};
