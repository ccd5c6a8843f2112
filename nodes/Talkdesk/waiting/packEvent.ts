import type { IBinaryKeyData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { withoutFields } from './protocol';

/** Bytes of the files that are handed over with an event. n8n refuses a call of more than 16 MB, and base64 adds a third. */
const MAX_FILE_BYTES = 8_000_000;
const TOO_LARGE = 'The file is too large to be handed over. Get it with Attachment: Download.';

/** An event with the bytes of its files. What is too large stays out, with an `error` in `attachments` that says so. */
export async function packEvent(
	{ helpers }: IExecuteFunctions,
	json: IDataObject,
	binary: IBinaryKeyData = {},
): Promise<IDataObject> {
	const files: IDataObject = {};
	const left: Record<string, string> = {};
	let total = 0;
	for (const [field, { id, data, fileName = field, mimeType }] of Object.entries(binary)) {
		const size = id
			? (await helpers.getBinaryMetadata(id)).fileSize
			: Buffer.byteLength(data, 'base64');
		if (total + size > MAX_FILE_BYTES) {
			left[field] = TOO_LARGE;
			continue;
		}
		total += size;
		const base64 = id
			? (await helpers.binaryToBuffer(await helpers.getBinaryStream(id))).toString('base64')
			: data;
		files[field] = { name: fileName, type: mimeType, base64 };
	}
	return { event: withoutFields(json, left), files };
}
