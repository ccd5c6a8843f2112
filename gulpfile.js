/** Build and development tasks. `npm run build`, `npm test` and the others go through here; `npx gulp --tasks` lists them. */
const { spawn } = require('node:child_process');
const { rm } = require('node:fs/promises');
const path = require('node:path');
const { dest, parallel, series, src } = require('gulp');

const { n8n } = require('./package.json');

const sources = ['nodes/**/*.ts', 'credentials/**/*.ts'];
const assets = ['nodes/**/*.{svg,json}'];

/** Runs a command of the project's own packages; Ctrl-C reaches it, and its failure is the task's. */
function run(displayName, command, ...args) {
	const task = () =>
		new Promise((resolve, reject) => {
			const child = spawn(process.execPath, [require.resolve(command), ...args], {
				stdio: 'inherit',
			});
			child.on('error', reject);
			child.on('exit', (code, signal) =>
				code === 0 ? resolve() : reject(new Error(`${displayName} ended with ${signal ?? code}`)),
			);
		});
	return Object.assign(task, { displayName });
}

const clean = () => rm('dist', { recursive: true, force: true });
const types = run('types', 'typescript/bin/tsc', '-p', 'tsconfig.json');

/**
 * One file for all that n8n loads when it starts, which the files of the nodes and the credential name, with the comments
 * left out. n8n takes half a millisecond for every file, and files that share code have to list it.
 */
async function bundle() {
	const { rolldown } = await import('rolldown');
	const names = [...n8n.credentials, ...n8n.nodes].map((file) =>
		file.replace(/^dist\/(.*)\.js$/, '$1'),
	);
	const bundled = await rolldown({
		input: Object.fromEntries(names.map((name) => [name, `${name}.ts`])),
		// Nothing but the package's own files goes in: what n8n does not allow must be seen by `npm run check:package`.
		external: (id, importer) =>
			importer !== undefined && !id.startsWith('.') && !path.isAbsolute(id),
		platform: 'node',
		transform: { target: 'es2022' },
	});
	try {
		await bundled.write({
			dir: 'dist',
			format: 'cjs',
			exports: 'named',
			strict: true,
			comments: false,
			chunkFileNames: 'nodes/Talkdesk/[name].js',
			codeSplitting: { groups: [{ name: 'bundle', tags: ['$initial'] }] },
		});
	} finally {
		await bundled.close();
	}
}
const copyAssets = () => src(assets, { base: '.', encoding: false }).pipe(dest('dist'));
const build = series(clean, parallel(types, bundle, copyAssets));

const lint = series(
	run('n8n lint', './node_modules/@n8n/node-cli/bin/n8n-node.mjs', 'lint'),
	run('types of the tests', 'typescript/bin/tsc', '-p', 'tsconfig.test.json'),
	run('format', 'prettier/bin/prettier.cjs', '--check', '.'),
);

const jest = (name, ...args) => run(name, 'jest/bin/jest', ...args);
const test = series(jest('test', '--selectProjects', 'unit', 'simulator', 'tools', 'integration'));
const installN8n = run('install n8n', 'tsx/cli', 'test/tools/n8n/install.mts');
/** `npm run e2e -- --install`: these two call apt-get then, as on CI. */
const mayInstall = process.argv.filter((argument) => argument === '--install');
const ensureChromium = run('chromium', './test/tools/bootstrap/ensure-chromium.mjs', ...mayInstall);
const ensureServers = run('servers', 'tsx/cli', 'test/tools/n8n/ensure-servers.mts', ...mayInstall);
const e2e = series(
	build,
	installN8n,
	ensureChromium,
	jest('e2e', '--selectProjects', 'e2e', '--runInBand'),
);
const e2eQueue = Object.assign(
	series(
		ensureServers,
		build,
		installN8n,
		jest('e2e:queue', '--selectProjects', 'queue-mode', '--runInBand'),
	),
	{ displayName: 'e2e:queue' },
);

const matrix = series(
	build,
	installN8n,
	jest('matrix', '--selectProjects', 'matrix', '--runInBand'),
);

/** The oldest n8n that the README names, in place of the newest. */
const chooseOldest = Object.assign(
	async () => {
		process.env.N8N_FOR_TESTS = 'oldest';
	},
	{ displayName: 'the oldest n8n' },
);
const e2eOldest = Object.assign(
	series(
		chooseOldest,
		build,
		installN8n,
		jest('e2e:oldest', '--selectProjects', 'e2e', '--runInBand', 'hand-off|ai-agent|files|inbound'),
	),
	{ displayName: 'e2e:oldest' },
);

module.exports = {
	// For `npm run dev`, which builds on every change.
	assets,
	bundle,
	copyAssets,
	sources,

	build,
	clean,
	e2e,
	'e2e:oldest': e2eOldest,
	'e2e:queue': e2eQueue,
	lint,
	matrix,
	test,
};
