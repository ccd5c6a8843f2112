import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);

export interface Check {
	name: string;
	/**
	 * @returns what is worth knowing when all is well
	 * @throws CheckFailed
	 */
	run(): Promise<string>;
}

/** What a check found. */
export class CheckFailed extends Error {
	constructor(readonly problems: string[]) {
		super(problems.join('\n'));
		this.name = 'CheckFailed';
	}
}

/** @throws CheckFailed when there are problems */
export function demandNone(problems: string[]): void {
	if (problems.length > 0) throw new CheckFailed(problems);
}

/** The problems that an error of a check stands for. */
export function problemsOf(error: unknown): string[] {
	if (error instanceof CheckFailed) return error.problems;
	return [error instanceof Error ? error.message : String(error)];
}

/**
 * Runs a script with our Node.js.
 *
 * @returns what it wrote to its standard output
 * @throws CheckFailed with everything that it wrote when it fails
 */
export async function runScript(
	args: string[],
	options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
	const child = run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024, ...options });
	const { stdout } = await child.catch((error: Error & { stdout?: string; stderr?: string }) => {
		const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
		throw new CheckFailed([stripVTControlCharacters(output) || error.message]);
	});
	return stdout;
}
