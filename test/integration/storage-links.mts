import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

import { credential, run } from './fixtures.mts';
import { bill, UPLOAD } from './sample-files.mts';

interface StorageState {
	base: string;
	answer(reply: FastifyReply): unknown;
	/** Answers an upload before its bytes have come. */
	refuse?(reply: FastifyReply): unknown;
	/** What Talkdesk says of a new attachment. */
	created: object;
	requestId: unknown;
	keptRequestId?: unknown;
	/** How often the storage was asked. */
	asked: number;
	/** Requests of the storage at another path. */
	followed: Array<{ method: string; authorization: unknown; bytes: number }>;
}

const fresh = (): StorageState => ({
	base: '',
	answer: (reply) => reply.send(),
	refuse: undefined,
	created: { id: 'a', name: 'a.txt' },
	requestId: 'r',
	asked: 0,
	followed: [],
});

/**
 * Talkdesk's API as far as files go, for each test of the file that imports this. Its links lead to `/storage` on the same
 * server, which answers as the test wants.
 */
export const storage = fresh();

let links: FastifyInstance;

beforeEach(async () => {
	Object.assign(storage, fresh());
	links = Fastify({ forceCloseConnections: true });
	links.addContentTypeParser('*', (_request, payload, done) => {
		let bytes = 0;
		payload.on('data', (chunk: Buffer) => (bytes += chunk.length));
		payload.on('end', () => done(null, bytes));
	});
	links.addHook('onRequest', async ({ url, method }, reply) => {
		if (method === 'PUT' && url === '/storage') await storage.refuse?.(reply);
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
	// Without type and size: what is known of them comes from the storage.
	links.get(`${root}/a`, async () => ({
		id: 'a',
		name: 'a.txt',
		metadata: { case: '7' },
		_links: {},
	}));
	links.get(`${root}/a/download-link`, async () => ({ url: `${storage.base}/storage` }));
	links.all('/storage', async (_request, reply) => {
		storage.asked++;
		await storage.answer(reply);
		return reply;
	});
	links.all('/elsewhere', async ({ method, headers, body }, reply) => {
		storage.followed.push({ method, authorization: headers.authorization, bytes: Number(body) });
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
