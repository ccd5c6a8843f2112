import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { withLock } from '../bootstrap/lock.cjs';

let folder: string;
let file: string;

beforeEach(() => {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
	file = path.join(folder, 'deep', 'work.lock');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

test('a lock is exclusive', async () => {
	const events: string[] = [];
	const work = (name: string) => async () => {
		events.push(`${name} begins`);
		await sleep(50);
		events.push(`${name} ends`);
	};
	let waits = 0;
	await Promise.all([withLock(file, work('a')), withLock(file, work('b'), () => waits++)]);
	expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
	expect(waits).toBeGreaterThan(0);
});

test('the lock is released after success and after failure', async () => {
	expect(await withLock(file, async () => 7)).toBe(7);
	expect(fs.existsSync(file)).toBe(false);
	const failing = withLock(file, async () => {
		throw new Error('no');
	});
	await expect(failing).rejects.toThrow('no');
	expect(fs.existsSync(file)).toBe(false);
});

test('the lock of a process that was killed is taken over', async () => {
	const { pid } = spawnSync(process.execPath, ['-e', '']);
	fs.mkdirSync(path.dirname(file));
	fs.writeFileSync(file, JSON.stringify({ pid, host: os.hostname(), token: 'old' }));
	expect(await withLock(file, async () => 'done')).toBe('done');
	expect(fs.readdirSync(path.dirname(file))).toEqual([]);
});
