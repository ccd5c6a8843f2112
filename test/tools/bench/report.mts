import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import prettier from 'prettier';
import { z } from 'zod';

import { ensureN8n } from '../n8n/installation.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import type { Section, Table } from './section.mts';

const runFile = promisify(execFile);

const REPORT = path.join(PROJECT_FOLDER, 'test', 'tools', 'bench', 'README.md');

const versionSchema = z.object({ version: z.string() });
const versionIn = (folder: string) =>
	versionSchema.parse(JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')))
		.version;

function operatingSystem(): string {
	const kernel = `${os.type()} ${os.arch()}`;
	try {
		const named = /^PRETTY_NAME="?([^"\n]+)/m.exec(fs.readFileSync('/etc/os-release', 'utf8'));
		return named?.[1] === undefined ? kernel : `${named[1]}, ${kernel}`;
	} catch {
		return `${kernel}, ${os.release()}`;
	}
}

/** The machine and the versions. Call it before the measurements, so that the load is that of other processes. */
export async function describePlace(): Promise<Table> {
	const { folder, nodePath } = await ensureN8n();
	const { stdout } = await runFile(nodePath, ['--version']);
	const cpus = os.cpus();
	return {
		head: ['', ''],
		rows: [
			['date', new Date().toISOString().slice(0, 10)],
			['processor', `${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} cores`],
			['memory', `${(os.totalmem() / 1e9).toFixed(0)} GB`],
			['system', operatingSystem()],
			['load of the minute before', (os.loadavg()[0] ?? 0).toFixed(2)],
			['n8n', `${versionIn(path.join(folder, 'node_modules', 'n8n'))}, Node.js ${stdout.trim()}`],
			['this package', versionIn(PROJECT_FOLDER)],
		],
	};
}

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;

/** Most cells are numbers: all columns but the first are aligned to the right. */
function table({ title, head, rows }: Table): string {
	const line = head.map((_, index) => (index === 0 ? '---' : '---:'));
	const lines = [head, line, ...rows].map(row).join('\n');
	return title === undefined ? lines : `### ${title}\n\n${lines}`;
}

/** The goals of all sections, as Markdown. */
function goalsOf(sections: Section[]): string {
	return table({
		head: ['measure', 'goal', 'measured', 'met?'],
		rows: sections.flatMap(({ goals }) =>
			goals.map(({ measure, goal, measured, isMet }) => [
				measure,
				goal,
				measured,
				isMet ? 'yes' : '**no**',
			]),
		),
	});
}

const sectionOf = ({ title, paragraphs, tables }: Section) =>
	[`## ${title}`, ...paragraphs, ...tables.map(table)].join('\n\n');

/** Some sections, as Markdown in the project's format: the goals first. */
export async function render(sections: Section[]): Promise<string> {
	return await formatted(['## Goals', goalsOf(sections), ...sections.map(sectionOf)]);
}

/** Writes the report of all sections, with its environment. */
export async function writeReport(place: Table, sections: Section[]): Promise<string> {
	const text = await formatted([
		'# Measurements',
		"This package beside n8n's own nodes, in one run on one machine. Made by `npm run bench`, which writes this file; `npm run bench -- --help` names its parts. What counts are the ratios: the times are those of this machine.",
		table(place),
		await render(sections),
	]);
	fs.writeFileSync(REPORT, text);
	return REPORT;
}

async function formatted(blocks: string[]): Promise<string> {
	const options = await prettier.resolveConfig(REPORT);
	return await prettier.format(blocks.join('\n\n'), { ...options, parser: 'markdown' });
}
