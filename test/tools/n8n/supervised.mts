import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface Command {
	command: string;
	args: string[];
	cwd: string;
	env: NodeJS.ProcessEnv;
	/** Another user, if this process may choose one. */
	uid?: number;
	gid?: number;
	/** The signal that ends the command. SIGTERM by default. */
	stopSignal?: NodeJS.Signals;
}

export interface Exit {
	code: number | null;
	signal: string | null;
}

const messageSchema = z.discriminatedUnion('type', [
	z.object({ type: z.literal('started'), pid: z.number() }),
	z.object({ type: z.literal('failed'), message: z.string() }),
	z.object({
		type: z.literal('exited'),
		code: z.number().nullable(),
		signal: z.string().nullable(),
	}),
]);
type Message = z.output<typeof messageSchema>;

/**
 * A command that never outlives this process: it runs in its own process group under a small supervisor
 * process, which ends it when the channel to this process closes.
 */
export class SupervisedCommand {
	/** Called with the output of the command. */
	onOutput: ((text: string) => void) | undefined;
	private readonly supervisor: ChildProcess;
	private readonly supervisorGone: Promise<void>;
	private childPid: number | undefined;
	private output = '';
	private listeners: Array<(message: Message) => void> = [];

	/**
	 * @param removeFolders folders that the supervisor removes at the end
	 * @param removeIfEmpty folders that it removes after them if they are empty: the last of several supervisors removes
	 *   their common folder
	 */
	constructor(removeFolders: string[] = [], removeIfEmpty: string[] = []) {
		const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'supervisor.mjs');
		this.supervisor = spawn(
			process.execPath,
			[script, ...[removeFolders, removeIfEmpty].map((folders) => JSON.stringify(folders))],
			{
				// In its own session, so that Ctrl-C in a terminal doesn't reach it.
				detached: true,
				windowsHide: true,
				// Its working folder must not be one that is removed.
				cwd: path.parse(script).root,
				env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot },
				stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
			},
		);
		for (const stream of [this.supervisor.stdout, this.supervisor.stderr]) {
			stream?.setEncoding('utf8').on('data', (text: string) => {
				this.output += text;
				this.onOutput?.(text);
			});
		}
		this.supervisorGone = new Promise((resolve) => {
			this.supervisor.once('error', (error) => {
				this.dispatch({ type: 'failed', message: error.message });
				resolve();
			});
			this.supervisor.once('close', () => {
				// Only a supervisor that was killed leaves its child behind.
				this.killLeftovers();
				this.dispatch({ type: 'exited', code: null, signal: null });
				resolve();
			});
		});
		this.supervisor.on('message', (raw) => {
			const message = messageSchema.safeParse(raw);
			if (message.success) this.dispatch(message.data);
		});
	}

	/** The supervisor's process id. The command has ended when that process has. */
	get supervisorPid(): number | undefined {
		return this.supervisor.pid;
	}

	/** The process id of the running command, or undefined. */
	get pid(): number | undefined {
		return this.childPid;
	}

	/** The output of the command so far. */
	log(): string {
		return this.output;
	}

	/**
	 * Starts the command. One at a time: start again only after it has ended.
	 *
	 * @returns a promise of the command's exit
	 * @throws if it can't be started
	 */
	async start(command: Command): Promise<{ exited: Promise<Exit> }> {
		if (!this.supervisor.connected)
			throw new Error('The supervisor has ended; nothing can be started.');
		const exited = this.next('exited').then(({ code, signal }) => ({ code, signal }));
		const started = Promise.race([
			this.next('started'),
			this.next('failed').then(({ message }) => {
				throw new Error(`${command.command} could not be started: ${message}`);
			}),
			this.next('exited').then(() => {
				throw new Error(`${command.command} could not be started.`);
			}),
		]);
		this.send({ type: 'start', ...command });
		await started;
		return { exited };
	}

	/** Sends a signal to the command and all its descendants. */
	signal(signal: NodeJS.Signals): void {
		this.send({ type: 'signal', signal });
	}

	/** Ends the command: with its stop signal, and with SIGKILL after five seconds. Wait for the promise of `start`. */
	stop(): void {
		this.send({ type: 'stop' });
	}

	/** Ends the command if it still runs, removes the folders, and ends the supervisor. Can be called twice. */
	async close(): Promise<void> {
		// Not disconnect(): after that, Node.js never says that the supervisor's output has ended.
		this.send({ type: 'end' });
		await this.supervisorGone;
	}

	private send(message: object): void {
		// Without a channel the supervisor is ending, and the command with it.
		if (this.supervisor.connected) this.supervisor.send(message, () => {});
	}

	private next<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
		const isWanted = (message: Message): message is Extract<Message, { type: T }> =>
			message.type === type;
		return new Promise((resolve) => {
			const listener = (message: Message): void => {
				if (!isWanted(message)) return;
				this.listeners = this.listeners.filter((other) => other !== listener);
				resolve(message);
			};
			this.listeners.push(listener);
		});
	}

	private dispatch(message: Message): void {
		if (message.type === 'started') this.childPid = message.pid;
		if (message.type === 'exited') this.childPid = undefined;
		for (const listener of [...this.listeners]) listener(message);
	}

	private killLeftovers(): void {
		if (this.childPid === undefined) return;
		try {
			process.kill(process.platform === 'win32' ? this.childPid : -this.childPid, 'SIGKILL');
		} catch {
			// It had ended already.
		}
	}
}
