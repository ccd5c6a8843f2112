import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SETUP = JSON.stringify(path.join(__dirname, 'temporaryFolder.cjs'));
/** Does as Jest: calls the setup for each project, and runs tests. */
const SCRIPT = `
const makeTemporaryFolder = require(${SETUP});
makeTemporaryFolder().then(makeTemporaryFolder).then(() => {
	const file = require('node:path').join(require('node:os').tmpdir(), 'left behind');
	require('node:fs').writeFileSync(file, '');
	console.log(file);
	if (process.argv[1] !== 'ends') setInterval(() => undefined, 1000);
});`;

it.each(['SIGINT', 'SIGTERM', 'SIGKILL', undefined] as const)(
	'the temporary files of tests are removed after %s',
	async (signal) => {
		const tests = spawn(process.execPath, ['-e', SCRIPT, signal ?? 'ends'], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const [output] = await once(tests.stdout, 'data');
		const file = String(output).trim();
		const exited = once(tests, 'exit');
		if (signal) {
			expect(existsSync(file)).toBe(true);
			tests.kill(signal);
		}
		await exited;
		for (let attempt = 0; attempt < 100 && existsSync(path.dirname(file)); attempt++) {
			await sleep(50);
		}
		expect(existsSync(path.dirname(file))).toBe(false);
	},
);
