import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

import type { UnpackedPackage } from './packed-package.mts';

/** What stands in this repository until its owner has set it. */
const PLACEHOLDERS = ['github.com/n8n-nodes-talkdesk/', 'n8n-nodes-talkdesk maintainers'];

/** Domains that never belong to anybody (RFC 2606). */
const RESERVED = /@(?:[^@]+\.)?(?:example(?:\.(?:com|net|org))?|invalid|localhost|test)$/i;

const TEXT = /\.(?:js|json|md)$|(?:^|\/)LICENSE$/;

const ownedSchema = z.object({
	author: z.object({ email: z.string() }),
	homepage: z.string(),
	bugs: z.union([z.string(), z.object({ url: z.string() }).transform(({ url }) => url)]),
	repository: z.object({ url: z.string() }),
});

/** The repository of a URL, such as `github.com/owner/name`. */
const repositoryOf = (url: string) => /github\.com\/[^/]+\/[^/#]+?(?=\.git$|[/#]|$)/.exec(url)?.[0];

/** What only the owner of the package can set, and has not: author, address, repository. */
export function ownerProblems({ folder, files, manifest }: UnpackedPackage): string[] {
	const placeholders = files
		.filter((file) => TEXT.test(file))
		.flatMap((file) => {
			const text = fs.readFileSync(path.join(folder, file), 'utf8');
			return PLACEHOLDERS.filter((placeholder) => text.includes(placeholder)).map(
				(placeholder) => `${file} has the placeholder ${placeholder}`,
			);
		});
	const owned = ownedSchema.safeParse(manifest);
	if (!owned.success) {
		const missing = owned.error.issues.map(({ path: field }) => field.join('.'));
		return [...placeholders, `package.json: ${missing.join(', ')} not set`];
	}
	const { author, homepage, bugs, repository } = owned.data;
	const isReserved = RESERVED.test(author.email);
	const isElsewhere = [homepage, bugs].some(
		(url) => repositoryOf(url) !== repositoryOf(repository.url),
	);
	return [
		...placeholders,
		...(isReserved ? [`package.json: author.email ${author.email} reaches nobody`] : []),
		...(isElsewhere
			? ['package.json: homepage, bugs and repository are not of one repository']
			: []),
	];
}
