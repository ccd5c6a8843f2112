const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const makeTemporaryFolder = require('../tools/process/temporaryFolder.cjs');

/** Runs once, ahead of the tests, which inherit the environment: n8n's engine reads its settings from there. */
module.exports = async () => {
	await makeTemporaryFolder();
	// n8n logs every error of a node; the tests look at the errors themselves.
	process.env.N8N_LOG_LEVEL = 'silent';
	process.env.N8N_USER_FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-engine-'));
	process.env.N8N_DEFAULT_BINARY_DATA_MODE = 'filesystem';
};
