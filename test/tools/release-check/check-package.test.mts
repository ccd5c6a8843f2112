import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { contentProblems, MAX_PACKED_BYTES } from './content.mts';
import { importsOf } from './imports.mts';
import { ownerProblems } from './owner.mts';
import { readUnpacked, type UnpackedPackage } from './packed-package.mts';
import { ruleProblems } from './rules.mts';

const MANIFEST = {
	name: 'n8n-nodes-example',
	version: '1.0.0',
	description: 'An example',
	license: 'MIT',
	homepage: 'https://github.com/ann/n8n-nodes-example#readme',
	bugs: 'https://github.com/ann/n8n-nodes-example/issues',
	author: { name: 'Ann', email: 'ann@shop.internal' },
	repository: { type: 'git', url: 'git+https://github.com/ann/n8n-nodes-example.git' },
	keywords: ['n8n-community-node-package'],
	scripts: { test: 'jest' },
	peerDependencies: { 'n8n-workflow': '*' },
	n8n: {
		n8nNodesApiVersion: 1,
		strict: true,
		nodes: ['dist/nodes/Example.node.js'],
		credentials: ['dist/credentials/ExampleApi.credentials.js'],
	},
};

const NODE = `const { answer } = require('./answer');
exports.Example = class {
	description = { name: answer, icon: { light: 'file:a.svg', dark: 'file:a.dark.svg' }, credentials: [{ name: 'exampleApi' }] };
};`;

const GOOD: Record<string, string> = {
	'package.json': JSON.stringify(MANIFEST),
	'README.md': '',
	'CHANGELOG.md': '',
	LICENSE: '',
	'dist/nodes/Example.node.js': NODE,
	'dist/nodes/answer.js': "const { z } = require('zod'); exports.answer = 'example';",
	'dist/nodes/a.svg': '',
	'dist/nodes/a.dark.svg': '',
	'dist/credentials/ExampleApi.credentials.js':
		"exports.ExampleApi = class { name = 'exampleApi'; icon = 'file:../nodes/a.svg'; };",
};

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'verify-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** The valid package with changed files; undefined removes a file. */
function packageWith(change: Record<string, string | undefined>): UnpackedPackage {
	const content = path.join(folder, 'package');
	for (const [name, text] of Object.entries({ ...GOOD, ...change })) {
		if (text === undefined) continue;
		fs.mkdirSync(path.dirname(path.join(content, name)), { recursive: true });
		fs.writeFileSync(path.join(content, name), text);
	}
	const tarball = path.join(folder, 'package.tgz');
	fs.writeFileSync(tarball, '');
	return readUnpacked(tarball, content);
}

const manifestWith = (change: object) =>
	packageWith({ 'package.json': JSON.stringify({ ...MANIFEST, ...change }) });

test('a valid package has no problems', async () => {
	const unpacked = packageWith({});
	expect(await contentProblems(unpacked)).toEqual([]);
	expect(ruleProblems(unpacked)).toEqual([]);
	expect(ownerProblems(unpacked)).toEqual([]);
});

describe('the content of the tarball', () => {
	test.each([
		['a source', { 'dist/nodes/Example.node.ts': '' }, 'Example.node.ts has no business there'],
		['something beside dist', { 'examples/a.json': '{}' }, 'examples/a.json has no business there'],
		['a source map', { 'dist/nodes/a.js.map': '{}' }, 'a.js.map has no business there'],
		[
			'a link to a source map',
			{ 'dist/nodes/b.js': '//# sourceMappingURL=b.js.map' },
			'b.js names a source map',
		],
		['a test', { 'dist/test/a.js': '' }, 'dist/test/a.js is a test'],
		['a test beside its subject', { 'dist/nodes/a.test.js': '' }, 'a.test.js is a test'],
		['no licence', { LICENSE: undefined }, 'LICENSE is missing'],
		['no change log', { 'CHANGELOG.md': undefined }, 'CHANGELOG.md is missing'],
		[
			'a node that is not listed',
			{ 'dist/nodes/Other.node.js': NODE },
			'dist/nodes/Other.node.js is not listed',
		],
		[
			'a listed node that is missing',
			{ 'dist/nodes/Example.node.js': undefined },
			'names dist/nodes/Example.node.js, which is not in the tarball',
		],
		[
			'an icon that is missing',
			{ 'dist/nodes/a.dark.svg': undefined },
			'its icon dist/nodes/a.dark.svg is not in the tarball',
		],
		[
			'a node without an icon',
			{ 'dist/nodes/Example.node.js': 'exports.Example = class { description = { name: "a" } };' },
			'has no icon',
		],
		[
			'a node that uses a credential of another package',
			{ 'dist/nodes/Example.node.js': NODE.replace('exampleApi', 'otherApi') },
			'uses the credential otherApi',
		],
		[
			'a node that cannot be loaded',
			{ 'dist/nodes/Example.node.js': 'exports.Other = class {};' },
			"dist/nodes/Example.node.js can't be loaded",
		],
	])('%s', async (_what, change: Record<string, string | undefined>, problem) => {
		expect((await contentProblems(packageWith(change))).join('\n')).toContain(problem);
	});

	test('its size', async () => {
		const unpacked = packageWith({});
		const atMost = { ...unpacked, packedBytes: MAX_PACKED_BYTES };
		expect(await contentProblems(atMost)).toEqual([]);
		const more = { ...unpacked, packedBytes: MAX_PACKED_BYTES + 1 };
		expect((await contentProblems(more)).join()).toContain(
			`${(MAX_PACKED_BYTES / 1000).toFixed(1)} kB packed is more than`,
		);
	});
});

