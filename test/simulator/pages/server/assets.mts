import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const PAGES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PACKAGES = path.resolve(PAGES, '../../../node_modules');

/** What every page may load: what the pages share, and lit, as it is in node_modules. */
const COMMON = {
	shared: path.join(PAGES, 'shared'),
	lit: path.join(PACKAGES, 'lit'),
	'lit-html': path.join(PACKAGES, 'lit-html'),
};

const TYPES: Record<string, string> = {
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
};

/**
 * Serves a page and what it loads, from files as they are: no build step. The page may load nothing from elsewhere and run
 * no script but the files and its own import map.
 *
 * @param folder of the page, with an index.html; its files are under `assets/page/`
 */
export function servePage(app: FastifyInstance, folder: string): void {
	const folders: Record<string, string> = { ...COMMON, page: folder };

	app.get('/', async (_request, reply) => {
		const page = await readFile(path.join(folder, 'index.html'), 'utf8');
		const importMap = /<script type="importmap">([^<]*)<\/script>/.exec(page)?.[1] ?? '';
		const hash = createHash('sha256').update(importMap).digest('base64');
		return await reply
			.headers({
				'content-security-policy': [
					"default-src 'none'",
					`script-src 'self' 'sha256-${hash}'`,
					"style-src 'self'",
					"img-src 'self'",
					"connect-src 'self'",
					"base-uri 'none'",
					"form-action 'none'",
					"frame-ancestors 'none'",
				].join('; '),
				'cache-control': 'no-store',
				'referrer-policy': 'no-referrer',
				'x-content-type-options': 'nosniff',
			})
			.type('text/html; charset=utf-8')
			.send(page);
	});

	app.get<{ Params: { folder: string; '*': string } }>(
		'/assets/:folder/*',
		async (request, reply) => {
			const { folder: name, '*': file } = request.params;
			const root = Object.hasOwn(folders, name) ? folders[name] : undefined;
			const type = TYPES[path.extname(file)];
			const isPlain = file.split('/').every((part) => /^\w[\w.-]*$/.test(part));
			const content =
				root && type && isPlain
					? await readFile(path.join(root, file)).catch(() => undefined)
					: undefined;
			if (content === undefined) return reply.callNotFound();
			return await reply
				.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
				.type(type ?? '')
				.send(content);
		},
	);
}
