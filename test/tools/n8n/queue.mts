import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { N8nApi } from './api.mts';
import {
	type Database,
	POSTGRES_DATABASE,
	POSTGRES_USER,
	startPostgres,
	startRedis,
} from './databases.mts';
import { n8nEnvironment } from './process-environment.mts';
import { SupervisedCommand } from './supervised.mts';
import { ensureN8n } from './installation.mts';
import {
	type N8nInstance,
	newOwner,
	type StartOptions,
	tarballOf,
	untilAnswering,
	untilReady,
} from './instance.mts';
import { type PlacedPackage, placePackage } from './pack.mts';
import { ensureServers } from './servers.mts';
import { freePort, Service } from './service.mts';

/** One of n8n's processes. */
export type QueueProcess = Pick<
	Service,
	'name' | 'pid' | 'log' | 'isRunning' | 'start' | 'restart' | 'kill'
>;

/**
 * n8n in queue mode. The members of N8nInstance are those of main, except for `webhookUrl`, of the webhook process; `log`, of
 * all processes; and `stop`, which ends everything.
 */
export interface QueueN8n extends N8nInstance {
	/** The editor, the REST API, and triggers that are no webhooks. Takes no production webhooks. */
	main: QueueProcess;
	/** Takes production webhooks. */
	webhookProcess: QueueProcess;
	/** Run all executions. */
	workers: readonly [QueueProcess, QueueProcess];
	redis: Pick<Database, 'port' | 'password'>;
}

export type QueueOptions = StartOptions;

type Role = 'start' | 'webhook' | 'worker';

const READY_TIMEOUT_MS = 180_000;
/** n8n calls fewer than 5 an unstable environment. */
const CONCURRENCY = 5;

const url = (port: number) => `http://127.0.0.1:${port}`;

/** The common settings of all processes of n8n. */
function sharedEnvironment(postgres: Database, redis: Database, webhookPort: number) {
	return {
		EXECUTIONS_MODE: 'queue',
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		// n8n's default in queue mode, and the one place that all processes reach.
		N8N_DEFAULT_BINARY_DATA_MODE: 'database',
		// n8n warns without it, and its version 3 always does so.
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
		N8N_WEBHOOK_URL: `${url(webhookPort)}/`,
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_DATABASE: POSTGRES_DATABASE,
		DB_POSTGRESDB_USER: POSTGRES_USER,
		DB_POSTGRESDB_PASSWORD: postgres.password,
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		QUEUE_BULL_REDIS_PASSWORD: redis.password,
	};
}

/** Starts everything, step by step. */
class QueueStart {
	readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-talkdesk-')));
	private readonly services: Service[] = [];
	private readonly supervised: SupervisedCommand[] = [];

	constructor(private readonly options: QueueOptions) {
		// PostgreSQL's user must get to its folder; all folders in this one are closed.
		fs.chmodSync(this.folder, 0o711);
	}

	/** A subfolder, and a supervisor that removes it. The last supervisor removes the main folder. */
	private supervise(name: string) {
		const folder = path.join(this.folder, name);
		fs.mkdirSync(folder, { mode: 0o700 });
		const supervised = new SupervisedCommand([folder], [this.folder]);
		this.supervised.push(supervised);
		return { folder, supervised };
	}

	private report(line: string): void {
		this.options.onProgress?.(line);
	}

	/** Ends everything, the databases last, so that n8n can finish. */
	async stop(): Promise<void> {
		const closing = [...this.supervised];
		const databases = closing.splice(0, 2);
		await Promise.all(closing.map(async (supervised) => await supervised.close()));
		await Promise.all(databases.map(async (supervised) => await supervised.close()));
		// Nothing is in it any more, unless there was no supervisor yet.
		fs.rmSync(this.folder, { recursive: true, force: true });
	}

	private async startDatabases() {
		const servers = await ensureServers({ onProgress: this.options.onProgress });
		this.report('Starting PostgreSQL and Redis …');
		const forRedis = this.supervise('redis');
		const forPostgres = this.supervise('postgres');
		const redis = await startRedis(servers, forRedis.folder, forRedis.supervised);
		const postgres = await startPostgres(servers, forPostgres.folder, forPostgres.supervised);
		return { redis, postgres };
	}

