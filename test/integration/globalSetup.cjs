const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Runs once, ahead of the tests, which inherit the environment: n8n's engine reads its settings from there. */
module.exports = async () => {
	// n8n logs every error of a node; the tests look at the errors themselves.
	process.env.N8N_LOG_LEVEL = 'silent';

	// n8n's files go into a folder that goes with the tests, also after Ctrl-C.
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-engine-'));
	process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
	for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
	process.env.N8N_USER_FOLDER = folder;
	process.env.N8N_DEFAULT_BINARY_DATA_MODE = 'filesystem';
};
