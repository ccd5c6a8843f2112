import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { ensureServers, findServers } from './servers.mts';

let folder: string;
const originalPath = process.env.PATH;

beforeEach(() => {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'servers-'));
});
afterEach(() => {
	process.env.PATH = originalPath;
	fs.rmSync(folder, { recursive: true });
});

/** A program in the folder, by default an empty one. */
function program(name: string, script = ''): string {
	const file = path.join(folder, name);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	return file;
}

const locations = () => ({
	searchPath: path.join(folder, 'bin'),
	postgresFolder: path.join(folder, 'postgresql'),
});

describe('findServers', () => {
	test('finds PostgreSQL’s newest version, with programs of the same folder', () => {
		for (const version of ['9', '15', '17']) program(`postgresql/${version}/bin/postgres`);
		for (const version of ['9', '15']) program(`postgresql/${version}/bin/initdb`);
		const redis = program('bin/redis-server');
		expect(findServers(locations())).toEqual({
			initdb: path.join(folder, 'postgresql/15/bin/initdb'),
			postgres: path.join(folder, 'postgresql/15/bin/postgres'),
			redis,
		});
	});

	test('finds PostgreSQL in the path, too, and nothing if there is none', () => {
		expect(findServers(locations())).toEqual({});
		const initdb = program('bin/initdb');
		const postgres = program('bin/postgres');
		expect(findServers(locations())).toEqual({ initdb, postgres });
	});
});

describe('ensureServers', () => {
	test('says what is missing and how to get it', async () => {
		const ensure = async () => await ensureServers({ ...locations(), install: false });
		await expect(ensure()).rejects.toThrow(
			/needs PostgreSQL \(initdb, postgres\) and redis-server: install it, .* `sudo apt-get install/,
		);
		program('bin/redis-server');
		await expect(ensure()).rejects.toThrow('needs PostgreSQL (initdb, postgres): install it');
	});

	/** A fake of Debian's, which asks the policy whether it may start services. */
	function fakeApt(policy: string, script: string) {
		const fake = program(
			'fake/apt-get',
			`echo "$* $(sh ${policy}; echo $?)" >> ${folder}/calls\n${script}`,
		);
		process.env.PATH = [path.dirname(fake), originalPath].join(path.delimiter);
	}
	const calls = () => fs.readFileSync(path.join(folder, 'calls'), 'utf8').trimEnd().split('\n');
	const INSTALL = 'install -y --no-install-recommends postgresql redis-server';

	test('installs them with a policy against services, which goes again', async () => {
		const policy = path.join(folder, 'policy-rc.d');
		const bin = path.join(folder, 'bin');
		const touch = ['initdb', 'postgres', 'redis-server']
			.map((name) => `cp ${folder}/fake/apt-get ${bin}/${name}`)
			.join('; ');
		// As with lists of packages that are missing.
		fakeApt(
			policy,
			`[ $1 = update ] && touch ${folder}/lists && exit
[ -f ${folder}/lists ] || exit 100
mkdir -p ${bin}; ${touch}`,
		);
		const told: string[] = [];
		await ensureServers({
			...locations(),
			install: true,
			policy,
			onProgress: (line) => told.push(line),
		});
		expect(calls()).toEqual([`${INSTALL} 101`, 'update 101', `${INSTALL} 101`]);
		expect(fs.existsSync(policy)).toBe(false);
		expect(told[0]).toContain('without starting their services');
	});

	test('does not change the machine’s own policy, and gives the reason of a failure', async () => {
		const policy = program('policy-rc.d', 'exit 104');
		fakeApt(policy, 'echo no network; exit 100');
		await expect(ensureServers({ ...locations(), install: true, policy })).rejects.toThrow(
			`\`apt-get ${INSTALL}\` failed:\nno network`,
		);
		expect(calls()).toEqual([`${INSTALL} 104`, 'update 104']);
		expect(execFileSync('cat', [policy], { encoding: 'utf8' })).toContain('exit 104');
	});
});
