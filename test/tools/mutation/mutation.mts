import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { PROJECT_FOLDER } from '../n8n/pack.mts';

const USAGE = `npm run mutation [-- paths]

Changes the code of the rooms that compute and touch nothing else, one small thing at a time, and sees whether a unit test
fails. A change that no test notices survives. Takes minutes for a folder, hours for all.

  paths   files or folders; by default ${'`'}nodes/Talkdesk/…${'`'} of:`;

/** What does no input or output: its unit tests alone must see every change. */
const PURE = [
	'api/problem.ts',
	'api/retry.ts',
	'deduplication',
	'parameters/schemas.ts',
	'text',
	'transcript',
	'trigger/authentication',
	'trigger/event',
];

const given = process.argv.slice(2);
if (given.includes('--help')) {
	process.stdout.write(`${[USAGE, ...PURE].join('\n          ')}\n`);
	process.exit(0);
}
const paths = given.length > 0 ? given : PURE.map((name) => `nodes/Talkdesk/${name}`);
const patterns = paths.map((name) => {
	const relative = path.relative(PROJECT_FOLDER, path.resolve(name)).replaceAll(path.sep, '/');
	return fs.statSync(name).isDirectory() ? `${relative}/**/*.ts` : relative;
});

const stryker = path.join(PROJECT_FOLDER, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const config = 'test/tools/mutation/stryker.config.mjs';
const child = spawn(process.execPath, [stryker, 'run', config, '--mutate', patterns.join(',')], {
	cwd: PROJECT_FOLDER,
	stdio: 'inherit',
});
child.on('exit', (code) => (process.exitCode = code ?? 1));
