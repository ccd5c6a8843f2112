import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { N8nApi, type Owner } from './api.mts';
import { n8nEnvironment } from './environment.mts';
import { type Exit, GuardedCommand } from './guarded.mts';
import { ensureN8n, type OnProgress } from './installation.mts';
import { lastLines } from './npm.mts';
import { packPackage, type PlacedPackage, placePackage } from './pack.mts';

export type PackageSource =
	/** What `npm pack` made. */
	| { packageTarball: string; packageFolder?: undefined }
	/** A built package's folder; `npm pack` is run in it. */
	| { packageFolder: string; packageTarball?: undefined };

export type StartOptions = PackageSource & {
	/** A free one by default. */
	port?: number;
	/** Further environment variables for n8n. They win over ours. */
	env?: NodeJS.ProcessEnv;
	onProgress?: OnProgress;
};

export interface N8nInstance {
	/** Of the editor and the REST API, without a slash at the end. */
	url: string;
	/** What production webhooks' paths are appended to, without a slash at the end. */
	webhookUrl: string;
	/** A folder that is removed at the end. */
	userFolder: string;
	/** Logged in as the owner. */
	api: N8nApi;
	owner: Owner;
	/** Everything that n8n has written so far, over all restarts. */
	log(): string;
	isRunning(): boolean;
	/** Of n8n's own process, for measurements; undefined while it doesn't run. */
	readonly pid: number | undefined;
	/**
	 * Ends n8n, if it still runs, and starts it with the same folder and port. Resolves when it is ready.
	 * @throws with n8n's last lines when it doesn't come up
	 */
	restart(): Promise<void>;
	/**
	 * Sends a signal to n8n and its task runners, for tests of faults. Resolves when n8n has ended, with
	 * SIGSTOP and SIGCONT at once.
	 */
	kill(signal: NodeJS.Signals): Promise<void>;
	/** Ends n8n and removes its folder. Can be called twice. */
	stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 200;
const LOG_LINES = 40;
/** On a first start there are hundreds of them. */
const MIGRATIONS = /^(Starting|Finished) migration .*\n/gm;

/** Makes sure that a port is free, or finds one. */
async function freePort(wanted = 0): Promise<number> {
	return await new Promise((resolve, reject) => {
		const server = net.createServer();
		server.once('error', (error: NodeJS.ErrnoException) => {
			reject(
				error.code === 'EADDRINUSE'
					? new Error(`Port ${wanted} is in use. Choose another one for n8n.`)
					: error,
			);
		});
		server.listen(wanted, '127.0.0.1', () => {
			const address = server.address();
			const port = typeof address === 'object' && address !== null ? address.port : wanted;
			server.close(() => resolve(port));
		});
	});
}

class RunningN8n implements N8nInstance {
	readonly url: string;
	readonly webhookUrl: string;
	readonly api: N8nApi;
	readonly owner: Owner = {
		email: 'owner@example.com',
		// n8n insists on a capital and a digit.
		password: `N8n-${randomBytes(5).toString('hex')}`,
	};
	private exited: Promise<Exit> | undefined;
	private placed: PlacedPackage | undefined;

	constructor(
		readonly userFolder: string,
		private readonly guarded: GuardedCommand,
		private readonly port: number,
		private readonly options: StartOptions,
	) {
		this.url = `http://127.0.0.1:${port}`;
		this.webhookUrl = `${this.url}/webhook`;
		this.api = new N8nApi(this.url, this.owner);
	}

	log(): string {
		return this.guarded.log();
	}

	get pid(): number | undefined {
		return this.guarded.pid;
	}

	isRunning(): boolean {
		return this.pid !== undefined;
	}

	async restart(): Promise<void> {
		await this.end();
		await this.launch();
	}

	async kill(signal: NodeJS.Signals): Promise<void> {
		this.guarded.signal(signal);
		if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.exited;
	}

	async stop(): Promise<void> {
		await this.guarded.close();
	}

	/** The first start: places the package, and makes the owner's account. */
	async begin(): Promise<void> {
		const { packageTarball, packageFolder } = this.options;
		const tarball =
			packageTarball ?? (await packPackage(packageFolder, path.join(this.userFolder, 'pack')));
		this.placed = await placePackage(tarball, this.userFolder);
		await this.launch();
	}

	private async end(): Promise<void> {
		if (!this.isRunning()) return;
		this.guarded.stop();
		await this.exited;
	}

	private async launch(): Promise<void> {
		const report = this.options.onProgress;
		const { nodePath, n8nPath } = await ensureN8n({ onProgress: report });
		report?.(`Starting n8n on ${this.url} …`);
		const logStart = this.log().length;
		const { exited } = await this.guarded.start({
			command: nodePath,
			args: [n8nPath, 'start'],
			// n8n reads a file `.env` in its working folder. This one has none.
			cwd: this.userFolder,
			env: n8nEnvironment({
				userFolder: this.userFolder,
				nodePath,
				port: this.port,
				brokerPort: await freePort(),
				extra: this.options.env,
			}),
		});
		this.exited = exited;
		const stop = new AbortController();
		try {
			await Promise.race([
				this.untilReady(stop.signal),
				exited.then(({ code, signal }) => {
					throw new Error(`n8n ended with ${signal ?? `code ${code}`} while it started`);
				}),
				sleep(READY_TIMEOUT_MS, undefined, { signal: stop.signal }).then(() => {
					throw new Error(`n8n wasn't ready after ${READY_TIMEOUT_MS / 1000} seconds`);
				}),
			]);
		} catch (error) {
			const log = lastLines(this.log().slice(logStart).replace(MIGRATIONS, ''), LOG_LINES);
			const message = error instanceof Error ? error.message : String(error);
			throw new Error(`${message}. The last lines of its log:\n${log}`, { cause: error });
		} finally {
			stop.abort();
		}
		report?.(`n8n is ready on ${this.url}.`);
	}

	/** Ready: n8n says so, the owner is logged in, and the package's nodes are there. */
	private async untilReady(signal: AbortSignal): Promise<void> {
		while (!(await this.api.isReady())) await sleep(POLL_MS, undefined, { signal });
		await this.api.setUpOwner();
		const { name, nodeCount } = this.placed ?? { name: '', nodeCount: 0 };
		const types = await this.api.nodeTypes();
		const own = types.map((type) => type.name).filter((type) => type.startsWith(`${name}.`));
		// n8n adds twins for AI agents, named …Tool.
		if (own.filter((type) => !type.endsWith('Tool')).length < nodeCount) {
			throw new Error(
				`n8n hasn't loaded all nodes of ${name}, but only: ${own.join(', ') || 'none'}`,
			);
		}
	}
}

/**
 * Starts a real n8n with a community package in it, and installs n8n first if need be. It has a user folder of
 * its own and listens on 127.0.0.1 only. It ends with this process, however that ends; call `stop` anyway.
 *
 * @param options which package; a fixed port, more environment variables, and who is told what goes on
 * @returns the running n8n, ready for requests, with an owner
 * @throws with the last lines of n8n's log when it doesn't come up; when the package isn't built
 */
export async function startN8n(options: StartOptions): Promise<N8nInstance> {
	await ensureN8n({ onProgress: options.onProgress });
	const port = await freePort(options.port);
	// The real path: n8n compares paths, and temporary folders may be behind a link.
	const userFolder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-talkdesk-')));
	const guarded = new GuardedCommand([userFolder]);
	const n8n = new RunningN8n(userFolder, guarded, port, options);
	try {
		await n8n.begin();
		return n8n;
	} catch (error) {
		await n8n.stop();
		throw error;
	}
}
