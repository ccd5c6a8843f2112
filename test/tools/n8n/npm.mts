import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Command, SupervisedCommand } from './supervised.mts';

/** Variables that npm gives to scripts, and that would mislead another npm in another folder. */
const SCRIPT_VARIABLES =
	/^(npm_package_|npm_lifecycle_|npm_config_(local_prefix|ignore_scripts)$|npm_command$|INIT_CWD$)/i;

/** The last lines of a text. */
export function lastLines(text: string, count: number): string {
	return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** npm's last lines, without the page of options that it prints after some errors. */
function errorLines(output: string): string {
	const lines = output.split('\n');
	const usage = lines.findIndex((line) => line.endsWith(' Usage:'));
	return lastLines((usage < 0 ? lines : lines.slice(0, usage)).join('\n'), 40);
}

function npmCommand(args: string[], cwd: string, extraEnv: NodeJS.ProcessEnv): Command {
	const env = Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !SCRIPT_VARIABLES.test(name)),
	);
	Object.assign(env, extraEnv);
	// Under npm, the same npm again; it is a script, so that Windows needs no shell for it.
	const script = process.env.npm_execpath;
	if (script !== undefined && path.basename(script) === 'npm-cli.js') {
		return { command: process.execPath, args: [script, ...args], cwd, env };
	}
	return process.platform === 'win32'
		? { command: 'cmd.exe', args: ['/d', '/c', 'npm', ...args], cwd, env }
		: { command: 'npm', args, cwd, env };
}

/** Waits until the process that a file names is gone: at most a little longer than a supervisor needs. */
async function untilGone(pidFile: string): Promise<void> {
	for (let attempt = 0; attempt < 60 && fs.existsSync(pidFile); attempt++) {
		try {
			process.kill(Number(fs.readFileSync(pidFile, 'utf8')) || -1, 0);
		} catch {
			return;
		}
		await sleep(200);
	}
}

export interface NpmOptions {
	/** Further environment variables. */
	env?: NodeJS.ProcessEnv;
	/**
	 * A file for the id of the guarding process. When an earlier run was killed, npm may need a few more seconds to
	 * end; the next run with this file waits for that, so that there are never two in one folder.
	 */
	pidFile?: string;
}

/**
 * Runs npm. It ends with this process, even after a crash.
 *
 * @param args npm's arguments
 * @param cwd the folder to run it in
 * @returns what npm printed
 * @throws with npm's last lines when it fails
 */
export async function runNpm(
	args: string[],
	cwd: string,
	{ env = {}, pidFile }: NpmOptions = {},
): Promise<string> {
	if (pidFile) await untilGone(pidFile);
	const supervised = new SupervisedCommand();
	let code: number | null;
	try {
		if (pidFile) fs.writeFileSync(pidFile, String(supervised.supervisorPid));
		const { exited } = await supervised.start(npmCommand(args, cwd, env));
		code = (await exited).code;
	} finally {
		await supervised.close();
		if (pidFile) fs.rmSync(pidFile, { force: true });
	}
	if (code !== 0) {
		throw new Error(`\`npm ${args.join(' ')}\` failed in ${cwd}:\n${errorLines(supervised.log())}`);
	}
	return supervised.log();
}
