import Fastify, { type FastifyRequest } from 'fastify';
import type { Attachments, StoredAttachment, Upload } from './attachments.mts';
import type { Faults } from './faults.mts';
import type { Files } from './file-store.mts';
import type { Latency } from './latency.mts';
import type { Settings } from './options.mts';
import { storageErrorHandler, StorageError } from './errors.mts';
import { createSignedLinks } from './signed-links.mts';
import type { Timer } from './timer.mts';
import type { WireLog } from './wire-log.mts';

/** How long an upload link is valid. Unknown in reality. */
const uploadSeconds = 900;
/** How long a download link is valid (docs/attachments-api). */
const downloadSeconds = 600;
/** How long a sender may be idle. S3 has such a limit and doesn't name it. */
const IDLE_TIMEOUT_MS = 20_000;

export interface Storage {
	/** `http://127.0.0.1:<another port>` */
	readonly url: string;
	listen(): Promise<void>;
	/** The link for the bytes of an upload. */
	uploadLink(upload: Upload): string;
	/** The link to the bytes of an attachment, and its expiry in ms. */
	downloadLink(attachment: StoredAttachment): { url: string; expiresAt: number };
	close(): Promise<void>;
}

type WithId = { Params: { id: string } };

/**
 * Creates the storage of Talkdesk's attachments: another origin, which behaves like S3 with pre-signed links. A link is the
 * only authentication, and a second one is rejected, such as the bearer token.
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
	/** Connections with data that is no HTTP. */
	const malformed = new WeakSet<object>();

	const app = Fastify({
		forceCloseConnections: true,
		exposeHeadRoutes: false,
		// A body that is shorter or longer than its Content-Length never gets to a route.
		clientErrorHandler(error, socket) {
			malformed.add(socket);
			if (error.code === 'ECONNRESET' || !socket.writable) return;
			const incomplete = incompleteBody();
			const body = incomplete.body();
			socket.end(
				`HTTP/1.1 ${incomplete.status} Bad Request\r\nContent-Type: application/xml\r\n` +
					`Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
			);
			socket.destroySoon();
		},
	});
	// Bodies of any type and size are accepted, as they are not parsed here.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', (_request, _body, done) => done(null));
	app.setErrorHandler(storageErrorHandler(log));
	app.setNotFoundHandler(() => {
		// S3 checks the signature first, and there is none for this path.
		throw new StorageError(403, 'AccessDenied', 'Access Denied');
	});
	latency.attach(app);
	faults.attach(app);
	log.attach(app);

	app.addHook('onRequest', async (request) => {
		if (request.headers.authorization !== undefined) {
			const text =
				'Only one auth mechanism allowed; only the Signature query string parameter or the Authorization header should be specified';
			throw new StorageError(400, 'InvalidArgument', text);
		}
		if (!request.is404) links.check(request.method, request.url);
	});

	app.put<WithId>('/uploads/:id', async (request, reply) => {
		const upload = attachments.upload(request.params.id);
		if (!upload) throw new StorageError(403, 'AccessDenied', 'Access Denied');
		const type = requireHeaders(
			request,
			settings().uploadTypes === 'any' ? undefined : upload.allowedTypes,
		);
		if (upload.state !== 'waiting') {
			throw new StorageError(403, 'AccessDenied', 'The link has been used');
		}
		failIfConfigured(settings().uploadFailure({ requestId: upload.requestId }));
		try {
			const { socket } = request.raw;
			await withIdleTimeout(settings().timer, (onChunk) =>
				attachments.receive(
					upload,
					type,
					watchChunks(request.raw, onChunk, () => malformed.has(socket)),
				),
			);
		} catch (error) {
			// The pending read stops with the connection, which ends once the error is sent.
			reply.header('connection', 'close');
			reply.raw.on('finish', () => request.raw.destroy());
			throw isReset(error) ? incompleteBody() : error;
		}
		log.note(request, { summary: `${upload.content?.file.size ?? 0} bytes of ${type}` });
		return reply.send();
	});

	app.get<WithId>('/downloads/:id', async (request, reply) => {
		const attachment = attachments.get(request.params.id);
		if (!attachment) {
			throw new StorageError(404, 'NoSuchKey', 'The specified key does not exist.');
		}
		const { id, name, type, size } = attachment;
		failIfConfigured(settings().downloadFailure({ id }));
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
 * Checks the headers that S3 requires before it accepts a body.
 *
 * @returns the MIME type of the body
 */
function requireHeaders({ headers }: FastifyRequest, allowedTypes: string[] | undefined): string {
	if (headers['transfer-encoding'] !== undefined) {
		const text = 'A header you provided implies functionality that is not implemented';
		throw new StorageError(501, 'NotImplemented', text);
	}
	if (headers['content-length'] === undefined) {
		const text = 'You must provide the Content-Length HTTP header.';
		throw new StorageError(411, 'MissingContentLength', text);
	}
	// The type that S3 assumes if none is given.
	const type = headers['content-type'] ?? 'binary/octet-stream';
	if (allowedTypes && !allowedTypes.includes(type)) {
		throw new StorageError(403, 'AccessDenied', 'The link is not for this Content-Type');
	}
	return type;
}

/**
 * Runs `work` until it is over or no chunk has arrived for too long. A sender whose Content-Length is too high waits for a
 * response while the storage waits for the rest.
 */
async function withIdleTimeout(timer: Timer, work: (onChunk: () => void) => Promise<void>) {
	const done = new AbortController();
	let last = timer.now();
	async function watch() {
		for (let left = IDLE_TIMEOUT_MS; left > 0; left = last + IDLE_TIMEOUT_MS - timer.now()) {
			await timer.sleep(left, done.signal);
		}
		const text = 'Your socket connection to the server was not read from or written to in time';
		throw new StorageError(400, 'RequestTimeout', text);
	}
	try {
		await Promise.race([work(() => (last = timer.now())), watch()]);
	} finally {
		done.abort();
	}
}

async function* watchChunks(
	body: AsyncIterable<Buffer>,
	onChunk: () => void,
	isMalformed: () => boolean,
) {
	for await (const chunk of body) {
		onChunk();
		yield chunk;
	}
	// More bytes have arrived than announced.
	if (isMalformed()) throw incompleteBody();
}

function failIfConfigured(status: number | undefined): void {
	if (status === undefined) return;
	throw new StorageError(status, 'LocalFailure', 'A failure that an option asked for');
}

/** Whether the sender has disconnected. Any other error of a write is local, such as a full disk. */
function isReset(error: unknown): boolean {
	// Not instanceof: in a test, errors of Node.js come from another realm.
	if (typeof error !== 'object' || error === null || !('code' in error)) return false;
	return error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function incompleteBody(): StorageError {
	const text =
		'You did not provide the number of bytes specified by the Content-Length HTTP header';
	return new StorageError(400, 'IncompleteBody', text);
}

/** The name twice, as in RFC 6266: in ASCII for old clients, and in full. */
function disposition(name: string): string {
	const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
	const full = encodeURIComponent(name.toWellFormed()).replace(
		/['()*]/g,
		(sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
