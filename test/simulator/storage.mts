import Fastify, { type FastifyRequest } from 'fastify';
import type { Attachments, KeptAttachment, Upload } from './attachments.mts';
import type { Faults } from './faults.mts';
import type { Files } from './files.mts';
import type { Latency } from './latency.mts';
import type { Settings } from './options.mts';
import { refuseInXml, StorageRefusal } from './errors.mts';
import { createSignedLinks } from './signed-links.mts';
import type { Timer } from './timer.mts';
import type { WireLog } from './wire-log.mts';

/** How long the link of an upload is good. Unknown in reality. */
const uploadSeconds = 900;
/** How long a download link is good (docs/attachments-api). */
const downloadSeconds = 600;
/** How long a sender may be silent. S3 has such a limit and doesn't name it. */
const silenceMs = 20_000;

export interface Storage {
	/** `http://127.0.0.1:<another port>` */
	readonly url: string;
	listen(): Promise<void>;
	/** Where the bytes of an upload go. */
	uploadLink(upload: Upload): string;
	/** Where the bytes of an attachment are, until when (in ms). */
	downloadLink(attachment: KeptAttachment): { url: string; expiresAt: number };
	close(): Promise<void>;
}

type WithId = { Params: { id: string } };

/**
 * Makes the storage that Talkdesk keeps attachments in: an origin of its own, which behaves as S3 does with pre-signed links.
 * A link is all the authentication there is, and a second one is refused. So the bearer token must not get here.
 */
