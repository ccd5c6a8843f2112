import path from 'node:path';

import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { type Check, demandNone, runScript } from './check.mts';
import { contentProblems, sizeOf } from './content.mts';
import type { UnpackedPackage } from './packed-package.mts';
import { ruleProblems } from './rules.mts';
import { ensureScanner, scan } from './scanner.mts';

export interface Subject {
	/** A copy of the repository's files. */
	source: string;
	/** The tarball, once it is packed. */
	unpacked(): Promise<UnpackedPackage>;
	/** A folder for whatever is left over. */
	temporary: string;
	onProgress: (line: string) => void;
}

/** n8n's linter, as `npm run lint` runs it first. */
export const lint: Check = {
	name: "n8n's linter, strict configuration",
	run: async () => {
		const script = path.join(PROJECT_FOLDER, 'node_modules/@n8n/node-cli/bin/n8n-node.mjs');
		await runScript([script, 'lint'], { cwd: PROJECT_FOLDER });
		return '';
	},
};

/** The checks that look at files alone. */
export function fileChecks({ source, unpacked, temporary, onProgress }: Subject): Check[] {
	return [
		{
			name: "n8n's scanner, the source",
			run: async () => {
				const scanner = await ensureScanner(onProgress);
				return `${await scan(source, { scanner, what: 'source', temporary })} files`;
			},
		},
		{
			name: "n8n's scanner, the tarball",
			run: async () => {
				const scanner = await ensureScanner(onProgress);
				const { folder } = await unpacked();
				return `${await scan(folder, { scanner, what: 'tarball', temporary })} files`;
			},
		},
		{
			name: 'what is in the tarball',
			run: async () => {
				const found = await unpacked();
				const problems = await contentProblems(found);
				demandNone(problems.length === 0 ? [] : [...problems, `(${sizeOf(found)})`]);
				return sizeOf(found);
			},
		},
		{
			name: "n8n's rules for package.json and imports",
			run: async () => {
				demandNone(ruleProblems(await unpacked()));
				return '';
			},
		},
	];
}
