/** The cost of the installed package: the time to load it, and its size. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

import { ensureN8n } from '../n8n/installation.mts';
import { packPackage, PROJECT_FOLDER } from '../n8n/pack.mts';
import { MAX_PACKED_BYTES } from '../release-check/content.mts';
import type { Part, Progress, Section } from './section.mts';
import { medianRatio, quantile } from './statistics.mts';

const runFile = promisify(execFile);

const ROUNDS = 21;
/** A time would depend on the machine: it is 15 ms if n8n's part takes 250. */
const LOAD_GOAL = 0.06;

/** n8n has loaded both of the package's dependencies before it loads a community node. */
const SCRIPT = `
const { performance } = require('node:perf_hooks');
const begun = performance.now();
require('n8n-workflow');
require('zod');
const loaded = performance.now();
for (const file of process.argv.slice(1)) require(file);
const done = performance.now();
console.log(JSON.stringify({ dependencies: loaded - begun, own: done - loaded }));
`;
const timesSchema = z.object({ dependencies: z.number(), own: z.number() });

const manifestSchema = z.object({
	n8n: z.object({ nodes: z.array(z.string()), credentials: z.array(z.string()) }),
});

async function measure(progress: Progress): Promise<Section> {
	const manifest = fs.readFileSync(path.join(PROJECT_FOLDER, 'package.json'), 'utf8');
	const { nodes, credentials } = manifestSchema.parse(JSON.parse(manifest)).n8n;
	const files = [...credentials, ...nodes].map((file) => path.join(PROJECT_FOLDER, file));
	const { nodePath } = await ensureN8n({ onProgress: progress });

	progress(`Loading it in ${ROUNDS} processes …`);
	const times: Array<z.output<typeof timesSchema>> = [];
	for (let round = 0; round <= ROUNDS; round++) {
		const { stdout } = await runFile(nodePath, ['-e', SCRIPT, ...files], { cwd: PROJECT_FOLDER });
		// The first one finds no file in the system's cache.
		if (round > 0) times.push(timesSchema.parse(JSON.parse(stdout)));
	}
	const own = times.map((each) => each.own);
	const share = medianRatio(
		own,
		times.map(({ dependencies }) => dependencies),
	);

	progress('Packing it …');
	const bytes = fs.statSync(await packPackage()).size;
	const size = `${(bytes / 1000).toFixed(1)} kB`;
	return {
		title: 'Package',
		paragraphs: [
			`How much longer a process takes that loads both nodes and the credential, after \`n8n-workflow\` and \`zod\`, which n8n has loaded anyway: medians of ${ROUNDS} processes, with n8n's Node.js. And the size of the tarball that \`npm pack\` makes.`,
		],
		tables: [
			{
				head: ['', 'median', 'fastest', 'slowest'],
				rows: [
					[
						'both nodes and the credential',
						...[0.5, 0, 1].map((part) => `${quantile(own, part).toFixed(1)} ms`),
					],
					[
						'`n8n-workflow` and `zod`',
						...[0.5, 0, 1].map(
							(part) =>
								`${quantile(
									times.map(({ dependencies }) => dependencies),
									part,
								).toFixed(1)} ms`,
						),
					],
				],
			},
			{ head: ['tarball'], rows: [[size]] },
		],
		goals: [
			{
				measure: 'Time to load the package: share of that for `n8n-workflow` and `zod`',
				goal: `≤ ${LOAD_GOAL}`,
				measured: share.toFixed(3),
				isMet: share <= LOAD_GOAL,
			},
			{
				measure: 'Size of the tarball',
				goal: `≤ ${MAX_PACKED_BYTES / 1000} kB`,
				measured: size,
				isMet: bytes <= MAX_PACKED_BYTES,
			},
		],
	};
}

export const packed: Part = {
	name: 'package',
	what: 'time to load the package, and the size of its tarball',
	measure,
};
