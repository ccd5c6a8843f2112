import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

import { credential, run } from './fixtures.mts';
import { bill, UPLOAD } from './sample-files.mts';

interface StorageState {
	base: string;
	answer(reply: FastifyReply): unknown;
	/** Answers an upload before its bytes arrive. */
	rejectEarly?(reply: FastifyReply): unknown;
	/** Talkdesk's response for a new attachment. */
	created: object;
	requestId: unknown;
	keptRequestId?: unknown;
	/** The number of requests of the storage. */
	requests: number;
	/** Requests at the target of a redirect. */
	redirected: Array<{ method: string; authorization: unknown; bytes: number }>;
}

const initialState = (): StorageState => ({
	base: '',
	answer: (reply) => reply.send(),
	rejectEarly: undefined,
	created: { id: 'a', name: 'a.txt' },
	requestId: 'r',
	requests: 0,
	redirected: [],
});

/**
 * A stub of Talkdesk's API for files, new for each test of the importing file.
 *
 * Its links lead to `/storage` on the same server, whose responses each test sets.
 */
export const storage = initialState();

let links: FastifyInstance;

beforeEach(async () => {
	Object.assign(storage, initialState());
	links = Fastify({ forceCloseConnections: true });
	links.addContentTypeParser('*', (_request, payload, done) => {
		let bytes = 0;
		payload.on('data', (chunk: Buffer) => (bytes += chunk.length));
		payload.on('end', () => done(null, bytes));
	});
	links.addHook('onRequest', async ({ url, method }, reply) => {
		if (method === 'PUT' && url === '/storage') await storage.rejectEarly?.(reply);
	});
	const root = '/attachments/2023-03';
	links.post(`${root}/upload-link`, async () => ({
		request_id: storage.requestId,
		url: `${storage.base}/storage`,
	}));
	links.post<{ Body: { request_id: unknown } }>(root, async ({ body }) => {
		storage.keptRequestId = body.request_id;
		return storage.created;
	});
	// Without type and size, so that they come from the storage.
	links.get(`${root}/a`, async () => ({
		id: 'a',
		name: 'a.txt',
		metadata: { case: '7' },
		_links: {},
	}));
	links.get(`${root}/a/download-link`, async () => ({ url: `${storage.base}/storage` }));
	links.all('/storage', async (_request, reply) => {
		storage.requests++;
		await storage.answer(reply);
		return reply;
	});
	links.all('/elsewhere', async ({ method, headers, body }, reply) => {
		storage.redirected.push({ method, authorization: headers.authorization, bytes: Number(body) });
		return reply.type('text/plain').send('moved');
	});
	storage.base = await links.listen({ host: '127.0.0.1', port: 0 });
	credential.apiBaseUrl = storage.base;
});
afterEach(async () => await links.close());

export const upload = async (options = {}, file = bill) =>
	await run({ ...UPLOAD, options }, { files: { data: file } });

export const download = async (options = {}, stopped?: Promise<void>) =>
	await run(
		{
			...{ resource: 'attachment', operation: 'download', outputDataFieldName: 'data' },
			...{ attachmentId: 'a', options },
		},
		{ stopped },
	);

/** An error of S3. */
export const xml = (code: string, message = code) =>
	`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
