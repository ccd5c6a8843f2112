import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { z } from 'zod';

import { retryDecisionForError, TalkdeskApiError } from './errors';
import { httpResponseSchema } from './httpResponse';
import { isTransientNetworkError, networkErrorCode } from './networkErrors';
import { networkProblem, type TalkdeskProblem } from './problem';
import { parseRetryAfter, type RetryDecision } from './retry';

/** A stream of Node.js; n8n allows community nodes no import of its type. */
export type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

export interface FileToPut {
	/** MIME type */
	type: string;
	/** Bytes */
	size: number;
	/** Opens the file from its start: as a stream wherever n8n keeps files outside memory. May be called again. */
	open(): Promise<FileStream | Buffer>;
}

/** An error of the storage, or on the way to it. */
export class StorageError extends TalkdeskApiError {
	constructor(
		functions: IExecuteFunctions,
		action: string,
		problem: TalkdeskProblem,
		/** Whether it may be gone at the next try, with a new link. */
		readonly isTransient: boolean,
	) {
		super(functions.getNode(), action, problem);
	}
}

/** What an error says about moving the file again, from its link on; undefined if that can't help. */
export function transferRetryDecision(error: unknown): RetryDecision | undefined {
	if (!(error instanceof StorageError)) return retryDecisionForError(error);
	return error.isTransient ? { retryAfter: error.problem.retryAfter } : undefined;
}

/** Milliseconds that the bytes of an upload may take: slower than 100 kB/s isn't waited for. */
const transferTime = (size: number) => size / 100;


/**
 * Puts a file to an upload link: a pre-signed link of Amazon S3, so with a Content-Length, never in chunks, with the
 * file's own Content-Type, and without our token, which S3 refuses beside its signature.
 *
 * @param timeout milliseconds until the storage must answer, beside the time of the bytes
 * @throws StorageError
 * Source: that the method is PUT is inferred from the link, which comes without form fields; the rest is how S3 works.
 */
export async function putFile(
	functions: IExecuteFunctions,
	url: string,
	{ type, size, open }: FileToPut,
	timeout: number,
): Promise<void> {
	const action = 'take the file';
	const answer = await followRedirectOnce(url, async (target) => {
		const content = await open();
		// It may break off before the request reads it. Without a listener that would end the process; who reads gets the error.
		if (!Buffer.isBuffer(content)) content.on('error', () => {});
		try {
			const response: unknown = await functions.helpers
				.httpRequest({
					method: 'PUT',
					url: target,
					body: content,
					headers: { 'Content-Type': type, 'Content-Length': size },
					// Axios would have to keep the whole file in memory to send it again.
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: true,
					returnFullResponse: true,
					encoding: 'text',
					json: false,
					timeout: timeout + transferTime(size),
				})
				.catch((error: unknown) => unreachable(functions, action, error));
			return httpResponseSchema.parse(response);
		} finally {
			// An answer that comes before the end leaves the rest of the file unread, and the file open.
			if (!Buffer.isBuffer(content)) content.destroy();
		}
	});
	if (answer.statusCode >= 200 && answer.statusCode < 300) return;
	rejectTransfer(
		functions,
		action,
		url,
		answer,
		typeof answer.body === 'string' ? answer.body : '',
	);
}

const streamResponseSchema = httpResponseSchema.extend({
	body: z.custom<FileStream>(
		(value) => typeof value === 'object' && value !== null && 'pipe' in value,
	),
});

/**
 * Fetches a file from a download link as a stream, without our token.
 *
 * @param limits.timeout milliseconds until the answer begins; the bytes take the time they take
 * @param limits.signal ends the transfer. The caller must end it, whatever happens: n8n hands out the answer in a wrapping
 * whose `destroy` doesn't reach the connection.
 * @returns the stream, its length in bytes and its MIME type if the storage says them
 * @throws StorageError
 */
