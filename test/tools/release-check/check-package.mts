import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import colors from 'picocolors';

import { exitAtSignal } from '../process/signals.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { type Check, demandNone, problemsOf } from './check.mts';
import { fileChecks, lint } from './checks.mts';
import { checkInstallation } from './install-check.mts';
import { ownerProblems } from './owner.mts';
import { copySource, packAndUnpack, type UnpackedPackage } from './packed-package.mts';
import { selfTest } from './self-test.mts';

const USAGE = `npm run check:package [-- options]

Checks what would be published: n8n's linter and scanner, the tarball's content, n8n's rules, and an
installation by n8n itself. Runs all checks, and fails when one of them does.

  --rehearsal    leave out what only the owner can set before a release: author, address, repository
  --without-n8n  leave out the installation, which starts a real n8n
  --self-test    plant mistakes in copies, and see the checks fail`;

const print = (line = ''): void => void process.stdout.write(`${line}\n`);
const onProgress = (line: string): void => print(colors.gray(`        ${line}`));

async function passes({ name, run }: Check): Promise<boolean> {
	const start = Date.now();
	const took = (): string => colors.gray(`(${Math.round((Date.now() - start) / 1000)} s)`);
	try {
		const detail = await run();
		print(`${colors.green('passed')}  ${name}${detail && `: ${detail}`} ${took()}`);
		return true;
	} catch (error) {
		print(`${colors.red('FAILED')}  ${name} ${took()}`);
		for (const problem of problemsOf(error))
			print(`        ${problem.replaceAll('\n', '\n        ')}`);
		return false;
	}
}

interface Choice {
	withN8n: boolean;
	/** Whether nothing is going to be published. */
	isRehearsal: boolean;
}

async function verify(temporary: string, { withN8n, isRehearsal }: Choice): Promise<number> {
	const source = path.join(temporary, 'source');
	await copySource(PROJECT_FOLDER, source);
	let packed: Promise<UnpackedPackage> | undefined;
	const unpacked = async (): Promise<UnpackedPackage> =>
		await (packed ??= packAndUnpack(PROJECT_FOLDER, path.join(temporary, 'packed')));

	const checks: Check[] = [lint, ...fileChecks({ source, unpacked, temporary, onProgress })];
	if (!isRehearsal) {
		checks.push({
			name: 'what the owner has to set',
			run: async () => {
				demandNone(ownerProblems(await unpacked()));
				return '';
			},
		});
	}
	if (withN8n) {
		checks.push({
			name: 'installation by n8n',
			run: async () => await checkInstallation(await unpacked(), { temporary, onProgress }),
		});
	}
	const failed: string[] = [];
	for (const check of checks) if (!(await passes(check))) failed.push(check.name);
	print();
	if (failed.length === 0) print(colors.green('All checks passed.'));
	else print(colors.red(`${failed.length} of ${checks.length} failed: ${failed.join('; ')}`));
	return failed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			help: { type: 'boolean', default: false },
			rehearsal: { type: 'boolean', default: false },
			'self-test': { type: 'boolean', default: false },
			'without-n8n': { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		print(USAGE);
		return 0;
	}
	const temporary = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-verify-')));
	process.once('exit', () => fs.rmSync(temporary, { recursive: true, force: true }));
	exitAtSignal();
	return values['self-test']
		? await selfTest({ temporary, print, onProgress })
		: await verify(temporary, {
				withN8n: !values['without-n8n'],
				isRehearsal: values.rehearsal,
			});
}

// What is still under way ends with this process.
process.exit(await main());
