import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Command, SupervisedCommand } from './supervised.mts';
import { lastLines } from './npm.mts';
import type { Servers } from './servers.mts';
import { freePort, POLL_MS, Service } from './service.mts';

/** A database server on 127.0.0.1 that has everything in one folder, and never outlives this process. */
export interface Database {
	service: Service;
	port: number;
	password: string;
}

export const POSTGRES_USER = 'n8n';
export const POSTGRES_DATABASE = 'postgres';
const TIMEOUT_MS = 60_000;

/** A user other than root, as PostgreSQL doesn't run as root; undefined if this process isn't root. */
function unprivilegedUser(): { uid?: number; gid?: number } {
	if (process.getuid?.() !== 0) return {};
	for (const name of ['postgres', 'nobody']) {
		try {
			const [uid, gid] = ['-u', '-g'].map((flag) =>
				Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] })),
			);
			if (uid) return { uid, gid };
		} catch {
			// There is no such user.
		}
	}
	throw new Error("PostgreSQL doesn't run as root, and there is no user postgres or nobody.");
}

const untilWritten = async (text: string, signal: AbortSignal, written: () => string) => {
	while (!written().includes(text)) await sleep(POLL_MS, undefined, { signal });
};

/** Creates a separate cluster in the folder, and starts its server. */
export async function startPostgres(
	{ initdb, postgres }: Servers,
	folder: string,
	supervised: SupervisedCommand,
): Promise<Database> {
	const user = unprivilegedUser();
	const password = randomBytes(16).toString('hex');
	const data = path.join(folder, 'data');
	const passwordFile = path.join(folder, 'password');
	fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
	fs.writeFileSync(passwordFile, password, { mode: 0o600 });
	for (const own of [folder, passwordFile]) {
		if (user.uid !== undefined && user.gid !== undefined) fs.chownSync(own, user.uid, user.gid);
	}
	const base = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' }, ...user };
	const making: Command = {
		...base,
		command: initdb,
		args: [
			`--pgdata=${data}`,
			`--username=${POSTGRES_USER}`,
			`--pwfile=${passwordFile}`,
			'--auth=scram-sha-256',
			'--encoding=UTF8',
			'--locale=C',
			'--no-sync',
		],
	};
	const { exited } = await supervised.start(making);
	if ((await exited).code !== 0) {
		throw new Error(
			`initdb failed. The last lines of its log:\n${lastLines(supervised.log(), 20)}`,
		);
	}

	const port = await freePort();
	// Nothing outside the folder: no socket in /var/run, no shared memory in /dev/shm. And fast, as the data is temporary.
	const settings = {
		listen_addresses: '127.0.0.1',
		port,
		unix_socket_directories: '',
		dynamic_shared_memory_type: 'mmap',
		fsync: 'off',
		synchronous_commit: 'off',
		full_page_writes: 'off',
	};
	const service = new Service({
		name: 'PostgreSQL',
		supervised,
		command: async () => ({
			...base,
			command: postgres,
			args: [
				'-D',
				data,
				...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
			],
			// With SIGTERM it would wait for all clients to leave.
			stopSignal: 'SIGINT',
		}),
		untilReady: async (signal, written) =>
			await untilWritten('ready to accept connections', signal, written),
		timeoutMs: TIMEOUT_MS,
	});
	await service.start();
	return { service, port, password };
}

/** Starts Redis, which keeps everything in memory. */
export async function startRedis(
	{ redis }: Servers,
	folder: string,
	supervised: SupervisedCommand,
): Promise<Database> {
	const password = randomBytes(16).toString('hex');
	const port = await freePort();
	fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
	const settings = [
		'bind 127.0.0.1',
		`port ${port}`,
		`requirepass ${password}`,
		`dir ${folder}`,
		'save ""',
		'appendonly no',
		'daemonize no',
	];
	const file = path.join(folder, 'redis.conf');
	fs.writeFileSync(file, settings.join('\n'), { mode: 0o600 });
	const service = new Service({
		name: 'Redis',
		supervised,
		command: async () => ({
			command: redis,
			args: [file],
			cwd: folder,
			env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' },
		}),
		untilReady: async (signal, written) =>
			await untilWritten('eady to accept connections', signal, written),
		timeoutMs: TIMEOUT_MS,
	});
	await service.start();
	return { service, port, password };
}
