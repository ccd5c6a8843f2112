import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Command, Exit, SupervisedCommand } from './supervised.mts';
import { lastLines } from './npm.mts';

export const POLL_MS = 200;
const LOG_LINES = 40;
/** On a first start of n8n there are hundreds of them. */
const MIGRATIONS = /^(Starting|Finished) migration .*\n/gm;

/** Makes sure that a port is free, or finds one. */
export async function freePort(wanted = 0): Promise<number> {
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

/** The port of n8n's documentation, or another one if something listens there. */
export async function editorPort(): Promise<number> {
	return await freePort(5678).catch(async () => await freePort());
}

export interface ServiceOptions {
	/** As in "n8n ended with code 1 while it started". */
	name: string;
	supervised: SupervisedCommand;
	/** Called at each start. */
	command(): Promise<Command>;
	/** Resolves when it is ready. Gets the output of the service since this start. */
	untilReady(signal: AbortSignal, written: () => string): Promise<void>;
	timeoutMs: number;
}

/** A process that is started, killed, and started again, such as n8n or a database. */
export class Service {
	private exited: Promise<Exit> | undefined;

	constructor(private readonly options: ServiceOptions) {}

	get name(): string {
		return this.options.name;
	}

	/** Of the process itself; undefined while it doesn't run. */
	get pid(): number | undefined {
		return this.options.supervised.pid;
	}

	/** Its output so far, over all starts. */
	log(): string {
		return this.options.supervised.log();
	}

	isRunning(): boolean {
		return this.pid !== undefined;
	}

	/**
	 * Starts it. Resolves when it is ready.
	 * @throws with its last lines if it doesn't start
	 */
	async start(): Promise<void> {
		const { name, supervised, command, untilReady, timeoutMs } = this.options;
		if (this.isRunning()) throw new Error(`${name} runs already.`);
		const logStart = this.log().length;
		const written = () => this.log().slice(logStart);
		const { exited } = await supervised.start(await command());
		this.exited = exited;
		const stop = new AbortController();
		try {
			await Promise.race([
				untilReady(stop.signal, written),
				exited.then(({ code, signal }) => {
					throw new Error(`${name} ended with ${signal ?? `code ${code}`} while it started`);
				}),
				sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
					throw new Error(`${name} wasn't ready after ${timeoutMs / 1000} seconds`);
				}),
			]);
		} catch (error) {
			const log = lastLines(written().replace(MIGRATIONS, ''), LOG_LINES);
			const message = error instanceof Error ? error.message : String(error);
			throw new Error(`${message}. The last lines of its log:\n${log}`, { cause: error });
		} finally {
			stop.abort();
		}
	}

	/** Ends it, if it still runs. */
	async end(): Promise<void> {
		if (!this.isRunning()) return;
		this.options.supervised.stop();
		await this.exited;
	}

	/** Ends it, if it still runs, and starts it again. */
	async restart(): Promise<void> {
		await this.end();
		await this.start();
	}

	/**
	 * Sends a signal to it and its descendants, for tests of faults. Resolves when it has ended, with SIGSTOP and
	 * SIGCONT at once.
	 */
	async kill(signal: NodeJS.Signals): Promise<void> {
		this.options.supervised.signal(signal);
		if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.exited;
	}

	/** Ends it permanently and removes its folder. Can be called twice. */
	async close(): Promise<void> {
		await this.options.supervised.close();
	}
}
