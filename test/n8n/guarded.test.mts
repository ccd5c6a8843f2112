import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { GuardedCommand } from './guarded.mts';

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

test('a guarded command’s output and exit code arrive', async () => {
	const guarded = new GuardedCommand();
	const { exited } = await guarded.start(script('console.log("hello"); process.exitCode = 3'));
	expect(await exited).toEqual({ code: 3, signal: null });
	await guarded.close();
	expect(guarded.log()).toBe('hello\n');
});

test('closing ends the command and removes its folders', async () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'guarded-'));
	const guarded = new GuardedCommand([folder]);
	await guarded.start(script('setInterval(() => {}, 1000)'));
	const { pid } = guarded;
	expect(isAlive(pid)).toBe(true);
	await guarded.close();
	expect(isAlive(pid)).toBe(false);
	expect(fs.existsSync(folder)).toBe(false);
});

test('a command can be started again after it has ended', async () => {
	const guarded = new GuardedCommand();
	for (const word of ['one', 'two']) {
		const { exited } = await guarded.start(script(`console.log("${word}")`));
		await exited;
	}
	await guarded.close();
	expect(guarded.log()).toBe('one\ntwo\n');
});

test('a command that doesn’t exist is an error', async () => {
	const guarded = new GuardedCommand();
	await expect(guarded.start({ ...script(''), command: 'no-such-command' })).rejects.toThrow(
		'no-such-command could not be started',
	);
	await guarded.close();
});
