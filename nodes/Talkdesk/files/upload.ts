import { randomUUID } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { createAttachment, requestUploadLink, type Attachment } from '../api/attachments';
import { isProblem } from '../api/errors';
import { withRetry } from '../api/retry';
import { readHead, transferRetryDecision, putFile, type FileStream } from '../api/fileStorage';
import { binaryFileIn } from './binaryFields';
import { cleanName, uniqueName } from './fileNames';
import {
	mimeTypeOf,
	FileRejectedError,
	policyViolation,
	signatureMismatch,
	UNKNOWN_TYPE,
	type FilePolicy,
} from './policy';
import { HEAD_SIZE } from './magicBytes';
import type { TransferContext } from './transferContext';

/** A file of an n8n item. */
export interface InputFile {
	name: string;
	/** MIME type without parameters. The upload link accepts only this type. */
	type: string;
	/** Bytes */
	size: number;
	/** Opens the file from the start. May be called again. */
	open(): Promise<FileStream | Buffer>;
}

export type SentAttachment = Required<Pick<Attachment, 'id' | 'name' | 'type' | 'size'>>;

/**
 * The file in a field of an item. It is read as a stream if n8n stores files outside of memory.
 *
 * @throws n8n's NodeOperationError if the item has no such file
 */
export async function loadInputFile(
	functions: IExecuteFunctions,
	itemIndex: number,
	field: string,
): Promise<InputFile> {
	const { id, data, mimeType, fileName } = binaryFileIn(functions, itemIndex, field);
	const common = { name: fileName || field, type: mimeTypeOf(mimeType ?? '') || UNKNOWN_TYPE };
	if (id) {
		const { fileSize } = await functions.helpers.getBinaryMetadata(id);
		return {
			...common,
			size: fileSize,
			open: async () => await functions.helpers.getBinaryStream(id),
		};
	}
	if (data === undefined) {
		throw new NodeOperationError(functions.getNode(), `The field '${field}' contains no file`, {
			itemIndex,
			description: 'It has neither an ID nor data. Check the output of the previous node.',
		});
	}
	const content = Buffer.from(data, 'base64');
	return { ...common, size: content.length, open: async () => content };
}

/**
 * Uploads a file: upload link, bytes, attachment. After a transient error all three steps run again, since a link can be
 * used once. Files of earlier attempts stay in Talkdesk: docs/decisions/0025.
 *
 * @throws FileRejectedError if the policy rejects the file, before the transfer; TalkdeskApiError
 */
export async function uploadFile(
	context: TransferContext,
	file: InputFile,
	{ policy }: { policy: FilePolicy },
): Promise<Attachment & SentAttachment> {
	const violation =
		policyViolation(file, policy) ??
		(policy.checkSignature ? signatureMismatch(file.type, await loadHead(file)) : undefined);
	if (violation) throw new FileRejectedError(violation);

	const { client, functions } = context;
	const name = cleanName(file.name, 'file');
	const attachment = await withRetry(
		client.requestOptions,
		async () => await uploadOnce(context, { ...file, name }),
		transferRetryDecision,
		functions.getExecutionCancelSignal(),
	);
	return { ...attachment, type: attachment.type ?? file.type, size: attachment.size ?? file.size };
}

/** One attempt. If the name is taken, the file gets a random suffix: docs/decisions/0022. */
async function uploadOnce(
	{ client, functions }: TransferContext,
	{ name, type, size, open }: InputFile,
): Promise<Attachment> {
	const { requestId, url } = await requestUploadLink(client.extend({ maxRetries: 0 }), { type });
	await putFile(functions, url, { type, size, open }, client.requestOptions.timeout);
	return await createAttachment(client, { name, requestId }).catch(async (error: unknown) => {
		if (!isProblem(error, 'conflict')) throw error;
		const alternative = uniqueName(name, randomUUID().slice(0, 8));
		return await createAttachment(client, { name: alternative, requestId });
	});
}

async function loadHead({ open }: InputFile): Promise<Buffer> {
	const content = await open();
	return Buffer.isBuffer(content) ? content : await readHead(content, HEAD_SIZE);
}
