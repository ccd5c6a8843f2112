import fs from 'node:fs';
import path from 'node:path';

import { ensureN8n } from '../n8n/installation.mts';
import { type N8nInstance, startN8n } from '../n8n/instance.mts';
import { lastLines } from '../n8n/npm.mts';
import { playConversation } from '../demo/conversation.mts';
import { startEnvironment } from '../demo/environment.mts';
import { CheckFailed, demandNone, problemsOf } from './check.mts';
import { CommunityPackages } from './community-packages.mts';
import { type Manifest, readManifest, type UnpackedPackage } from './packed-package.mts';
import { type LocalRegistry, startRegistry, startShutDoor } from './registry.mts';

/**
 * Creates an `npm` that always uses the local registry.
 *
 * All the rest is n8n's own: POST /rest/community-packages, `npm view`, `npm pack`, unpacking, `npm install`, loading, its
 * record in the database. What n8n 2.41.1 doesn't allow is another registry, in dist/modules/community-packages/:
 * - community-packages.service.js, `getNpmRegistry`: with another N8N_COMMUNITY_PACKAGES_REGISTRY than
 *   npm's own it throws FeatureNotLicensedError, unless the licence has that feature;
 * - npm-utils.js, `executeNpmCommand`: it gives that registry to npm as the argument `--registry=…`, which wins over
 *   npm_config_registry and every .npmrc.
 * It takes the first `npm` in the path (`executeNpmCli`), so that it can be given this one.
 *
 * @returns the folder that holds it
 */
function writeNpm(folder: string, registry: string): string {
	const script = `#!/bin/sh
for argument; do
	shift
	case "$argument" in --registry=*) ;; *) set -- "$@" "$argument" ;; esac
done
export PATH='${(process.env.PATH ?? '').replaceAll("'", `'\\''`)}'
exec npm "$@" --registry='${registry}'
`;
	fs.mkdirSync(folder, { recursive: true });
	fs.writeFileSync(path.join(folder, 'npm'), script, { mode: 0o755 });
	return folder;
}

/** What n8n names the nodes and credentials of a package. */
function typesOf({ name, n8n }: Manifest): string[] {
	const nameIn = (file: string): string => {
		const [name = ''] = path.posix.basename(file).split('.');
		return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
	};
	return [...n8n.nodes.map((file) => `${name}.${nameIn(file)}`), ...n8n.credentials.map(nameIn)];
}

/** Whatever n8n has of a package: on disk, in its list, among its types. */
async function tracesOf(manifest: Manifest, n8n: N8nInstance, packages: CommunityPackages) {
	const { name } = manifest;
	const types = await packages.typeNames();
	const listed = await packages.list();
	const folder = path.join(n8n.userFolder, '.n8n', 'nodes', 'node_modules', name);
	return {
		folder,
		isOnDisk: fs.existsSync(folder),
		version: listed.find(({ packageName }) => packageName === name)?.installedVersion,
		loaded: typesOf(manifest).filter((type) => types.includes(type)),
	};
}

async function install(
	{ manifest, tarball }: UnpackedPackage,
	n8n: N8nInstance,
	registry: LocalRegistry,
): Promise<void> {
	const packages = await CommunityPackages.of(n8n);
	const before = await tracesOf(manifest, n8n, packages);
	await packages.install(manifest.name);
	const after = await tracesOf(manifest, n8n, packages);
	const missing = typesOf(manifest).filter((type) => !after.loaded.includes(type));
	demandNone([
		...(before.isOnDisk || before.loaded.length > 0 ? ['it was there before'] : []),
		...(registry.asked.some((url) => url.endsWith(path.basename(tarball)))
			? []
			: ["n8n didn't fetch the tarball from the local registry"]),
		...(after.version === manifest.version ? [] : [`n8n lists it as ${after.version}`]),
		// n8n takes them away when it installs; in a package that was only unpacked they are still there.
		...('devDependencies' in readManifest(after.folder)
			? ["it wasn't installed by n8n: it still has devDependencies"]
			: []),
		...missing.map((type) => `n8n has no ${type} after the installation`),
	]);
	// The API then requests the node types again.
	await n8n.api.setUpOwner();
}

async function uninstall(manifest: Manifest, n8n: N8nInstance): Promise<void> {
	const packages = await CommunityPackages.of(n8n);
	await packages.uninstall(manifest.name);
	const after = await tracesOf(manifest, n8n, packages);
	demandNone([
		...(after.isOnDisk ? ['its folder is still there'] : []),
		...(after.version === undefined ? [] : ['n8n still lists it']),
		...after.loaded.map((type) => `n8n still has ${type}`),
	]);
}

/**
 * Installs a package as a user does in n8n's settings, has a conversation with it, and uninstalls it.
 *
 * @returns what happened
 * @throws CheckFailed; an Error if the conversation fails
 */
export async function checkInstallation(
	unpacked: UnpackedPackage,
	{ temporary, onProgress }: { temporary: string; onProgress: (line: string) => void },
): Promise<string> {
	// There, n8n looks for npm beside its Node.js instead of in the path.
	if (process.platform === 'win32') return 'left out: not on Windows';
	const { manifest } = unpacked;
	const { nodePath } = await ensureN8n({ onProgress });
	const registry = await startRegistry(unpacked);
	// Before n8n calls npm, it asks api.n8n.io whether a package is banned, and registry.npmjs.org whether it exists.
	const door = await startShutDoor();
	try {
		const npm = writeNpm(path.join(temporary, 'bin'), registry.url);
		const environment = await startEnvironment({
			n8nEnv: {
				PATH: [npm, path.dirname(nodePath), process.env.PATH].join(path.delimiter),
				HTTPS_PROXY: door.url,
				// npm would take it for HTTP too.
				NO_PROXY: '127.0.0.1',
			},
			onProgress,
			startN8n: async (options) => {
				const n8n = await startN8n({ ...options, withoutPackage: true });
				try {
					await install(unpacked, n8n, registry);
					return n8n;
				} catch (error) {
					await n8n.stop();
					throw new CheckFailed([
						...problemsOf(error),
						`The registry was asked for ${registry.asked.join(', ') || 'nothing'}.`,
						`The last lines of n8n's log:\n${lastLines(n8n.log(), 10)}`,
					]);
				}
			},
		});
		try {
			let words = 0;
			await playConversation(environment, () => words++);
			await uninstall(manifest, environment.n8n);
			onProgress(`n8n was kept from ${[...new Set(door.wanted)].join(', ') || 'nothing'}.`);
			return `${manifest.name} ${manifest.version} installed, a conversation of ${words} lines, uninstalled`;
		} finally {
			await environment.stop();
		}
	} finally {
		await registry.close();
		await door.close();
	}
}
