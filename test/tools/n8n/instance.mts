import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { N8nApi, type Owner } from './api.mts';
import { n8nEnvironment } from './process-environment.mts';
import { type Command, SupervisedCommand } from './supervised.mts';
import { ensureN8n, type OnProgress } from './installation.mts';
import { packPackage, type PlacedPackage, placePackage } from './pack.mts';
import { freePort, POLL_MS, Service } from './service.mts';

export type PackageSource =
	/** The tarball of `npm pack`. */
	| { packageTarball: string; packageFolder?: undefined }
	/** A built package's folder; `npm pack` is run in it. */
	| { packageFolder: string; packageTarball?: undefined };

export interface N8nOptions {
	/** A free one by default. */
	port?: number;
	/** Further environment variables for n8n, which override the others. */
	env?: NodeJS.ProcessEnv;
	onProgress?: OnProgress;
	/** Called with each line of n8n's log. */
	onOutput?: (text: string) => void;
}

export type StartOptions = PackageSource & N8nOptions;

/** n8n as it is before a user installs a package. */
export type BareOptions = { withoutPackage: true } & N8nOptions;

export interface N8nInstance {
	/** Of the editor and the REST API, without a slash at the end. */
	url: string;
	/** The base URL of production webhooks, without a slash at the end. */
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
	 * @throws with n8n's last lines if it doesn't start
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

const READY_TIMEOUT_MS = 180_000;

/** An owner's account for an n8n that is reachable on this machine only. */
export function newOwner(): Owner {
	return {
		email: 'owner@example.com',
		// n8n insists on a capital and a digit.
		password: `N8n-${randomBytes(5).toString('hex')}`,
	};
}

/** Waits until n8n says that it is ready. */
export async function untilAnswering(api: N8nApi, signal: AbortSignal): Promise<void> {
	while (!(await api.isReady())) await sleep(POLL_MS, undefined, { signal });
}

/** Waits until n8n says that it is ready, the owner is logged in, and the package's nodes are there. */
export async function untilReady(
	api: N8nApi,
	placed: PlacedPackage,
	signal: AbortSignal,
): Promise<void> {
	await untilAnswering(api, signal);
	// Older versions say that they are ready before they answer the editor.
	while (!(await api.answersEditor())) await sleep(POLL_MS, undefined, { signal });
	await api.setUpOwner();
	const types = await api.nodeTypes();
	const own = types.map((type) => type.name).filter((type) => type.startsWith(`${placed.name}.`));
	// n8n adds twins for AI agents, named …Tool.
	if (own.filter((type) => !type.endsWith('Tool')).length < placed.nodeCount) {
		throw new Error(
			`n8n hasn't loaded all nodes of ${placed.name}, but only: ${own.join(', ') || 'none'}`,
		);
	}
}

/** The tarball of the package for n8n, packed into a folder if necessary. */
export async function tarballOf(source: PackageSource, folder: string): Promise<string> {
	return source.packageTarball ?? (await packPackage(source.packageFolder, folder));
}

class RunningN8n implements N8nInstance {
	readonly url: string;
	readonly webhookUrl: string;
	readonly api: N8nApi;
	readonly owner = newOwner();
	private readonly service: Service;
	private placed: PlacedPackage = { name: '', nodeCount: 0 };

	constructor(
		readonly userFolder: string,
		supervised: SupervisedCommand,
		private readonly port: number,
		private readonly options: StartOptions | BareOptions,
	) {
		this.url = `http://127.0.0.1:${port}`;
		this.webhookUrl = `${this.url}/webhook`;
		this.api = new N8nApi(this.url, this.owner);
		this.service = new Service({
			name: 'n8n',
			supervised,
			command: async () => await this.command(),
			untilReady: async (signal) => await untilReady(this.api, this.placed, signal),
			timeoutMs: READY_TIMEOUT_MS,
		});
	}

	log(): string {
		return this.service.log();
	}

	get pid(): number | undefined {
		return this.service.pid;
	}

	isRunning(): boolean {
		return this.service.isRunning();
	}

	async restart(): Promise<void> {
		await this.service.end();
		await this.launch();
	}

	async kill(signal: NodeJS.Signals): Promise<void> {
		await this.service.kill(signal);
	}

	async stop(): Promise<void> {
		await this.service.close();
	}

	/** The first start: installs the package, and creates the owner's account. */
	async begin(): Promise<void> {
		if (!('withoutPackage' in this.options)) {
			const tarball = await tarballOf(this.options, path.join(this.userFolder, 'pack'));
			this.placed = await placePackage(tarball, this.userFolder);
		}
		await this.launch();
	}

	private async launch(): Promise<void> {
		this.options.onProgress?.(`Starting n8n on ${this.url} …`);
		await this.service.start();
		this.options.onProgress?.(`n8n is ready on ${this.url}.`);
	}

	private async command(): Promise<Command> {
		const { nodePath, n8nPath, env } = await ensureN8n({ onProgress: this.options.onProgress });
		return {
			command: nodePath,
			args: [n8nPath, 'start'],
			// n8n reads a file `.env` in its working folder. This one has none.
			cwd: this.userFolder,
			env: n8nEnvironment({
				userFolder: this.userFolder,
				nodePath,
				port: this.port,
				brokerPort: await freePort(),
				extra: { ...env, ...this.options.env },
			}),
		};
	}
}

/**
 * Starts a real n8n with a community package, and installs n8n first if necessary. It has its own user folder and listens on
 * 127.0.0.1 only. It ends with this process, even after a crash; call `stop` anyway.
 *
 * @param options the package; a fixed port, environment variables, and a callback for the progress
 * @returns the running n8n, ready for requests, with an owner
 * @throws with the last lines of n8n's log if it doesn't start; if the package isn't built
 */
export async function startN8n(options: StartOptions | BareOptions): Promise<N8nInstance> {
	await ensureN8n({ onProgress: options.onProgress });
	const port = await freePort(options.port);
	// The real path: n8n compares paths, and temporary folders may be behind a link.
	const userFolder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-talkdesk-')));
	const supervised = new SupervisedCommand([userFolder]);
	supervised.onOutput = options.onOutput;
	const n8n = new RunningN8n(userFolder, supervised, port, options);
	try {
		await n8n.begin();
		return n8n;
	} catch (error) {
		await n8n.stop();
		throw error;
	}
}
