import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { onSignal } from '../process/signals.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { SupervisedCommand } from '../n8n/supervised.mts';

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

// Outside of the checkout: n8n's linter would read the changed copies, and jest find everything twice.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mutation-'));
const stryker = new SupervisedCommand([folder]);
stryker.onOutput = (text) => process.stdout.write(text);
onSignal(() => stryker.stop());
const { exited } = await stryker.start({
	command: process.execPath,
	args: [
		path.join(PROJECT_FOLDER, 'node_modules/@stryker-mutator/core/bin/stryker.js'),
		'run',
		'test/tools/mutation/stryker.config.mjs',
		'--mutate',
		patterns.join(','),
		'--tempDirName',
		folder,
	],
	cwd: PROJECT_FOLDER,
	env: process.env,
});
const { code } = await exited;
await stryker.close();
process.exit(code ?? 1);