	async run(): Promise<QueueN8n> {
		const { nodePath, n8nPath, env } = await ensureN8n({ onProgress: this.options.onProgress });
		const mainPort = await freePort(this.options.port);
		const webhookPort = await freePort();
		const { redis, postgres } = await this.startDatabases();
		const shared = sharedEnvironment(postgres, redis, webhookPort);
		const pack = this.supervise('pack');
		const tarball = await tarballOf(this.options, pack.folder);

		const owner = newOwner();
		const webhookUrl = `${url(webhookPort)}/webhook`;
		const api = new N8nApi(url(mainPort), owner, webhookUrl);
		let placed: PlacedPackage = { name: '', nodeCount: 0 };

		// Each process has its own folder, as in a container: n8n keeps a record there, by which it finds out whether its last
		// session has crashed.
		const process = async (name: string, role: Role, port: number, args: string[] = []) => {
			const { folder, supervised } = this.supervise(name);
			placed = await placePackage(tarball, folder);
			const own: NodeJS.ProcessEnv =
				role === 'worker'
					? {
							QUEUE_HEALTH_CHECK_ACTIVE: 'true',
							QUEUE_HEALTH_CHECK_PORT: String(port),
							N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
						}
					: {};
			const probe = new N8nApi(url(port), owner);
			const service = new Service({
				name: `n8n ${name}`,
				supervised,
				command: async () => ({
					command: nodePath,
					args: [n8nPath, role, ...args],
					cwd: folder,
					env: n8nEnvironment({
						userFolder: folder,
						nodePath,
						port,
						brokerPort: await freePort(),
						extra: { ...env, ...shared, ...own, ...this.options.env },
					}),
				}),
				untilReady: async (signal) =>
					await (role === 'start'
						? untilReady(api, placed, signal)
						: untilAnswering(probe, signal)),
				timeoutMs: READY_TIMEOUT_MS,
			});
			this.services.push(service);
			return service;
		};
		const worker = async (name: string) =>
			await process(name, 'worker', await freePort(), [`--concurrency=${CONCURRENCY}`]);

		const main = await process('main', 'start', mainPort);
		const webhookProcess = await process('webhook', 'webhook', webhookPort);
		const workers = [await worker('worker-1'), await worker('worker-2')] as const;
		await pack.supervised.close();

		this.report(`Starting n8n in queue mode on ${url(mainPort)} …`);
		// First main, which creates the tables.
		await main.start();
		await Promise.all([webhookProcess, ...workers].map(async (service) => await service.start()));
		this.report(`n8n is ready on ${url(mainPort)}, and takes webhooks on ${webhookUrl}.`);

		return {
			url: url(mainPort),
			webhookUrl,
			userFolder: path.join(this.folder, 'main'),
			api,
			owner,
			main,
			webhookProcess,
			workers,
			redis,
			log: () => this.services.map((one) => `--- ${one.name}\n${one.log()}`).join('\n'),
			isRunning: () => main.isRunning(),
			get pid() {
				return main.pid;
			},
			restart: async () => await main.restart(),
			kill: async (signal) => await main.kill(signal),
			stop: async () => await this.stop(),
		};
	}
}

/**
 * Starts n8n in queue mode with a community package: PostgreSQL, Redis, main, a webhook process and two workers. All of
 * it is in one temporary folder, listens on 127.0.0.1 only, and ends with this process, however that ends; call `stop`
 * anyway.
 *
 * @param options the package; a fixed port for main, environment variables for all of n8n's processes, and a callback for
 *   the progress
 * @returns the running n8n, ready for requests, with an owner
 * @throws with the last lines of the log of a process that doesn't start
 */
export async function startQueueN8n(options: QueueOptions): Promise<QueueN8n> {
	const start = new QueueStart(options);
	try {
		return await start.run();
	} catch (error) {
		await start.stop();
		throw error;
	}
}
