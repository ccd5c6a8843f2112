import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { z } from 'zod';

import { retryDecisionForError, TalkdeskApiError } from './errors';
import { httpResponseSchema } from './httpResponse';
import { isTransientNetworkError, networkErrorCode } from './networkErrors';
import { networkProblem, type TalkdeskProblem } from './problem';
import { parseRetryAfter, type RetryDecision } from './retry';

/** A Node.js stream. n8n's linter doesn't allow the import of its type. */
export type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

export interface FileToPut {
	/** MIME type */
	type: string;
	/** Bytes */
	size: number;
	/** Opens the file from the start. May be called again. */
	open(): Promise<FileStream | Buffer>;
}

/** An error of the file storage, or of the connection to it. */
export class StorageError extends TalkdeskApiError {
	constructor(
		functions: IExecuteFunctions,
		action: string,
		problem: TalkdeskProblem,
		/** Whether a new attempt with a new link may succeed. */
		readonly isTransient: boolean,
	) {
		super(functions.getNode(), action, problem);
	}
}

/** Whether and when to repeat a transfer with a new link after an error; undefined if that can't help. */
export function transferRetryDecision(error: unknown): RetryDecision | undefined {
	if (!(error instanceof StorageError)) return retryDecisionForError(error);
	return error.isTransient ? { retryAfter: error.problem.retryAfter } : undefined;
}

/** Milliseconds for the bytes of an upload, at 100 kB/s. */
const uploadTime = (size: number) => size / 100;

/**
 * Uploads a file to a pre-signed link of Amazon S3. S3 requires Content-Length and Content-Type, and accepts neither chunks
 * nor our token.
 *
 * @param timeout milliseconds until the response, in addition to the time for the bytes
 * @throws StorageError
 * Source: S3's documentation. The method PUT is inferred: the link comes without form fields.
 */
export async function putFile(
	functions: IExecuteFunctions,
	url: string,
	{ type, size, open }: FileToPut,
	timeout: number,
): Promise<void> {
	const action = 'accept the file';
	const response = await followRedirectOnce(url, async (target) => {
		const content = await open();
		// Without a listener, an error before the first read would end the process. Readers still receive it.
		if (!Buffer.isBuffer(content)) content.on('error', () => {});
		try {
			const response: unknown = await functions.helpers
				.httpRequest({
					method: 'PUT',
					url: target,
					body: content,
					headers: { 'Content-Type': type, 'Content-Length': size },
					// To follow a redirect, axios would keep the whole file in memory.
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: true,
					returnFullResponse: true,
					encoding: 'text',
					json: false,
					timeout: timeout + uploadTime(size),
				})
				.catch((error: unknown) => unreachable(functions, action, error));
			return httpResponseSchema.parse(response);
		} finally {
			// After an early response, the file would stay open.
			if (!Buffer.isBuffer(content)) content.destroy();
		}
	});
	if (response.statusCode >= 200 && response.statusCode < 300) return;
	rejectTransfer(
		functions,
		action,
		url,
		response,
		typeof response.body === 'string' ? response.body : '',
	);
}

const streamResponseSchema = httpResponseSchema.extend({
	body: z.custom<FileStream>(
		(value) => typeof value === 'object' && value !== null && 'pipe' in value,
	),
});

/**
 * Downloads a file from a link as a stream, without our token.
 *
 * @param limits.timeout milliseconds until the response starts, without the time for the bytes
 * @param limits.signal must be aborted in any case, to close the connection: docs/decisions/0013
 * @returns the stream; its size in bytes and its MIME type, if the storage sends them
 * @throws StorageError
 */
