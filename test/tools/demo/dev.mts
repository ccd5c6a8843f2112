import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import colors from 'picocolors';

import { lastLines } from '../n8n/npm.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { editorPort } from '../n8n/service.mts';
import { SupervisedCommand } from '../n8n/supervised.mts';
import { startEnvironment, type Environment } from './environment.mts';
import { interruption } from '../process/signals.mts';
import { reloadPackage } from './reload.mts';
import { watchSources } from './watch.cjs';

const USAGE = `npm run dev [-- options]

Starts a real n8n with this package and an example, and the Talkdesk simulator. Builds on every change of the sources; n8n
and its editor then have the new build, without a reload of the page. Types are checked beside it.

  --n8n-port <port>      of the editor, 5678 by default if it is free
  --talkdesk-port <port> of the simulator, a free one by default`;

const print = (line = '') => process.stdout.write(`${line}\n`);
/** Messages of the bundler come in color. */
const messageOf = (error: unknown) => {
	const message = error instanceof Error ? error.message : String(error);
	return colors.isColorSupported ? message : stripVTControlCharacters(message);
};
const port = (text: string | undefined) => (text === undefined ? undefined : Number(text));

function printAddresses({ n8n, talkdesk, chat, workflowId }: Environment) {
	print(`
  n8n's editor           ${colors.cyan(`${n8n.url}/workflow/${workflowId}`)}
  Log in with            ${n8n.owner.email} and the password ${n8n.owner.password}
  Talkdesk simulator     ${colors.green(talkdesk.deskUrl)}
                         the agent's desk; the credential of the workflow belongs to it
  A customer's chat      ${chat.url}

Change a file in nodes/ or credentials/. Ctrl-C ends everything.
`);
}

/** Checks types on every change, and prints what is wrong. */
async function checkTypes(): Promise<SupervisedCommand> {
	const compiler = new SupervisedCommand();
	compiler.onOutput = (text) => {
		// The compiler also says that it has begun, and that there is no error.
		if (/error TS\d|Found [1-9]/.test(text)) print(text.trim());
	};
	const script = path.join(PROJECT_FOLDER, 'node_modules', 'typescript', 'bin', 'tsc');
	await compiler.start({
		command: process.execPath,
		args: [script, '--watch', '--preserveWatchOutput', '-p', 'tsconfig.json'],
		cwd: PROJECT_FOLDER,
		env: process.env,
	});
	return compiler;
}

/** Builds and reloads on every change. What goes wrong is said, and the next change is waited for. */
const watchPackage = ({ n8n }: Environment) =>
	watchSources(async (build) => {
		const start = Date.now();
		try {
			await build();
			await reloadPackage(n8n);
			print(
				colors.green(`Built and reloaded after ${((Date.now() - start) / 1000).toFixed(1)} s.`),
			);
		} catch (error) {
			print(colors.red(messageOf(error)));
		}
	});

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			help: { type: 'boolean', default: false },
			'n8n-port': { type: 'string' },
			'talkdesk-port': { type: 'string' },
		},
	});
	if (values.help) {
		print(USAGE);
		return 0;
	}
	const interrupted = interruption();

	let environment: Environment | undefined;
	let compiler: SupervisedCommand | undefined;
	let watcher: { close(): void } | undefined;
	let isReady = false;
	try {
		const building = startEnvironment({
			n8nPort: port(values['n8n-port']) ?? (await editorPort()),
			n8nEnv: { N8N_DEV_RELOAD: 'true' },
			talkdesk: { port: port(values['talkdesk-port']) },
			onProgress: (line) => print(colors.gray(line)),
			// Its first lines are about hundreds of migrations.
			onN8nOutput: (text) => isReady && print(colors.gray(text.trimEnd())),
		});
		const built = await Promise.race([building, interrupted]);
		if (built === 'interrupted') return 130;
		environment = built;
		isReady = true;

		printAddresses(environment);
		watcher = watchPackage(environment);
		compiler = await checkTypes();
		await interrupted;
		print('\nStopping …');
		return 0;
	} catch (error) {
		print(`\n${colors.red(messageOf(error))}`);
		if (environment) print(lastLines(environment.n8n.log(), 15));
		return 1;
	} finally {
		watcher?.close();
		await compiler?.close();
		await environment?.stop();
	}
}

// Interrupted while it is built, the environment is unfinished work; what was started for it ends with this process.
process.exit(await main());