describe('package.json', () => {
	test.each([
		['a run-time dependency', { dependencies: { ms: '2.1.3' } }, 'has dependencies'],
		['an optional one', { optionalDependencies: { ms: '2.1.3' } }, 'has optionalDependencies'],
		['overrides', { overrides: { ms: '2.1.3' } }, 'has overrides'],
		['resolutions', { resolutions: { ms: '2.1.3' } }, 'has resolutions'],
		['no peer dependency', { peerDependencies: {} }, 'peerDependencies'],
		['another version', { peerDependencies: { 'n8n-workflow': '^2' } }, 'peerDependencies'],
		[
			'another peer dependency',
			{ peerDependencies: { 'n8n-workflow': '*', zod: '3' } },
			'peerDependencies',
		],
		['a script at installation', { scripts: { postinstall: 'a' } }, 'has the script postinstall'],
		['a script ahead of packing', { scripts: { prepack: 'a' } }, 'has the script prepack'],
		['another licence', { license: 'ISC' }, 'license'],
		['no keyword', { keywords: ['n8n'] }, 'keywords'],
		['another name', { name: 'example' }, 'name'],
		['not strict', { n8n: { ...MANIFEST.n8n, strict: false } }, 'n8n.strict'],
		['no version of the API', { n8n: { ...MANIFEST.n8n, n8nNodesApiVersion: '1' } }, 'ApiVersion'],
		['two mistakes at once', { license: 'ISC', scripts: { install: 'a' } }, 'the script install'],
	])('%s', (_what, change: object, problem) => {
		expect(ruleProblems(manifestWith(change)).join('\n')).toContain(problem);
	});

	test('an empty list of dependencies is allowed', () => {
		expect(ruleProblems(manifestWith({ dependencies: {} }))).toEqual([]);
	});
});

describe('what the owner has to set', () => {
	test.each([
		['a reserved address', { author: { name: 'Ann', email: 'ann@example.com' } }, 'reaches nobody'],
		[
			'an address of no domain',
			{ author: { name: 'Ann', email: 'a@ann.example' } },
			'reaches nobody',
		],
		[
			'the name of the placeholder',
			{ author: { name: 'n8n-nodes-talkdesk maintainers', email: 'ann@shop.internal' } },
			'package.json has the placeholder n8n-nodes-talkdesk maintainers',
		],
		[
			'the repository of the placeholder',
			{ repository: { type: 'git', url: 'https://github.com/n8n-nodes-talkdesk/a.git' } },
			'package.json has the placeholder github.com/',
		],
		['another repository', { bugs: 'https://github.com/ann/other/issues' }, 'one repository'],
		[
			'another home page',
			{ homepage: 'https://github.com/bob/n8n-nodes-example' },
			'one repository',
		],
		['no issues', { bugs: undefined }, 'bugs not set'],
	])('%s', (_what, change: object, problem) => {
		expect(ownerProblems(manifestWith(change)).join('\n')).toContain(problem);
	});

	test.each(['README.md', 'LICENSE', 'dist/credentials/ExampleApi.credentials.js'])(
		'a link to the placeholder in %s',
		(file) => {
			const text = '// https://github.com/n8n-nodes-talkdesk/n8n-nodes-talkdesk';
			expect(ownerProblems(packageWith({ [file]: text }))).toEqual([
				`${file} has the placeholder github.com/n8n-nodes-talkdesk/`,
			]);
		},
	);
});

describe('imports', () => {
	test.each([
		["require('fs');", 'imports fs'],
		["require('node:fs');", 'imports node:fs'],
		["import fs from 'fs';", 'imports fs'],
		["export * from 'fs';", 'imports fs'],
		["const load = async () => await import('axios');", 'imports axios'],
		["require('zod/v4');", 'imports zod/v4'],
		["require('./nothing');", 'imports ./nothing, which is not in the tarball'],
		["require('../../../package.json');", 'which is not in the tarball'],
		['require(`f${"s"}`);', 'whose name is not written there'],
		["const load = require; load('fs');", 'whose name is not written there'],
		["require.resolve('fs');", 'whose name is not written there'],
	])('%s', (text, problem) => {
		const said = ruleProblems(packageWith({ 'dist/nodes/answer.js': text }));
		expect(said).toEqual([expect.stringContaining(problem)]);
		expect(said[0]).toMatch(/^dist\/nodes\/answer\.js:1 /);
	});

	test('a text or a property of that name is no import', () => {
		const text = '// require("fs")\nconst a = { require: "import(1)" }; a.require("fs");';
		expect(importsOf('a.js', text)).toEqual([]);
	});
});
