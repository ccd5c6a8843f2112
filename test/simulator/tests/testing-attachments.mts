import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import axios from 'axios';
import { z } from 'zod';
import type { TalkdeskSimulator, SimulatorOptions } from '../simulator.mts';
import { request, setUp, tokenFor, type Reply } from './testing.mts';

/** Helpers for the tests of attachments: a client of the API and of the storage. */

const link = z.object({ request_id: z.string(), url: z.string() });
const resource = z.object({ id: z.string(), name: z.string(), type: z.string(), size: z.number() });

/** Sends raw bytes without a token. A Buffer is sent with its length, a stream without one. */
export async function put(
	url: string,
	data: Buffer | Readable,
	headers: Record<string, string | false> = {},
): Promise<Reply> {
	return axios.request<unknown>({
		method: 'PUT',
		url,
		data,
		headers: { 'content-type': 'text/plain', ...headers },
		transformRequest: [(body: unknown) => body],
		validateStatus: () => true,
		maxRedirects: 0,
		maxBodyLength: Infinity,
		proxy: false,
	});
}

/** Status and error code of a response of the storage. */
export const xmlOf = ({ status, data }: Reply) => ({
	status,
	code: /<Error><Code>(\w+)<\/Code><Message>.+<\/Message><\/Error>$/.exec(String(data))?.[1],
});

/** A client of the Attachments API with its own token. */
export async function attachmentsOf(talkdesk: TalkdeskSimulator, scope?: string) {
	const headers = { authorization: `Bearer ${await tokenFor(talkdesk, scope)}` };
	const base = `${talkdesk.apiBaseUrl}/attachments/2023-03`;
	const client = {
		base,
		requestLink: (body: unknown = {}) => request('POST', `${base}/upload-link`, body, headers),
		create: (body: unknown) => request('POST', base, body, headers),
		createWithSlash: (body: unknown) => request('POST', `${base}/`, body, headers),
		get: (id: string) => request('GET', `${base}/${id}`, undefined, headers),
		list: (query = '') => request('GET', `${base}${query}`, undefined, headers),
		remove: (id: string, body?: unknown) => request('DELETE', `${base}/${id}`, body, headers),
		requestDownload: (id: string) =>
			request('GET', `${base}/${id}/download-link`, undefined, headers),
		async link(body?: unknown) {
			return link.parse((await client.requestLink(body)).data);
		},
		/** Uploads bytes, and gives the request id. */
		async uploadBytes(content: Buffer | string = 'Hello', type = 'text/plain') {
			const { request_id, url } = await client.link();
			await put(url, Buffer.from(content), { 'content-type': type });
			return request_id;
		},
		/** Creates an attachment, and gives it as in Send. */
		async attachment(name: string, content?: Buffer | string, type?: string, more: object = {}) {
			const request_id = await client.uploadBytes(content, type);
			return resource.parse((await client.create({ name, request_id, ...more })).data);
		},
		async downloadUrl(id: string) {
			return z.object({ url: z.string() }).parse((await client.requestDownload(id)).data).url;
		},
	};
	return client;
}

/** Starts a simulator with a frozen clock, and clients of both APIs. */
export async function setUpAttachments(options: SimulatorOptions = {}) {
	const { talkdesk, client } = await setUp(options);
	return { talkdesk, client, files: await attachmentsOf(talkdesk) };
}

export const sha256 = (content: Buffer | string) =>
	createHash('sha256').update(content).digest('hex');

/** Reads a stream, and gives its length and hash. */
export async function measure(stream: AsyncIterable<Buffer>) {
	const hash = createHash('sha256');
	let size = 0;
	for await (const chunk of stream) {
		hash.update(chunk);
		size += chunk.length;
	}
	return { size, sha256: hash.digest('hex') };
}

/** The temporary folders of this process, or of another one. */
export const foldersOnDisk = (pid = process.pid, folder = tmpdir()) =>
	readdirSync(folder)
		.filter((name) => name.startsWith(`local-talkdesk-${pid}-`))
		.map((name) => join(folder, name));

/** Everything in them. */
export const filesOnDisk = () => foldersOnDisk().flatMap((folder) => readdirSync(folder));