export async function getFile(
	functions: IExecuteFunctions,
	url: string,
	{ timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<{ stream: FileStream; size?: number; type?: string }> {
	const action = 'give the file';
	const answer = await followRedirectOnce(url, async (target) => {
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
	const { statusCode, body } = answer;
	if (statusCode !== 200)
		rejectTransfer(functions, action, url, answer, await bodyText(body, timeout));
	// Who refuses the file ends the transfer before anybody reads it. Without a listener that would end the process.
	body.on('error', () => {});
	const { 'content-length': length, 'content-type': type } = answer.headers;
	const size = Number(length ?? NaN);
	return {
		stream: body,
		...(Number.isFinite(size) && { size }),
		...(typeof type === 'string' && { type }),
	};
}

/** The beginning of a file, as many bytes as that if it has them. The stream is closed then. */
export async function readHead(stream: FileStream, size: number): Promise<Buffer> {
	let head: Buffer = Buffer.alloc(0);
	// Leaving the loop closes the stream. A chunk may be as short as one byte.
	for await (const chunk of stream) {
		head = Buffer.concat([head, Buffer.from(chunk)]);
		if (head.length >= size) break;
	}
	return head.subarray(0, size);
}

/** What an error of the storage says; '' if it doesn't come in time. */
async function bodyText(body: FileStream, timeout: number): Promise<string> {
	const done = new AbortController();
	const silence = sleep(timeout, done.signal).then(
		() => '',
		() => '',
	);
	const text = readHead(body, 4_000).then(String, () => '');
	return await Promise.race([text, silence]).finally(() => done.abort());
}

interface Answer {
	statusCode: number;
	headers: Record<string, unknown>;
}

/** S3 redirects to another region with these, and the same request is to be sent there (RFC 9110, 15.4.8 and 15.4.9). */
const isRedirection = (status: number) => status === 307 || status === 308;

async function followRedirectOnce<Result extends Answer>(
	url: string,
	ask: (url: string) => Promise<Result>,
): Promise<Result> {
	const answer = await ask(url);
	const target = isRedirection(answer.statusCode) ? targetOf(url, answer) : undefined;
	return target && isAllowedRedirect(new URL(url), target) ? await ask(target.href) : answer;
}

function targetOf(url: string, { headers: { location } }: Answer): URL | undefined {
	if (typeof location !== 'string') return undefined;
	try {
		return new URL(location, url);
	} catch {
		return undefined;
	}
}

/** The hosts of Amazon S3, of every region. */
const S3_HOST = /(^|\.)s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/;

/**
 * Whether the storage may send us there: to itself, or to S3. Anything else could be an address inside the network of n8n,
 * which is not for an answer to choose.
 */
export function isAllowedRedirect(from: URL, to: URL): boolean {
	if (to.username || to.password) return false;
	return (
		to.origin === from.origin ||
		(to.protocol === 'https:' && to.port === '' && S3_HOST.test(to.hostname))
	);
}

function unreachable(functions: IExecuteFunctions, action: string, error: unknown): never {
	const code = networkErrorCode(error);
	const problem = { ...networkProblem(code), message: 'its storage did not answer' };
	throw new StorageError(functions, action, problem, isTransientNetworkError(code));
}

/** What S3 says may be repeated, beside the server's errors. Source: "Error responses" of S3's API reference, and its SDKs. */
const TRANSIENT_CODES =
	/^(InternalError|OperationAborted|RequestTimeout|ServiceUnavailable|SlowDown)$/;
const isTransientStatusOfStorage = (status: number) =>
	status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);

/** S3 answers in XML; its code and message are all that is of use. */
function rejectTransfer(
	functions: IExecuteFunctions,
	action: string,
	url: string,
	answer: Answer,
	text: string,
): never {
	const { statusCode: status } = answer;
	const [, code] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
	const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
	// Its host alone: the rest of the link is a key to the file.
	const target = isRedirection(status) ? targetOf(url, answer)?.host : undefined;
	const details = [message && ` (${message})`, target && ` and points to ${target}`];
	const problem: TalkdeskProblem = {
		kind: status >= 500 ? 'unavailable' : 'storage',
		status,
		code,
		message: `its storage answered ${status}${details.filter(Boolean).join('')}`,
		fields: [],
		retryAfter: parseRetryAfter(answer.headers['retry-after']),
	};
	const isTransient = isTransientStatusOfStorage(status) || TRANSIENT_CODES.test(code ?? '');
	throw new StorageError(functions, action, problem, isTransient);
}
