/** Measures this package beside n8n's own nodes, and writes the report. */
import path from 'node:path';
import { parseArgs } from 'node:util';

import { exitAtSignal } from '../process/signals.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { files } from './file-transfers.mts';
import { handOff } from './hand-off.mts';
import { packed } from './package-cost.mts';
import { describePlace, render, writeReport } from './report.mts';
import type { Section } from './section.mts';
import { send } from './send.mts';
import { sessions } from './sessions.mts';
import { transcripts } from './transcripts.mts';
import { trigger } from './trigger.mts';

const PARTS = [trigger, send, handOff, sessions, files, transcripts, packed];

const USAGE = `npm run bench [-- part …]

Without a part: all of them, and the report is written to test/tools/bench/README.md. With parts: only these, printed.
Ends with 1 when a goal is missed.

${PARTS.map(({ name, what }) => `  ${name.padEnd(13)}${what}`).join('\n')}`;

const print = (line = '') => process.stdout.write(`${line}\n`);

async function bench(names: string[]): Promise<boolean> {
	const chosen = PARTS.filter(({ name }) => names.length === 0 || names.includes(name));
	const place = await describePlace();
	const sections: Section[] = [];
	for (const { name, measure } of chosen) {
		print(`\n${name}`);
		const begun = Date.now();
		sections.push(await measure((line) => print(`  ${line}`)));
		print(`  ${Math.round((Date.now() - begun) / 1000)} s`);
	}
	print(`\n${await render(sections)}`);
	if (names.length === 0) {
		const report = await writeReport(place, sections);
		print(`Written to ${path.relative(PROJECT_FOLDER, report)}.`);
	}
	return sections.every(({ goals }) => goals.every(({ isMet }) => isMet));
}

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { help: { type: 'boolean', short: 'h', default: false } },
});
if (values.help) {
	print(USAGE);
	process.exit(0);
}
const unknown = positionals.filter((wanted) => !PARTS.some(({ name }) => name === wanted));
if (unknown.length > 0) {
	print(`There is no part ${unknown.join(', ')}.\n\n${USAGE}`);
	process.exit(1);
}
exitAtSignal();
process.exit((await bench(positionals)) ? 0 : 1);
