import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { TalkdeskApiError } from './errors';
import { networkErrorCode, networkProblem, type TalkdeskProblem } from './problem';

/** A stream of Node.js; n8n allows community nodes no import of its type. */
export type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

export interface FileToPut {
	/** MIME type */
	type: string;
	/** Bytes */
	size: number;
	/** The bytes: a stream wherever n8n keeps files outside memory. */
	content: FileStream | Buffer;
}

/** Milliseconds that the bytes of an upload may take: slower than 100 kB/s isn't waited for. */
const transferTime = (size: number) => size / 100;

const putSchema = z.object({ statusCode: z.number(), body: z.unknown() });

/**
 * Puts a file to an upload link: a pre-signed link of Amazon S3, so with a Content-Length, never in chunks, with the
 * file's own Content-Type, and without our token, which S3 refuses beside its signature.
 *
 * @param timeout milliseconds until the storage must answer, beside the time of the bytes
 * @throws TalkdeskApiError
 * Source: that the method is PUT is inferred from the link, which comes without form fields; the rest is how S3 works.
 */
export async function putFile(
	functions: IExecuteFunctions,
	url: string,
	{ type, size, content }: FileToPut,
	timeout: number,
): Promise<void> {
	const response: unknown = await functions.helpers
		.httpRequest({
			method: 'PUT',
			url,
			body: content,
			headers: { 'Content-Type': type, 'Content-Length': size },
			// Following redirections would mean to keep the whole file in memory.
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			returnFullResponse: true,
			encoding: 'text',
			json: false,
			timeout: timeout + transferTime(size),
		})
		.catch((error: unknown) => refuse(functions, 'take the file', 0, networkErrorCode(error)));
	const { statusCode, body } = putSchema.parse(response);
	if (statusCode < 200 || statusCode >= 300) {
		refuse(functions, 'take the file', statusCode, typeof body === 'string' ? body : '');
	}
}

const getSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()),
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
 * @returns the stream, and its length in bytes where the storage says it
 * @throws TalkdeskApiError
 */
export async function getFile(
	functions: IExecuteFunctions,
	url: string,
	{ timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<{ stream: FileStream; size?: number }> {
	const response: unknown = await functions.helpers
		.httpRequest({
			method: 'GET',
			url,
			disableFollowRedirect: true,
			ignoreHttpStatusErrors: true,
			returnFullResponse: true,
			encoding: 'stream',
			json: false,
			timeout,
			abortSignal: signal,
		})
		.catch((error: unknown) => refuse(functions, 'give the file', 0, networkErrorCode(error)));
	const { statusCode, headers, body } = getSchema.parse(response);
	if (statusCode !== 200) refuse(functions, 'give the file', statusCode, '');
	const size = Number(headers['content-length']);
	return { stream: body, ...(Number.isFinite(size) && { size }) };
}

/** S3 answers in XML; its code and message are all that is of use. */
function refuse(functions: IExecuteFunctions, tried: string, status: number, said: string): never {
	throw new TalkdeskApiError(functions.getNode(), tried, storageProblem(status, said));
}

function storageProblem(status: number, said: string): TalkdeskProblem {
	if (status === 0) return { ...networkProblem(said), message: 'its storage did not answer' };
	const [, code] = /<Code>([^<]*)<\/Code>/.exec(said) ?? [];
	const [, message] = /<Message>([^<]*)<\/Message>/.exec(said) ?? [];
	return {
		kind: status >= 500 ? 'unavailable' : 'storage',
		status,
		code,
		message: `its storage answered ${status}${message ? ` (${message})` : ''}`,
		fields: [],
	};
}
