import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { mimeType } from '../../contract.mts';
import type { Files, StoredFile } from '../../file-store.mts';

/** A file that a page has uploaded, before it belongs to a message. */
export interface UploadedFile {
	id: string;
	name: string;
	/** As the sender says; it is not checked. */
	type: string;
	size: number;
	file: StoredFile;
}

/** Lets the routes of a plugin accept bodies of any type and size as streams. */
export function acceptAnyBody(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/** Stores the body of a request. Call it in a plugin with `acceptAnyBody`. */
export async function receiveUpload(
	request: FastifyRequest,
	name: string,
	files: Files,
): Promise<UploadedFile> {
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

/** Sends an untrusted file: to be saved and never shown, with any type. */
export async function sendDownload(
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
