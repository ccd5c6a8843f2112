import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

import { runNpm } from './npm.mts';

const run = promisify(execFile);

/** The project's own folder. */
export const PROJECT_FOLDER = path.resolve(
	path.dirname(fileURLToPath(import.meta.url)),
	'../../..',
);

const packageSchema = z.object({
	name: z.string(),
	n8n: z.object({
		nodes: z.array(z.string()).default([]),
		credentials: z.array(z.string()).default([]),
	}),
});

export interface PlacedPackage {
	name: string;
	/** How many files with nodes it has. */
	nodeCount: number;
}

/**
 * Runs `npm pack`, which makes the very file that would be published. Build the package first.
 *
 * @param folder the package's folder; the project's own by default
 * @param destination the folder for the tarball; by default a temporary one that is removed when this process ends
 * @returns the path of the tarball
 * @throws with npm's last lines when packing fails
 */
export async function packPackage(
	folder: string = PROJECT_FOLDER,
	destination?: string,
): Promise<string> {
	const target = destination ?? fs.mkdtempSync(path.join(os.tmpdir(), 'n8n-package-'));
	if (destination === undefined) {
		process.once('exit', () => fs.rmSync(target, { recursive: true, force: true }));
	}
	fs.mkdirSync(target, { recursive: true });
	await runNpm(['pack', '--ignore-scripts', '--pack-destination', target], folder);
	const tarball = fs.readdirSync(target).find((name) => name.endsWith('.tgz'));
	if (tarball === undefined) throw new Error(`npm pack made no tarball of ${folder}.`);
	return path.join(target, tarball);
}

/** Where n8n keeps a community package that a user has installed. */
export function packageFolder(userFolder: string, name: string): string {
	return path.join(userFolder, '.n8n', 'nodes', 'node_modules', name);
}

/**
 * Puts a packed package into n8n's folder for community packages.
 *
 * @param tarball what `npm pack` made
 * @param userFolder n8n's user folder
 * @throws when a file that the package promises to n8n isn't in it
 */
export async function placePackage(tarball: string, userFolder: string): Promise<PlacedPackage> {
	const extracted = packageFolder(userFolder, '.extracted');
	fs.mkdirSync(extracted, { recursive: true });
	await run('tar', ['-xzf', path.resolve(tarball), '-C', extracted]);

	const source = path.join(extracted, 'package');
	const manifest = packageSchema.parse(
		JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8')),
	);
	for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
		if (!fs.existsSync(path.join(source, file))) {
			throw new Error(
				`${manifest.name} lacks ${file}, which its package.json names. Build it first.`,
			);
		}
	}
	const target = packageFolder(userFolder, manifest.name);
	fs.mkdirSync(path.dirname(target), { recursive: true });
	fs.renameSync(source, target);
	fs.rmSync(extracted, { recursive: true });
	return { name: manifest.name, nodeCount: manifest.n8n.nodes.length };
}
