/** Finds out which undocumented assumptions about Talkdesk hold for an account. docs/contract.md explains it. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

import { onSignal } from '../process/signals.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { parseOptions, readSettings, UsageError, USAGE } from './contract-options.mts';
import { startReceiver } from './receiver.mts';
import { toFile, toTerminal } from './report.mts';
import { runCheck } from './run.mts';
import { createTerminalDesk } from './terminal-desk.mts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function packageVersion(): string {
	const text = fs.readFileSync(path.join(PROJECT_FOLDER, 'package.json'), 'utf8');
	return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Aborts at the first signal, so that the check can clean up; ends the process at the second. */
function interruptible(): AbortSignal {
	const controller = new AbortController();
	onSignal(() => {
		if (controller.signal.aborted) process.exit(130);
		print('Interrupted: what was made is removed. Once more ends without that.');
		controller.abort();
	});
	return controller.signal;
}

async function main(): Promise<number> {
	const options = parseOptions(process.argv.slice(2));
	if (options.help) {
		print(USAGE);
		return 0;
	}
	const { settings, region } = readSettings(options.credentials, process.env);
	const signal = interruptible();
	const { email, listen, output } = options;
	const receiver =
		listen === undefined ? undefined : await startReceiver(options.host, options.port);
	const desk =
		receiver &&
		createTerminalDesk(receiver, {
			...{ publicUrl: listen ?? '', input: process.stdin, print, signal },
			...{ stepMs: options.step * 1000, settleMs: options.settle * 1000 },
		});
	if (receiver) print(`Listening on ${options.host}:${receiver.port}.`);
	try {
		const result = await runCheck({
			...{ settings, email, signal, progress: (line: string) => print(`… ${line}`) },
			...(desk && { listening: desk }),
		});
		const date = new Date().toISOString().slice(0, 10);
		const format = output.endsWith('.json') ? 'json' : 'markdown';
		if (!result.isInterrupted) {
			print(`\n${toTerminal(result)}`);
			fs.writeFileSync(output, toFile(result, { version: packageVersion(), region, date }, format));
			print(`The report is in ${output}.`);
		}
		for (const each of result.left) print(`Not removed: ${each}`);
		if (result.isInterrupted) return 130;
		if (result.findings.every(({ verdict }) => verdict === 'unclear')) return 2;
		return result.findings.some(({ verdict }) => verdict === 'not held') ? 1 : 0;
	} finally {
		desk?.close();
		await receiver?.close();
	}
}

main().then(
	// Standard input may still be open.
	(code) => process.exit(code),
	(error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(error instanceof UsageError ? 2 : 1);
	},
);
