import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { SupervisedCommand } from './supervised.mts';
import { Service } from './service.mts';

const running: SupervisedCommand[] = [];
afterEach(async () => {
	for (const supervised of running.splice(0)) await supervised.close();
});

function supervise(...folders: string[][]): SupervisedCommand {
	const supervised = new SupervisedCommand(...folders);
	running.push(supervised);
	return supervised;
}

/** A script in Node.js that is ready once it has written so. */
function service(code: string, timeoutMs = 20_000): Service {
	return new Service({
		name: 'Thing',
		supervised: supervise(),
		command: async () => ({
			command: process.execPath,
			args: ['-e', code],
			cwd: os.tmpdir(),
			env: { PATH: process.env.PATH },
		}),
		untilReady: async (signal, written) => {
			while (!written().includes('ready')) await sleep(20, undefined, { signal });
		},
		timeoutMs,
	});
}
const RUNS = 'console.log("ready"); setInterval(() => {}, 1000)';

test('resolves when it is started, killed, and started again', async () => {
	const thing = service(RUNS);
	await thing.start();
	const { pid } = thing;
	expect(thing.isRunning()).toBe(true);
	await thing.kill('SIGKILL');
	expect(thing.isRunning()).toBe(false);
	await thing.start();
	await thing.restart();
	expect(thing.pid).not.toBe(pid);
	expect(thing.log()).toBe('ready\nready\nready\n');
});

test('is not started twice', async () => {
	const thing = service(RUNS);
	await thing.start();
	await expect(thing.start()).rejects.toThrow('Thing runs already');
});

test('that ends while it starts is an error with its last lines', async () => {
	const thing = service('console.log("no licence"); process.exitCode = 3');
	await expect(thing.start()).rejects.toThrow(
		'Thing ended with code 3 while it started. The last lines of its log:\nno licence',
	);
});

test('that is never ready is an error', async () => {
	const thing = service('setInterval(() => {}, 1000)', 100);
	await expect(thing.start()).rejects.toThrow("Thing wasn't ready after 0.1 seconds");
});

test('a folder that several supervisors share is removed by the last of them', async () => {
	const folder = fs.mkdtempSync(`${os.tmpdir()}/shared-`);
	const both = ['one', 'two'].map((name) => {
		fs.mkdirSync(`${folder}/${name}`);
		return supervise([`${folder}/${name}`], [folder]);
	});
	await both[0]?.close();
	expect(fs.readdirSync(folder)).toEqual(['two']);
	await both[1]?.close();
	expect(fs.existsSync(folder)).toBe(false);
});

test('a command is ended with its stop signal', async () => {
	const supervised = supervise();
	const { exited } = await supervised.start({
		command: process.execPath,
		args: [
			'-e',
			'process.on("SIGINT", () => process.exit(7)); console.log(1); setInterval(() => {}, 1000)',
		],
		cwd: os.tmpdir(),
		env: { PATH: process.env.PATH },
		stopSignal: 'SIGINT',
	});
	while (supervised.log() === '') await sleep(20);
	supervised.stop();
	expect(await exited).toEqual({ code: 7, signal: null });
});