export function createStorage({
	settings,
	attachments,
	files,
	latency,
	faults,
	log,
}: {
	settings: () => Settings;
	attachments: Attachments;
	files: Files;
	latency: Latency;
	faults: Faults;
	log: WireLog;
}): Storage {
	const links = createSignedLinks(() => settings().now());
	let origin = '';
	/** Connections on which something came that is no HTTP. */
	const broken = new WeakSet<object>();

	const app = Fastify({
		forceCloseConnections: true,
		exposeHeadRoutes: false,
		// What breaks off in the middle, or goes on after its Content-Length, is no HTTP any more and never gets to a route.
		clientErrorHandler(error, socket) {
			broken.add(socket);
			if (error.code === 'ECONNRESET' || !socket.writable) return;
			const refusal = incomplete();
			const body = refusal.body();
			socket.end(
				`HTTP/1.1 ${refusal.status} Bad Request\r\nContent-Type: application/xml\r\n` +
					`Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
			);
			socket.destroySoon();
		},
	});
	// Bytes are bytes, whatever they say they are. Nobody reads them here, so there is no limit either.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _body, done) => done(null));
	app.setErrorHandler(refuseInXml(log));
	app.setNotFoundHandler(() => {
		// S3 looks at the signature first, and no signature is for this.
		throw new StorageRefusal(403, 'AccessDenied', 'Access Denied');
	});
	latency.attach(app);
	faults.attach(app);
	log.attach(app);

	app.addHook('onRequest', async (request) => {
		if (request.headers.authorization !== undefined) {
			const text =
				'Only one auth mechanism allowed; only the Signature query string parameter or the Authorization header should be specified';
			throw new StorageRefusal(400, 'InvalidArgument', text);
		}
		if (!request.is404) links.check(request.method, request.url);
	});

	app.put<WithId>('/uploads/:id', async (request, reply) => {
		const upload = attachments.upload(request.params.id);
		if (!upload) throw new StorageRefusal(403, 'AccessDenied', 'Access Denied');
		const type = needHeaders(request, upload);
		if (upload.state !== 'waiting') {
			throw new StorageRefusal(403, 'AccessDenied', 'The link has been used');
		}
		failAsAsked(settings().uploadFailure({ requestId: upload.requestId }));
		try {
			const { socket } = request.raw;
			await withoutSilence(settings().timer, (heard) =>
				attachments.receive(
					upload,
					type,
					listenTo(request.raw, heard, () => broken.has(socket)),
				),
			);
		} catch (error) {
			// Who still waits for bytes stops with the connection, and that ends once the refusal is out.
			reply.header('connection', 'close');
			reply.raw.on('finish', () => request.raw.destroy());
			throw isReset(error) ? incomplete() : error;
		}
		log.note(request, { summary: `${upload.content?.file.size ?? 0} bytes of ${type}` });
		return reply.send();
	});

	app.get<WithId>('/downloads/:id', async (request, reply) => {
		const attachment = attachments.get(request.params.id);
		if (!attachment) {
			throw new StorageRefusal(404, 'NoSuchKey', 'The specified key does not exist.');
		}
		const { id, name, type, size } = attachment;
		failAsAsked(settings().downloadFailure({ id }));
		log.note(request, { summary: `${size} bytes of ${name}` });
		return reply
			.headers({
				'content-type': type,
				'content-length': size,
				'content-disposition': disposition(name),
			})
			.send(files.read(attachment.file));
	});

	return {
		get url() {
			return origin;
		},
		async listen() {
			origin = await app.listen({ host: '127.0.0.1', port: 0 });
		},
		uploadLink: ({ requestId }) =>
			links.sign('PUT', `${origin}/uploads/${requestId}`, uploadSeconds).url,
		downloadLink: ({ id }) => links.sign('GET', `${origin}/downloads/${id}`, downloadSeconds),
		close: async () => app.close(),
	};
}

/**
 * Checks what S3 wants to know before it takes a body.
 *
 * @returns the type of what will come
 */
function needHeaders({ headers }: FastifyRequest, { allowedTypes }: Upload): string {
	if (headers['transfer-encoding'] !== undefined) {
		const text = 'A header you provided implies functionality that is not implemented';
		throw new StorageRefusal(501, 'NotImplemented', text);
	}
	if (headers['content-length'] === undefined) {
		const text = 'You must provide the Content-Length HTTP header.';
		throw new StorageRefusal(411, 'MissingContentLength', text);
	}
	// The type that S3 takes when none is given.
	const type = headers['content-type'] ?? 'binary/octet-stream';
	if (allowedTypes && !allowedTypes.includes(type)) {
		throw new StorageRefusal(403, 'AccessDenied', 'The link is not for this Content-Type');
	}
	return type;
}

/**
 * Runs `work` until it is over or nothing was heard for too long. A sender whose Content-Length is too high waits for an
 * answer while we wait for the rest.
 */
async function withoutSilence(timer: Timer, work: (heard: () => void) => Promise<void>) {
	const done = new AbortController();
	let last = timer.now();
	async function watch() {
		for (let left = silenceMs; left > 0; left = last + silenceMs - timer.now()) {
			await timer.sleep(left, done.signal);
		}
		const text = 'Your socket connection to the server was not read from or written to in time';
		throw new StorageRefusal(400, 'RequestTimeout', text);
	}
	try {
		await Promise.race([work(() => (last = timer.now())), watch()]);
	} finally {
		done.abort();
	}
}

async function* listenTo(body: AsyncIterable<Buffer>, heard: () => void, isBroken: () => boolean) {
	for await (const chunk of body) {
		heard();
		yield chunk;
	}
	// All that was announced has come, and more.
	if (isBroken()) throw incomplete();
}

function failAsAsked(status: number | undefined): void {
	if (status === undefined) return;
	throw new StorageRefusal(status, 'LocalFailure', 'A failure that an option asked for');
}

/** The sender has gone. Anything else that goes wrong while writing is ours: a full disk. */
function isReset(error: unknown): boolean {
	// Not instanceof: in a test, node's errors come from another realm.
	if (typeof error !== 'object' || error === null || !('code' in error)) return false;
	return error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function incomplete(): StorageRefusal {
	const text =
		'You did not provide the number of bytes specified by the Content-Length HTTP header';
	return new StorageRefusal(400, 'IncompleteBody', text);
}

/** The name twice, as RFC 6266 has it: once in plain ASCII for old clients, once in full. */
function disposition(name: string): string {
	const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
	const full = encodeURIComponent(name.toWellFormed()).replace(
		/['()*]/g,
		(sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
