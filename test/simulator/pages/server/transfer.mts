import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { mimeType } from '../../contract.mts';
import type { Files, StoredFile } from '../../files.mts';

/** A file that a page has brought, before it belongs to a message. */
export interface BroughtFile {
	id: string;
	name: string;
	/** As the sender says; nobody has looked. */
	type: string;
	size: number;
	file: StoredFile;
}

/** Lets the routes of this plugin take bytes of any type, as a stream and without a limit: they go to disk. */
export function takeBytes(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/** Keeps the body of a request. Call it in a plugin with `takeBytes`. */
export async function bring(
	request: FastifyRequest,
	name: string,
	files: Files,
): Promise<BroughtFile> {
	const type = mimeType.catch('application/octet-stream');
	const file = await files.store(request.raw);
	return {
		id: randomUUID(),
		name,
		type: type.parse(request.headers['content-type']?.split(';')[0]?.trim()),
		size: file.size,
		file,
	};
}

/** Answers with a file of a stranger: to be saved and never shown, whatever it says it is. */
export async function handOut(
	reply: FastifyReply,
	{ name, size }: { name: string; size: number },
	content: Readable,
): Promise<FastifyReply> {
	const encoded = encodeURIComponent(name.toWellFormed()).replace(
		/['()*]/g,
		(sign) => `%${sign.charCodeAt(0).toString(16)}`,
	);
	return await reply
		.headers({
			'content-type': 'application/octet-stream',
			'content-length': size,
			'content-disposition': `attachment; filename*=UTF-8''${encoded}`,
			'content-security-policy': "default-src 'none'; sandbox",
			'cache-control': 'no-store',
			'x-content-type-options': 'nosniff',
		})
		.send(content);
}
