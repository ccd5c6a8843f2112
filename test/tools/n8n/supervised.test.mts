import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { SupervisedCommand } from './supervised.mts';

/** Runs a script in Node.js. */
const script = (code: string) => ({
	command: process.execPath,
	args: ['-e', code],
	cwd: os.tmpdir(),
	env: { PATH: process.env.PATH },
});

const isAlive = (pid: number | undefined): boolean => {
	try {
		return pid !== undefined && process.kill(pid, 0);
	} catch {
		return false;
	}
};

test('a supervised command’s output and exit code arrive', async () => {
	const supervised = new SupervisedCommand();
	const { exited } = await supervised.start(script('console.log("hello"); process.exitCode = 3'));
	expect(await exited).toEqual({ code: 3, signal: null });
	await supervised.close();
	expect(supervised.log()).toBe('hello\n');
});

test('closing ends the command and removes its folders', async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'supervised-'));
	const supervised = new SupervisedCommand([folder]);
	await supervised.start(script('setInterval(() => {}, 1000)'));
	const { pid } = supervised;
	expect(isAlive(pid)).toBe(true);
	await supervised.close();
	expect(isAlive(pid)).toBe(false);
	expect(fs.existsSync(folder)).toBe(false);
});

test('a command can be started again after it has ended', async () => {
	const supervised = new SupervisedCommand();
	for (const word of ['one', 'two']) {
		const { exited } = await supervised.start(script(`console.log("${word}")`));
		await exited;
	}
	await supervised.close();
	expect(supervised.log()).toBe('one\ntwo\n');
});

test('a command that doesn’t exist is an error', async () => {
	const supervised = new SupervisedCommand();
	await expect(supervised.start({ ...script(''), command: 'no-such-command' })).rejects.toThrow(
		'no-such-command could not be started',
	);
	await supervised.close();
});
