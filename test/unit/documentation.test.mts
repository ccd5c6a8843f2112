import fs from 'node:fs';
import path from 'node:path';

import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import { documents, fencesOf, proseOf, readDocument } from '../support/documentation.mts';

const FILES = documents();
/** The names of all files in which code can be. */
const SOURCES = new Set(
	['credentials', 'nodes', 'test', ''].flatMap((folder) =>
		fs
			.readdirSync(path.join(PROJECT_FOLDER, folder), {
				recursive: folder !== '',
				encoding: 'utf8',
			})
			.map((file) => path.basename(file)),
	),
);
const exists = (file: string) => fs.existsSync(path.join(PROJECT_FOLDER, file));

/** Links and pictures that lead to a file of the project, or to a heading. */
function linksOf(file: string): string[] {
	return [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
		.flatMap(([, target]) => target ?? [])
		.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(file: string): Set<string> {
	const anchors = new Set<string>();
	for (const [, heading = ''] of proseOf(file).matchAll(/^#{1,6} +(.+)$/gm)) {
		const anchor = heading
			.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
			.trim()
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.replace(/\s/g, '-');
		let unique = anchor;
		for (let number = 1; anchors.has(unique); number++) unique = `${anchor}-${number}`;
		anchors.add(unique);
	}
	return anchors;
}

function brokenLinksOf(file: string): string[] {
	return linksOf(file).filter((link) => {
		const [target = '', anchor] = link.split('#');
		const to = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
		if (!exists(to)) return true;
		return anchor !== undefined && to.endsWith('.md') && !anchorsOf(to).has(anchor);
	});
}

it('every link leads somewhere', () => {
	expect(FILES.flatMap((file) => brokenLinksOf(file).map((link) => `${file}: ${link}`))).toEqual(
		[],
	);
});

/** What stands in code, in the text and in fences, without white space and quotation marks. */
function wordsOfCode(file: string): string[] {
	const inline = [...proseOf(file).matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code ?? []);
	return [...inline, ...fencesOf(file).map(({ text }) => text)].flatMap((code) =>
		code.split(/[\s'"`,;()]+/),
	);
}

const HOME = /^(?:credentials|docs|examples|nodes|test|\.github)\//;
const SOURCE = /(?<![\w./*-])[\w-][\w.-]*\.(?:mts|mjs|ts)\b/g;
/** `…`, `<…>` and `*` stand for others. */
const isWhole = (word: string) => /^[\w./-]+$/.test(word);

function missingIn(file: string): string[] {
	const words = wordsOfCode(file).filter(isWhole);
	const folder = path.posix.dirname(file);
	return [
		...words.filter((word) => HOME.test(word) && !exists(word)),
		...words.filter((word) => /^\.\.?\//.test(word) && !exists(path.posix.join(folder, word))),
		...[...proseOf(file).matchAll(SOURCE)]
			.map(([name]) => name)
			.filter((name) => !SOURCES.has(name)),
	];
}

it('every file of the project that is named is there', () => {
	expect(FILES.flatMap((file) => missingIn(file).map((name) => `${file}: ${name}`))).toEqual([]);
});

it('n8n finds the headings that it asks for', () => {
	const headings = readDocument('README.md').match(/^## .+$/gm) ?? [];
	for (const wanted of [
		...['Installation', 'Operations', 'Credentials', 'Compatibility', 'Usage', 'Resources'],
		'Version history',
	]) {
		expect(headings).toContain(`## ${wanted}`);
	}
});

it.each([
	['README.md', 1600],
	['CONTRIBUTING.md', 800],
])('%s has at most %i words', (file, most) => {
	expect(readDocument(file).split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(most);
});

it('a fenced expression is text, which no formatter touches, and says what it gives', () => {
	const expressions = FILES.flatMap(fencesOf).filter(
		({ gives, text }) => gives !== undefined || text.includes('{{'),
	);
	expect(expressions.length).toBeGreaterThan(0);
	expect(
		expressions.filter(({ language, gives }) => language !== 'text' || gives === undefined),
	).toEqual([]);
});

it('every decision has a number of its own, and a line in the list', () => {
	const records = fs
		.readdirSync(path.join(PROJECT_FOLDER, 'docs/decisions'))
		.filter((file) => /^\d{4}-/.test(file));
	const list = readDocument('docs/decisions/README.md');
	expect(records.length).toBeGreaterThan(0);
	for (const file of records) {
		const record = readDocument(`docs/decisions/${file}`);
		const [, number, title] = /^# (\d+)\. (.+)$/m.exec(record) ?? [];
		expect([file, number]).toEqual([file, String(Number(file.slice(0, 4)))]);
		expect(list).toContain(`[${title}](${file})`);
		for (const part of ['Context', 'Decision', 'Consequence', 'Source']) {
			expect([file, record.includes(`**${part}.**`)]).toEqual([file, true]);
		}
	}
	expect(new Set(records.map((file) => file.slice(0, 4))).size).toBe(records.length);
});

/** Words of n8n and of fields, which are not in this package's messages. */
const OF_N8N = ['A Memory sub-node must be connected and enabled'];

/** What the first column quotes, in the tables of a document or of one of its sections. */
function quotedIn(text: string): string[] {
	return text
		.split('\n')
		.flatMap((line) => /^\| ([^|]*`[^|]*)\|/.exec(line)?.[1] ?? [])
		.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, quoted]) => quoted ?? []));
}

it('what the troubleshooting quotes is what the nodes say', () => {
	const sources = fs
		.readdirSync(path.join(PROJECT_FOLDER, 'nodes'), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.ts'))
		.map((file) => fs.readFileSync(path.join(PROJECT_FOLDER, 'nodes', file), 'utf8'))
		.join('\n')
		// Numbers are put in when it runs.
		.replace(/\$\{[^}]*\}/g, '#');
	const [, inReadme = ''] = readDocument('README.md').split('## Troubleshooting');
	const [section = ''] = inReadme.split('\n## ');
	const quoted = [...quotedIn(section), ...quotedIn(readDocument('docs/troubleshooting.md'))];
	const says = (words: string) =>
		sources.includes(words.replace(/\b\d+\b/g, '#')) || OF_N8N.some((own) => own.includes(words));
	expect(quoted.length).toBeGreaterThan(10);
	expect(quoted.filter((words) => !says(words))).toEqual([]);
});
