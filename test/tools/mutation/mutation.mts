import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { onSignal } from '../process/signals.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { SupervisedCommand } from '../n8n/supervised.mts';

const USAGE = `npm run mutation [-- paths]

Changes the code of the rooms that compute and touch nothing else, one small thing at a time, and sees whether a unit test
fails. A change that no test notices survives. One room after the other; takes minutes for a folder, hours for all.

  paths   files or folders; by default ${'`'}nodes/Talkdesk/…${'`'} of:`;

/** What does no input or output: its unit tests alone must see every change. */
const PURE = [
	'api/problem.ts',
	'api/retry.ts',
	'collections',
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

/** The patterns of the files to change, by their room. */
const rooms = new Map<string, string[]>();
for (const name of paths) {
	const relative = path.relative(PROJECT_FOLDER, path.resolve(name)).replaceAll(path.sep, '/');
	const isFolder = fs.statSync(name).isDirectory();
	const pattern = isFolder ? `${relative}/**/*.ts` : relative;
	const room = path.posix.relative(
		'nodes/Talkdesk',
		isFolder ? relative : path.posix.dirname(relative),
	);
	rooms.set(room, [...(rooms.get(room) ?? []), pattern]);
}

// Outside of the checkout: n8n's linter would read the changed copies, and jest find everything twice.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mutation-'));
// Stryker's copy finds the dependencies of a git worktree too, whose node_modules is a link.
const dependencies = fs.realpathSync(path.join(PROJECT_FOLDER, 'node_modules'));
fs.symlinkSync(dependencies, path.join(folder, 'node_modules'), 'junction');
const stryker = new SupervisedCommand([folder]);
stryker.onOutput = (text) => process.stdout.write(text);
let isStopped = false;
onSignal(() => {
	isStopped = true;
	stryker.stop();
});
let failure = 0;
for (const [room, patterns] of rooms) {
	if (isStopped) break;
	process.stdout.write(`\n${room}\n`);
	const { exited } = await stryker.start({
		command: process.execPath,
		args: [
			path.join(PROJECT_FOLDER, 'node_modules/@stryker-mutator/core/bin/stryker.js'),
			'run',
			'test/tools/mutation/stryker.config.mjs',
			'--mutate',
			patterns.join(','),
			'--tempDirName',
			path.join(folder, 'copies'),
		],
		cwd: PROJECT_FOLDER,
		env: { ...process.env, MUTATED_ROOM: room, TMPDIR: folder, TEMP: folder, TMP: folder },
	});
	const { code } = await exited;
	failure ||= code ?? 1;
}
await stryker.close();
process.exit(failure);
