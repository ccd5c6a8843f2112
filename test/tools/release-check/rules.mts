import { z } from 'zod';

import { importProblems } from './imports.mts';
import type { Manifest, UnpackedPackage } from './packed-package.mts';

/** n8n strips some of these when it installs, and refuses or ignores the others; none of them may be needed. */
const FORBIDDEN_FIELDS = [
	'dependencies',
	'optionalDependencies',
	'bundleDependencies',
	'bundledDependencies',
	'overrides',
	'resolutions',
	'pnpm',
	'bin',
	'private',
];

/** Those that n8n forbids, and those with which another tarball would be published than the one that is checked here. */
const FORBIDDEN_SCRIPTS = [
	'preinstall',
	'install',
	'postinstall',
	'prepublish',
	'preprepare',
	'prepare',
	'postprepare',
	'prepack',
	'postpack',
];

const text = z.string().min(1);

/** What n8n demands of a package.json. */
const demandedSchema = z.object({
	name: z.string().regex(/^(@[a-z0-9-]+\/)?n8n-nodes-[a-z0-9-]+$/, 'begins with n8n-nodes-'),
	version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/, 'is a version'),
	description: text,
	license: z.literal('MIT'),
	homepage: text,
	author: z.object({ name: text, email: text }),
	repository: z.object({ type: z.literal('git'), url: z.string().includes('github.com') }),
	keywords: z
		.array(z.string())
		.refine((keywords) => keywords.includes('n8n-community-node-package'), {
			message: 'has to hold n8n-community-node-package',
		}),
	type: z.literal('commonjs').optional(),
	peerDependencies: z.object({ 'n8n-workflow': z.literal('*') }).strict(),
	n8n: z.object({
		n8nNodesApiVersion: z.number().int().positive(),
		strict: z.literal(true),
		nodes: z.array(text).nonempty(),
		credentials: z.array(text).nonempty(),
	}),
});

const scriptsSchema = z.object({ scripts: z.record(z.unknown()).default({}) });

const isEmpty = (value: unknown): boolean =>
	value === undefined ||
	(typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** What is wrong with a package.json. */
function manifestProblems(manifest: Manifest): string[] {
	const demanded = demandedSchema.safeParse(manifest);
	const wrong = demanded.success
		? []
		: demanded.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
	const fields = FORBIDDEN_FIELDS.filter((field) => !isEmpty(manifest[field])).map(
		(field) => `has ${field}`,
	);
	const { scripts: present } = scriptsSchema.parse(manifest);
	const scripts = FORBIDDEN_SCRIPTS.filter((name) => name in present).map(
		(name) => `has the script ${name}`,
	);
	return [...wrong, ...fields, ...scripts].map((problem) => `package.json: ${problem}`);
}

/** What is wrong with a package's package.json and imports. */
export function ruleProblems(unpacked: UnpackedPackage): string[] {
	return [...manifestProblems(unpacked.manifest), ...importProblems(unpacked)];
}
