import fs from 'node:fs';
import path from 'node:path';
import colors from 'picocolors';

import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { problemsOf } from './check.mts';
import { fileChecks } from './checks.mts';
import {
	copySource,
	packAndUnpack,
	readManifest,
	type UnpackedPackage,
} from './packed-package.mts';

interface Plant {
	name: string;
	/** Puts a mistake into a copy of the built project. */
	plant(folder: string): void;
	/** The expected findings of the checks, in order: the scanner twice, content, rules. Undefined for any. */
	expected: Array<RegExp | undefined>;
}

const NODE = 'nodes/Talkdesk/Talkdesk.node';

const prepend = (file: string, text: string): void =>
	fs.writeFileSync(file, `${text}\n${fs.readFileSync(file, 'utf8')}`);

const plants: Plant[] = [
	{
		name: 'a forbidden import (fs)',
		plant: (folder) => {
			prepend(path.join(folder, `${NODE}.ts`), "import 'fs';");
			prepend(path.join(folder, `dist/${NODE}.js`), 'require("fs");');
		},
		expected: [/Import of 'fs'/, /Require of 'fs'/, undefined, /imports fs/],
	},
	{
		name: 'an import of a devDependency (axios), which n8n’s own rule lets through',
		plant: (folder) => prepend(path.join(folder, `dist/${NODE}.js`), 'require("axios");'),
		expected: [undefined, undefined, undefined, /imports axios/],
	},
	{
		name: 'a run-time dependency',
		plant: (folder) => {
			const dependencies = { ms: '2.1.3' };
			const manifest = JSON.stringify({ ...readManifest(folder), dependencies }, null, '\t');
			fs.writeFileSync(path.join(folder, 'package.json'), manifest);
		},
		expected: [/no-runtime-dependencies/, /no-runtime-dependencies/, undefined, /has dependencies/],
	},
	{
		name: 'a node that package.json doesn’t list',
		plant: (folder) => {
			for (const [from, to] of [
				[`${NODE}.ts`, 'nodes/Talkdesk/Extra.node.ts'],
				[`dist/${NODE}.js`, 'dist/nodes/Talkdesk/Extra.node.js'],
			] as const) {
				fs.copyFileSync(path.join(folder, from), path.join(folder, to));
			}
		},
		expected: [/Extra\.node/, undefined, /Extra\.node\.js is not listed/, undefined],
	},
	{
		name: 'a source, a test and a missing icon in the tarball',
		plant: (folder) => {
			fs.writeFileSync(path.join(folder, 'dist/a.ts'), '');
			fs.mkdirSync(path.join(folder, 'dist/test'));
			fs.writeFileSync(path.join(folder, 'dist/test/a.js'), '');
			fs.rmSync(path.join(folder, 'dist/nodes/Talkdesk/talkdesk.dark.svg'));
		},
		expected: [
			undefined,
			undefined,
			/a\.ts has no business[^]*a\.js is a test[^]*talkdesk\.dark\.svg is not in the tarball/,
			undefined,
		],
	},
];

interface Context {
	temporary: string;
	print: (line: string) => void;
	onProgress: (line: string) => void;
}

/** The findings of the checks for a copy of the built project, in order; empty for those that pass. */
async function findings(copy: string, { temporary, onProgress }: Context) {
	let packed: Promise<UnpackedPackage> | undefined;
	const unpacked = async (): Promise<UnpackedPackage> =>
		await (packed ??= packAndUnpack(copy, `${copy}-packed`));
	const found: Array<{ name: string; said: string }> = [];
	for (const { name, run } of fileChecks({ source: copy, unpacked, temporary, onProgress })) {
		const said = await run().then(
			() => '',
			(error: unknown) => problemsOf(error).join('\n'),
		);
		found.push({ name, said });
	}
	return found;
}

async function copyProject(target: string): Promise<void> {
	await copySource(PROJECT_FOLDER, target);
	fs.cpSync(path.join(PROJECT_FOLDER, 'dist'), path.join(target, 'dist'), { recursive: true });
}

/**
 * Plants mistakes in copies of the built project, and sees whether the checks notice.
 *
 * @returns the exit code
 */
export async function selfTest(context: Context): Promise<number> {
	const { temporary, print } = context;
	let missed = 0;
	const untouched = path.join(temporary, 'untouched');
	await copyProject(untouched);
	const before = await findings(untouched, context);
	for (const [number, { name, plant, expected }] of plants.entries()) {
		const copy = path.join(temporary, `plant-${number}`);
		await copyProject(copy);
		plant(copy);
		print(colors.bold(name));
		for (const [index, { name: check, said }] of (await findings(copy, context)).entries()) {
			const wanted = expected[index];
			if (!wanted) continue;
			// A check that says the same of the untouched project has not seen what was planted.
			const noticed = wanted.test(said) && !wanted.test(before[index]?.said ?? '');
			if (!noticed) missed++;
			const line = said.split('\n').find((text) => wanted.test(text)) ?? said.split('\n')[0];
			print(
				`  ${noticed ? colors.green('red, as it must be') : colors.red('NOT NOTICED')}  ${check}: ${line?.trim()}`,
			);
		}
	}
	print(missed === 0 ? colors.green('Every mistake was seen.') : colors.red(`${missed} not seen.`));
	return missed === 0 ? 0 : 1;
}