export async function getFile(
	functions: IExecuteFunctions,
	url: string,
	{ timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<{ stream: FileStream; size?: number; type?: string }> {
	const action = 'provide the file';
	const response = await followRedirectOnce(url, async (target) => {
		const response: unknown = await functions.helpers
			.httpRequest({
				method: 'GET',
				url: target,
				disableFollowRedirect: true,
				ignoreHttpStatusErrors: true,
				returnFullResponse: true,
				encoding: 'stream',
				json: false,
				timeout,
				abortSignal: signal,
			})
			.catch((error: unknown) => unreachable(functions, action, error));
		return streamResponseSchema.parse(response);
	});
	const { statusCode, body } = response;
	if (statusCode !== 200)
		rejectTransfer(functions, action, url, response, await readErrorBody(body, timeout));
	// A rejected file is aborted before the first read. Without a listener, that error would end the process.
	body.on('error', () => {});
	const { 'content-length': length, 'content-type': type } = response.headers;
	const size = Number(length ?? NaN);
	return {
		stream: body,
		...(Number.isFinite(size) && { size }),
		...(typeof type === 'string' && { type }),
	};
}

/** The first `size` bytes of a stream, or fewer if it is shorter. Closes the stream. */
export async function readHead(stream: FileStream, size: number): Promise<Buffer> {
	let head: Buffer = Buffer.alloc(0);
	// Leaving the loop closes the stream.
	for await (const chunk of stream) {
		head = Buffer.concat([head, Buffer.from(chunk)]);
		if (head.length >= size) break;
	}
	return head.subarray(0, size);
}

/** The start of an error's body; empty if it doesn't arrive within the timeout. */
async function readErrorBody(body: FileStream, timeout: number): Promise<string> {
	const done = new AbortController();
	const timer = sleep(timeout, done.signal).then(
		() => '',
		() => '',
	);
	const text = readHead(body, 4_000).then(String, () => '');
	return await Promise.race([text, timer]).finally(() => done.abort());
}

interface StorageResponse {
	statusCode: number;
	headers: Record<string, unknown>;
}

/** Whether S3 redirects to another region with the same method and body (RFC 9110, 15.4.8 and 15.4.9). */
const isRedirection = (status: number) => status === 307 || status === 308;

async function followRedirectOnce<Result extends StorageResponse>(
	url: string,
	send: (url: string) => Promise<Result>,
): Promise<Result> {
	const response = await send(url);
	const target = isRedirection(response.statusCode) ? redirectTarget(url, response) : undefined;
	return target && isAllowedRedirect(new URL(url), target) ? await send(target.href) : response;
}

function redirectTarget(url: string, { headers: { location } }: StorageResponse): URL | undefined {
	if (typeof location !== 'string') return undefined;
	try {
		return new URL(location, url);
	} catch {
		return undefined;
	}
}

/** The hosts of Amazon S3 in all regions. */
const S3_HOST = /(^|\.)s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/;

/** Whether a redirect goes to the same host or to S3. Any other target might be in n8n's internal network. */
export function isAllowedRedirect(from: URL, to: URL): boolean {
	if (to.username || to.password) return false;
	return (
		to.origin === from.origin ||
		(to.protocol === 'https:' && to.port === '' && S3_HOST.test(to.hostname))
	);
}

function unreachable(functions: IExecuteFunctions, action: string, error: unknown): never {
	const code = networkErrorCode(error);
	const problem = { ...networkProblem(code), message: 'the file storage did not respond' };
	throw new StorageError(functions, action, problem, isTransientNetworkError(code));
}

/** Transient error codes of S3. Source: "Error responses" in S3's API reference, and its SDKs. */
const TRANSIENT_CODES =
	/^(InternalError|OperationAborted|RequestTimeout|ServiceUnavailable|SlowDown)$/;
const isTransientStatus = (status: number) =>
	status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);

/** Throws the error of a response, with the code and the message of S3's XML. */
function rejectTransfer(
	functions: IExecuteFunctions,
	action: string,
	url: string,
	response: StorageResponse,
	text: string,
): never {
	const { statusCode: status } = response;
	const [, code] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
	const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
	// Only the host: the rest of the link gives access to the file.
	const target = isRedirection(status) ? redirectTarget(url, response)?.host : undefined;
	const details = [message && ` (${message})`, target && ` and redirects to ${target}`];
	const problem: TalkdeskProblem = {
		kind: status >= 500 ? 'unavailable' : 'storage',
		status,
		code,
		message: `the file storage answered with HTTP ${status}${details.filter(Boolean).join('')}`,
		fields: [],
		retryAfter: parseRetryAfter(response.headers['retry-after']),
	};
	const isTransient = isTransientStatus(status) || TRANSIENT_CODES.test(code ?? '');
	throw new StorageError(functions, action, problem, isTransient);
}
