import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

import { packPackage } from '../n8n/pack.mts';

const run = promisify(execFile);

const filesSchema = z.array(z.string()).default([]);
const manifestSchema = z
	.object({
		name: z.string(),
		version: z.string(),
		n8n: z
			.object({ nodes: filesSchema, credentials: filesSchema })
			.passthrough()
			.default({ nodes: [], credentials: [] }),
	})
	.passthrough();

/** A package.json. */
export type Manifest = z.output<typeof manifestSchema>;

/** What `npm pack` made, unpacked. */
export interface UnpackedPackage {
	/** The tarball. */
	tarball: string;
	/** The folder with the tarball's content. */
	folder: string;
	/** Paths in the folder, with forward slashes. */
	files: string[];
	manifest: Manifest;
	packedBytes: number;
	unpackedBytes: number;
}

export function readManifest(folder: string): Manifest {
	return manifestSchema.parse(
		JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')),
	);
}

/** Describes a folder as if it were what a tarball held. */
export function readUnpacked(tarball: string, folder: string): UnpackedPackage {
	const files = fs
		.readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => !fs.lstatSync(path.join(folder, name)).isDirectory())
		.map((name) => name.split(path.sep).join('/'))
		.sort();
	return {
		tarball,
		folder,
		files,
		manifest: readManifest(folder),
		packedBytes: fs.statSync(tarball).size,
		unpackedBytes: files
			.map((name) => fs.lstatSync(path.join(folder, name)).size)
			.reduce((sum, size) => sum + size, 0),
	};
}

/**
 * Packs a built package and unpacks what came out.
 *
 * @param source the package's folder
 * @param target an empty folder, or one that doesn't exist yet
 */
export async function packAndUnpack(source: string, target: string): Promise<UnpackedPackage> {
	const tarball = await packPackage(source, target);
	await run('tar', ['-xzf', tarball, '-C', target]);
	return readUnpacked(tarball, path.join(target, 'package'));
}

/**
 * Copies what a commit of everything would hold: no node_modules, nothing built. It is what n8n's scanner gets to see of
 * the repository.
 */
export async function copySource(checkout: string, target: string): Promise<void> {
	const { stdout } = await run(
		'git',
		['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
		{ cwd: checkout, maxBuffer: 16 * 1024 * 1024 },
	);
	const present = stdout
		.split('\0')
		// Deleted ones are listed until that is committed.
		.filter((name) => name !== '' && fs.existsSync(path.join(checkout, name)));
	for (const name of present) {
		const copy = path.join(target, name);
		fs.mkdirSync(path.dirname(copy), { recursive: true });
		fs.copyFileSync(path.join(checkout, name), copy);
	}
}
