import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { ApplicationError, sleep } from 'n8n-workflow';

import { requestDownloadLink } from '../api/attachments';
import type { TalkdeskClient } from '../api/client';
import { TalkdeskApiError } from '../api/errors';
import { isTransientNetworkError, networkErrorCode } from '../api/networkErrors';
import { networkProblem } from '../api/problem';
import { withRetry } from '../api/retry';
import { transferRetryDecision, getFile, StorageError } from '../api/storage';
import { cleanName } from './fileNames';
import {
	FileRejectedError,
	enforcePolicy,
	policyViolation,
	UNKNOWN_TYPE,
	type FilePolicy,
} from './policy';

interface TransferContext {
	client: TalkdeskClient;
	functions: IExecuteFunctions;
}

/** What n8n knows the file by. */
interface FileDescriptor {
	id: string;
	name: string;
	type?: string;
	size?: number;
}

/**
 * Fetches the file of an attachment as a stream into n8n's storage for files. If the bytes break off, or stop coming, it
 * begins again with a new link.
 *
 * @throws FileRefused if the policy forbids the file, before its bytes move or while they do; TalkdeskApiError
 */
export async function downloadFile(
	surroundings: TransferContext,
	attachment: FileDescriptor,
	{ policy }: { policy: FilePolicy },
): Promise<IBinaryData> {
	const type = attachment.type || UNKNOWN_TYPE;
	const refusal = policyViolation({ type, size: attachment.size }, policy);
	if (refusal) throw new FileRejectedError(refusal);

	const { client, functions } = surroundings;
	return await withRetry(
		client.requestOptions,
		async () => await tryDownload(surroundings, { ...attachment, type }, policy),
		transferRetryDecision,
		functions.getExecutionCancelSignal(),
	);
}

/**
 * What the storage says of the file of an attachment: Talkdesk may not know it. No byte of it is fetched.
 *
 * @returns its size in bytes, and its MIME type if the storage says one
 * @throws TalkdeskApiError; ApplicationError if the storage doesn't say the size either
 */
export async function describeInStorage(
	{ client, functions }: TransferContext,
	attachmentId: string,
): Promise<{ size: number; type?: string }> {
	const { url } = await requestDownloadLink(client, attachmentId);
	const transfer = new AbortController();
	try {
		const { timeout } = client.requestOptions;
		const { type, size } = await getFile(functions, url, { timeout, signal: transfer.signal });
		if (size === undefined) throw new ApplicationError('Talkdesk does not say how large it is.');
		return { size, type };
	} finally {
		transfer.abort();
	}
}

async function tryDownload(
	{ client, functions }: TransferContext,
	{ id, name, type }: FileDescriptor & { type: string },
	policy: FilePolicy,
): Promise<IBinaryData> {
	const { url } = await requestDownloadLink(client.extend({ maxRetries: 0 }), id);
	const transfer = new AbortController();
	const done = new AbortController();
	const cancelled = functions.getExecutionCancelSignal();
	const cancel = () => transfer.abort();
	cancelled?.addEventListener('abort', cancel);
	const fetchBytes = async () => {
		const { timeout } = client.requestOptions;
		const { stream, size } = await getFile(functions, url, { timeout, signal: transfer.signal });
		const refusal = policyViolation({ type, size }, policy);
		if (refusal) throw new FileRejectedError(refusal);

		let bytes = 0;
		const guarded = enforcePolicy(stream, type, policy, (passed) => (bytes = passed));
		void abortOnIdle({ transfer, timeout, done: done.signal }, () => bytes);
		// n8n would take what stands before a slash for a folder.
		const fileName = cleanName(name, 'file');
		const file = await functions.helpers.prepareBinaryData(guarded.stream, fileName, type);
		guarded.finish();
		return file;
	};
	return await fetchBytes()
		.catch((error: unknown) => {
			const isSilent = transfer.signal.aborted && !cancelled?.aborted;
			const code = isSilent ? 'ETIMEDOUT' : networkErrorCode(error);
			if (error instanceof TalkdeskApiError || !isTransientNetworkError(code)) throw error;
			const problem = { ...networkProblem(code), message: 'the bytes of the file broke off' };
			throw new StorageError(functions, 'give the file', problem, true);
		})
		.finally(() => {
			cancelled?.removeEventListener('abort', cancel);
			done.abort();
			transfer.abort();
		});
}

/** Ends a transfer whose bytes stop coming for as long as the timeout. */
async function abortOnIdle(
	{ transfer, timeout, done }: { transfer: AbortController; timeout: number; done: AbortSignal },
	bytes: () => number,
): Promise<void> {
	let before = -1;
	while (bytes() > before) {
		before = bytes();
		await sleep(timeout, done).catch(() => undefined);
		if (done.aborted) return;
	}
	transfer.abort();
}
