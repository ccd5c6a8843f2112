import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { runScript } from './check.mts';
import type { UnpackedPackage } from './packed-package.mts';

/**
 * A little more than the package has, so that nothing large slips in unseen. It was 100 kB before waiting executions, n8n's
 * own chat, private keys and cases came. The code is not minified, as n8n's reviewers read it.
 */
export const MAX_PACKED_BYTES = 105_000;

const NEEDED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
const BUILT = /^dist\/.+\.(js|json|svg|png)$/;
const TEST = /(^|\/)(tests?|__tests__)\/|\.(test|spec)\.[^/]+$/;
/** A map would lead to sources that aren't in the tarball. */
const SOURCE_MAP = /^\/\/[#@] sourceMappingURL=/m;
const LOADED = /\.(node|credentials)\.js$/;

const describedSchema = z.array(
	z.union([
		z.object({ file: z.string(), problem: z.string() }),
		z.object({
			file: z.string(),
			name: z.string(),
			icons: z.array(z.string()),
			credentials: z.array(z.string()),
		}),
	]),
);
type Described = z.output<typeof describedSchema>[number];

/** Loads nodes and credentials as n8n does. */
async function describe(folder: string, files: string[]): Promise<Described[]> {
	const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'describe.cjs');
	// n8n-workflow and zod are n8n's at run time, and the project's here.
	const env = { ...process.env, NODE_PATH: path.join(PROJECT_FOLDER, 'node_modules') };
	return describedSchema.parse(
		JSON.parse(await runScript([script, folder, ...files], { cwd: folder, env })),
	);
}

function iconProblems({ file, icons }: { file: string; icons: string[] }, present: Set<string>) {
	if (icons.length === 0) return [`${file} has no icon`];
	return icons.flatMap((icon) => {
		if (!icon.startsWith('file:')) return [`${file}: its icon ${icon} is not a file of its own`];
		const target = path.posix.join(path.posix.dirname(file), icon.slice('file:'.length));
		return present.has(target) ? [] : [`${file}: its icon ${target} is not in the tarball`];
	});
}

async function loadProblems({ folder, files, manifest }: UnpackedPackage): Promise<string[]> {
	const present = new Set(files);
	const { nodes, credentials } = manifest.n8n;
	const listed = [...nodes, ...credentials];
	const missing = listed.filter((file) => !present.has(file));
	const described = await describe(
		folder,
		listed.filter((file) => present.has(file)),
	);
	const loaded = described.flatMap((entry) => ('problem' in entry ? [] : [entry]));
	const own = loaded.filter(({ file }) => credentials.includes(file)).map(({ name }) => name);
	return [
		...missing.map((file) => `package.json names ${file}, which is not in the tarball`),
		...files
			.filter((file) => LOADED.test(file) && !listed.includes(file))
			.map((file) => `${file} is not listed in package.json`),
		...described.flatMap((entry) => ('problem' in entry ? [`${entry.file} ${entry.problem}`] : [])),
		...loaded.flatMap((entry) => iconProblems(entry, present)),
		...loaded.flatMap(({ file, credentials: used }) =>
			used
				.filter((name) => !own.includes(name))
				.map((name) => `${file} uses the credential ${name}, which is not in the package`),
		),
	];
}

/** What is in a tarball that shouldn't be, and what is missing. */
export async function contentProblems(unpacked: UnpackedPackage): Promise<string[]> {
	const { folder, files, packedBytes } = unpacked;
	const hasSourceMap = (file: string): boolean =>
		SOURCE_MAP.test(fs.readFileSync(path.join(folder, file), 'utf8'));
	return [
		...NEEDED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
		...files
			.filter((file) => !NEEDED.includes(file) && !BUILT.test(file))
			.map((file) => `${file} has no business there`),
		...files.filter((file) => TEST.test(file)).map((file) => `${file} is a test`),
		...files
			.filter((file) => file.endsWith('.js') && hasSourceMap(file))
			.map((file) => `${file} names a source map`),
		...(await loadProblems(unpacked)),
		...(packedBytes > MAX_PACKED_BYTES
			? [`${inKb(packedBytes)} packed is more than ${inKb(MAX_PACKED_BYTES)}`]
			: []),
	];
}

const inKb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

export const sizeOf = ({ packedBytes, unpackedBytes, files }: UnpackedPackage): string =>
	`${files.length} files, ${inKb(packedBytes)} packed, ${inKb(unpackedBytes)} unpacked`;
