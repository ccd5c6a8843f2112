import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { mayInstall } from '../bootstrap/mayInstall.cjs';
import { SupervisedCommand } from './supervised.mts';
import type { OnProgress } from './installation.mts';
import { lastLines } from './npm.mts';

/** The programs that n8n's queue mode needs besides n8n. */
export interface Servers {
	initdb: string;
	postgres: string;
	redis: string;
}

export interface FindOptions {
	/** The search path for programs, as in PATH. */
	searchPath?: string;
	/** Debian keeps PostgreSQL's programs out of PATH, in a folder for each version. */
	postgresFolder?: string;
}

const PACKAGES = ['postgresql', 'redis-server'];
const POLICY = '/usr/sbin/policy-rc.d';

function isProgram(file: string): boolean {
	try {
		fs.accessSync(file, fs.constants.X_OK);
		return fs.statSync(file).isFile();
	} catch {
		return false;
	}
}

/** Debian's folders with PostgreSQL's programs, the newest version first. */
function versionFolders(folder: string): string[] {
	if (!fs.existsSync(folder)) return [];
	return fs
		.readdirSync(folder)
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => path.join(folder, version, 'bin'));
}

/** Gives the programs, as far as they are installed. */
export function findServers({
	searchPath = [process.env.PATH, '/usr/sbin', '/sbin'].join(path.delimiter),
	postgresFolder = '/usr/lib/postgresql',
}: FindOptions = {}): Partial<Servers> {
	const inPath = searchPath.split(path.delimiter).filter(Boolean);
	const find = (folders: string[], name: string) =>
		folders.map((folder) => path.join(folder, name)).find(isProgram);
	// Both from the same folder: a server rejects a cluster of another version's initdb.
	const postgresHome = [...versionFolders(postgresFolder), ...inPath].find((folder) =>
		['initdb', 'postgres'].every((name) => isProgram(path.join(folder, name))),
	);
	return {
		...(postgresHome && {
			initdb: path.join(postgresHome, 'initdb'),
			postgres: path.join(postgresHome, 'postgres'),
		}),
		redis: find(inPath, 'redis-server'),
	};
}

/** The packages' services that run, as far as systemd is in charge of them. */
function runningServices(): string[] {
	if (!fs.existsSync('/run/systemd/system')) return [];
	return PACKAGES.filter(
		(service) => spawnSync('systemctl', ['is-active', '--quiet', service]).status === 0,
	);
}

/**
 * Runs apt-get with a temporary policy that keeps packages from starting their services. An existing policy, as in container
 * images, is not changed.
 */
async function installPackages(policy: string): Promise<void> {
	const isOurs = !fs.existsSync(policy);
	const supervised = new SupervisedCommand(isOurs ? [policy] : []);
	const apt = async (...args: string[]) => {
		const { exited } = await supervised.start({
			command: 'apt-get',
			args,
			cwd: '/',
			env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
		});
		return (await exited).code === 0;
	};
	const install = ['install', '-y', '--no-install-recommends', ...PACKAGES];
	try {
		// 101 means: not allowed.
		if (isOurs) fs.writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
		if (await apt(...install)) return;
		// The lists of packages may be missing, as in container images, or old.
		if ((await apt('update')) && (await apt(...install))) return;
		const log = lastLines(supervised.log(), 20);
		throw new Error(`\`apt-get ${install.join(' ')}\` failed:\n${log}`);
	} finally {
		await supervised.close();
	}
}

async function installServers(report: OnProgress, policy: string): Promise<void> {
	report(`Installing ${PACKAGES.join(' and ')} with apt-get, without starting their services …`);
	const before = runningServices();
	await installPackages(policy);
	// If the machine's own policy allowed it.
	for (const service of runningServices().filter((name) => !before.includes(name))) {
		execFileSync('systemctl', ['stop', service]);
		report(`Stopped the service ${service}, which its package had started.`);
	}
	report('PostgreSQL and Redis are installed.');
}

export interface EnsureOptions extends FindOptions {
	onProgress?: OnProgress;
	/** The program that tells Debian's packages whether they may start services. */
	policy?: string;
	/** Whether apt-get may be called: see mayInstall.cjs. */
	install?: boolean;
}

/**
 * Gives PostgreSQL and Redis. Installs Debian's packages first if that is allowed.
 *
 * @throws an error that says in one sentence what is missing and how to get it
 */
export async function ensureServers(options: EnsureOptions = {}): Promise<Servers> {
	const complete = (): Servers | undefined => {
		const { initdb, postgres, redis } = findServers(options);
		return initdb && postgres && redis ? { initdb, postgres, redis } : undefined;
	};
	const found = complete();
	if (found) return found;

	if (options.install ?? mayInstall()) {
		await installServers(options.onProgress ?? (() => {}), options.policy ?? POLICY);
		const installed = complete();
		if (installed) return installed;
	}
	const { postgres, redis } = findServers(options);
	const missing = [postgres ? [] : 'PostgreSQL (initdb, postgres)', redis ? [] : 'redis-server'];
	throw new Error(
		`n8n's queue mode needs ${missing.flat().join(' and ')}: install it, on Debian or Ubuntu with ` +
			`\`sudo apt-get install --no-install-recommends ${PACKAGES.join(' ')}\`, on macOS with ` +
			'`brew install postgresql redis`.',
	);
}
