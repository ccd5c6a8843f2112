import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import fastify from 'fastify';

import type { UnpackedPackage } from './packed-package.mts';

export interface LocalRegistry {
	url: string;
	/** The requested paths. */
	asked: string[];
	close(): Promise<void>;
}

/** A package registry on this machine, with one package in one version. */
export async function startRegistry({
	tarball,
	manifest,
}: UnpackedPackage): Promise<LocalRegistry> {
	const { name, version } = manifest;
	const bytes = fs.readFileSync(tarball);
	const digest = (algorithm: string, encoding: 'hex' | 'base64') =>
		createHash(algorithm).update(bytes).digest(encoding);
	const file = `/${name}/-/${path.basename(tarball)}`;
	const asked: string[] = [];

	const app = fastify();
	app.addHook('onRequest', async ({ url }) => void asked.push(url));
	app.get(`/${name}`, async ({ host }) => ({
		name,
		'dist-tags': { latest: version },
		versions: {
			[version]: {
				...manifest,
				dist: {
					tarball: `http://${host}${file}`,
					integrity: `sha512-${digest('sha512', 'base64')}`,
					shasum: digest('sha1', 'hex'),
				},
			},
		},
	}));
	app.get(file, async (_request, reply) => {
		await reply.type('application/octet-stream').send(bytes);
	});
	app.setNotFoundHandler(async (_request, reply) => {
		await reply.code(404).send({ error: 'not found' });
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url, asked, close: async () => await app.close() };
}

export interface ShutDoor {
	/** For HTTPS_PROXY. */
	url: string;
	/** The requested hosts, such as `api.n8n.io:443`. */
	wanted: string[];
	close(): Promise<void>;
}

/** A proxy that rejects every request. */
export async function startShutDoor(): Promise<ShutDoor> {
	const wanted: string[] = [];
	const server = http.createServer((_request, response) => response.writeHead(403).end());
	server.on('connect', ({ url = '' }, socket) => {
		wanted.push(url);
		socket.on('error', () => {});
		socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`,
		wanted,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
