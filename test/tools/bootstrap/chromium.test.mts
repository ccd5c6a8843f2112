import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { ensureChromium, findChromium, HELP } from './chromium.cjs';
import { mayInstall } from './mayInstall.cjs';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function program(name: string, script = ''): string {
	const file = path.join(folder, name);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	return file;
}

/** A fake of Debian's apt-get. It records its arguments, and installs if it is called to do so. */
const fakeApt = () =>
	program(
		'apt/apt-get',
		`echo "$*" >> "${folder}/calls"
[ "$1" = install ] && /bin/cp "$0" "${folder}/apt/chromium"
exit 0`,
	);
const calls = () => {
	const file = path.join(folder, 'calls');
	return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trimEnd().split('\n') : [];
};
const machine = (env: NodeJS.ProcessEnv = {}) => ({
	env: { PATH: path.join(folder, 'apt'), ...env },
	places: [],
	report: () => {},
});

describe('findChromium', () => {
	test('takes what CHROMIUM_PATH names, and nothing else then', () => {
		const chromium = program('apt/chromium');
		const other = program('other');
		expect(findChromium(machine())).toBe(chromium);
		expect(findChromium(machine({ CHROMIUM_PATH: other }))).toBe(other);
		expect(findChromium(machine({ CHROMIUM_PATH: `${other}-not` }))).toBeUndefined();
	});
});

describe('ensureChromium', () => {
	test('only looks, and says what to do, unless it may install', () => {
		fakeApt();
		expect(() => ensureChromium({ ...machine(), install: false })).toThrow(HELP);
		expect(calls()).toEqual([]);
		expect(HELP).toMatch(/^[^.]*`sudo apt-get install[^`]* chromium`[^.]*CHROMIUM_PATH[^.]*\.$/);
	});

	test('installs if it may', () => {
		fakeApt();
		expect(ensureChromium({ ...machine(), install: true })).toBe(path.join(folder, 'apt/chromium'));
		expect(calls()).toEqual(['update', 'install --yes --no-install-recommends chromium']);
	});

	test('installs nothing in the place of what CHROMIUM_PATH names', () => {
		fakeApt();
		const options = { ...machine({ CHROMIUM_PATH: '/not/there' }), install: true };
		expect(() => ensureChromium(options)).toThrow(HELP);
		expect(calls()).toEqual([]);
	});

	test('says so in one line as a command', () => {
		fakeApt();
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[path.join(import.meta.dirname, 'ensure-chromium.mjs')],
			{ env: machine({ CHROMIUM_PATH: '/not/there' }).env, encoding: 'utf8' },
		);
		expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: `${HELP}\n` });
	});
});

describe('mayInstall', () => {
	test.each([
		['on a contributor’s machine', {}, [], false],
		['on CI', { CI: 'true' }, [], true],
		['with another value of CI', { CI: 'false' }, [], false],
		['if it is asked to', {}, ['--install'], true],
	])('%s', (_where, env, args, expected) => {
		expect(mayInstall({ env, args, able: true })).toBe(expected);
		expect(mayInstall({ env, args, able: false })).toBe(false);
	});
});
