import type { IBinaryData } from 'n8n-workflow';
import { ApplicationError, sleep } from 'n8n-workflow';

import { requestDownloadLink } from '../api/attachments';
import { TalkdeskApiError } from '../api/errors';
import { isTransientNetworkError, networkErrorCode } from '../api/networkErrors';
import { networkProblem } from '../api/problem';
import { withRetry } from '../api/retry';
import { transferRetryDecision, getFile, StorageError } from '../api/fileStorage';
import { cleanName } from './fileNames';
import {
	FileRejectedError,
	enforcePolicy,
	policyViolation,
	UNKNOWN_TYPE,
	type FilePolicy,
} from './policy';
import type { TransferContext } from './transferContext';

/** An attachment whose file is to be downloaded. `size` is in bytes. */
interface FileDescriptor {
	id: string;
	name: string;
	type?: string;
	size?: number;
}

/**
 * Streams the file of an attachment into n8n's file storage. A transfer that breaks off or stalls starts again with a new
 * link.
 *
 * @throws FileRejectedError if the policy rejects the file, before or during the transfer; TalkdeskApiError
 */
export async function downloadFile(
	context: TransferContext,
	attachment: FileDescriptor,
	{ policy }: { policy: FilePolicy },
): Promise<IBinaryData> {
	const type = attachment.type || UNKNOWN_TYPE;
	const violation = policyViolation({ type, size: attachment.size }, policy);
	if (violation) throw new FileRejectedError(violation);

	const { client, functions } = context;
	return await withRetry(
		client.requestOptions,
		async () => await downloadOnce(context, { ...attachment, type }, policy),
		transferRetryDecision,
		functions.getExecutionCancelSignal(),
	);
}

/**
 * The size and type of an attachment's file, from the headers of the file storage.
 *
 * @returns the size in bytes; the MIME type, if the storage sends one
 * @throws TalkdeskApiError; ApplicationError if the storage doesn't send the size
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
		if (size === undefined)
			throw new ApplicationError('Talkdesk does not report the size of the file.');
		return { size, type };
	} finally {
		transfer.abort();
	}
}

async function downloadOnce(
	{ client, functions }: TransferContext,
	{ id, name, type }: FileDescriptor & { type: string },
	policy: FilePolicy,
): Promise<IBinaryData> {
	const { url } = await requestDownloadLink(client.extend({ maxRetries: 0 }), id);
	const transfer = new AbortController();
	const done = new AbortController();
	const cancelSignal = functions.getExecutionCancelSignal();
	const cancel = () => transfer.abort();
	cancelSignal?.addEventListener('abort', cancel);
	const fetchBytes = async () => {
		const { timeout } = client.requestOptions;
		const { stream, size } = await getFile(functions, url, { timeout, signal: transfer.signal });
		const violation = policyViolation({ type, size }, policy);
		if (violation) throw new FileRejectedError(violation);

		let bytes = 0;
		const checked = enforcePolicy(stream, type, policy, (transferred) => (bytes = transferred));
		void abortOnIdle({ transfer, timeout, done: done.signal }, () => bytes);
		// n8n takes the part before a slash for a folder.
		const fileName = cleanName(name, 'file');
		const file = await functions.helpers.prepareBinaryData(checked.stream, fileName, type);
		checked.finish();
		return file;
	};
	return await fetchBytes()
		.catch((error: unknown) => {
			const isStalled = transfer.signal.aborted && !cancelSignal?.aborted;
			const code = isStalled ? 'ETIMEDOUT' : networkErrorCode(error);
			if (error instanceof TalkdeskApiError || !isTransientNetworkError(code)) throw error;
			const problem = {
				...networkProblem(code),
				message: 'the transfer of the file was interrupted',
			};
			throw new StorageError(functions, 'provide the file', problem, true);
		})
		.finally(() => {
			cancelSignal?.removeEventListener('abort', cancel);
			done.abort();
			transfer.abort();
		});
}

/** Aborts a transfer if no byte arrives within the timeout: docs/decisions/0013. */
async function abortOnIdle(
	{ transfer, timeout, done }: { transfer: AbortController; timeout: number; done: AbortSignal },
	bytes: () => number,
): Promise<void> {
	let lastBytes = -1;
	while (bytes() > lastBytes) {
		lastBytes = bytes();
		await sleep(timeout, done).catch(() => undefined);
		if (done.aborted) return;
	}
	transfer.abort();
}
