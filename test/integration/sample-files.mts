import { createHash, randomBytes } from 'node:crypto';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { run } from './fixtures.mts';

export const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
export const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(200_000)]);
export const bill = { name: 'bill.pdf', type: 'application/pdf', content: PDF };
export const textFile = (name: string) => ({
	name,
	type: 'text/plain',
	content: Buffer.from(`this is ${name}`),
});

export const UPLOAD: INodeParameters = {
	resource: 'attachment',
	operation: 'upload',
	inputDataFieldName: 'data',
	options: {},
};
/** Parameters that send the files of an item. */
export const sendFiles = (
	conversationId: string,
	more: IDataObject = {},
	options: IDataObject = {},
) =>
	({
		resource: 'message',
		operation: 'send',
		conversationId,
		text: '',
		inputDataFieldNames: '*',
		...more,
		options,
	}) as INodeParameters;

/** Uploads a file with the node. @returns the id of the attachment */
export const uploadFile = async (file = bill) => {
	const { items, error } = await run(UPLOAD, { files: { data: file } });
	if (error) throw error;
	return String(items[0]?.json.id);
};
