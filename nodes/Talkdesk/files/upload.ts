import { randomUUID } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { createAttachment, requestUploadLink, type Attachment } from '../api/attachments';
import type { TalkdeskClient } from '../api/client';
import { isProblem } from '../api/errors';
import { withRetry } from '../api/retry';
import { readHead, transferRetryDecision, putFile, type FileStream } from '../api/storage';
import { fileIn } from './binaryFields';
import { cleanName, uniqueName } from './fileNames';
import {
	bareType,
	FileRejectedError,
	policyViolation,
	signatureMismatch,
	UNKNOWN_TYPE,
	type FilePolicy,
} from './policy';
import { HEAD_SIZE } from './signature';

/** A file of an n8n item. */
export interface LocalFile {
	name: string;
	/** MIME type, without parameters: a link for it is asked for, and that takes no other. */
	type: string;
	/** Bytes */
	size: number;
	/** Opens the file from its start; may be called again. */
	open(): Promise<FileStream | Buffer>;
}

export type SentAttachment = Required<Pick<Attachment, 'id' | 'name' | 'type' | 'size'>>;

/**
 * The file in a field of an item, as a stream wherever n8n keeps files outside memory.
 *
 * @throws n8n's NodeOperationError if the item has no such file
 */
export async function readLocalFile(
	functions: IExecuteFunctions,
	itemIndex: number,
	field: string,
): Promise<LocalFile> {
	const { id, data, mimeType, fileName } = fileIn(functions, itemIndex, field);
	const common = { name: fileName || field, type: bareType(mimeType ?? '') || UNKNOWN_TYPE };
	if (id) {
		const { fileSize } = await functions.helpers.getBinaryMetadata(id);
		return {
			...common,
			size: fileSize,
			open: async () => await functions.helpers.getBinaryStream(id),
		};
	}
	if (data === undefined) {
		throw new NodeOperationError(functions.getNode(), `The field ${field} has no file in it`, {
			itemIndex,
			description: 'Neither an ID nor data is there. Look at what the node before puts into it.',
		});
	}
	const content = Buffer.from(data, 'base64');
	return { ...common, size: content.length, open: async () => content };
}

interface TransferContext {
	client: TalkdeskClient;
	functions: IExecuteFunctions;
}

/**
 * Brings a file to Talkdesk: upload link, bytes to the storage, attachment. If something on the way fails in a way that
 * passes, all of it is done again, since a link can be used once.
 *
 * What an earlier try has uploaded isn't found again, neither here nor when n8n repeats the node: that would need a state,
 * or a look into Talkdesk's list of attachments ahead of every upload, for a case that is rare. The copy that is left
 * over is in no message.
 *
 * @throws FileRefused if the policy forbids the file, before its bytes move; TalkdeskApiError
 */
export async function uploadFile(
	surroundings: TransferContext,
	file: LocalFile,
	{ policy }: { policy: FilePolicy },
): Promise<Attachment & SentAttachment> {
	const refusal =
		policyViolation(file, policy) ??
		(policy.checkSignature ? signatureMismatch(file.type, await headOf(file)) : undefined);
	if (refusal) throw new FileRejectedError(refusal);

	const { client, functions } = surroundings;
	const name = cleanName(file.name, 'file');
	const attachment = await withRetry(
		client.requestOptions,
		async () => await tryUpload(surroundings, { ...file, name }),
		transferRetryDecision,
		functions.getExecutionCancelSignal(),
	);
	return { ...attachment, type: attachment.type ?? file.type, size: attachment.size ?? file.size };
}

/** A name that is taken gets a new ending each time: an earlier try may have taken the last one. */
async function tryUpload(
	{ client, functions }: TransferContext,
	{ name, type, size, open }: LocalFile,
): Promise<Attachment> {
	const { requestId, url } = await requestUploadLink(client.extend({ maxRetries: 0 }), { type });
	// The token was used, and renewed if need be, before the file is opened: no 401 comes in the middle of it.
	await putFile(functions, url, { type, size, open }, client.requestOptions.timeout);
	return await createAttachment(client, { name, requestId }).catch(async (error: unknown) => {
		if (!isProblem(error, 'conflict')) throw error;
		const another = uniqueName(name, randomUUID().slice(0, 8));
		return await createAttachment(client, { name: another, requestId });
	});
}

async function headOf({ open }: LocalFile): Promise<Buffer> {
	const content = await open();
	return Buffer.isBuffer(content) ? content : await readHead(content, HEAD_SIZE);
}
