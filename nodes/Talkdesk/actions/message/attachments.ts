import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { readParameter, type ItemContext } from '../../parameters/item';
import { commaSeparated } from '../../parameters/schemas';

import { getAttachment } from '../../api/attachments';
import { readLocalFile, uploadFile, type SentAttachment } from '../../files/upload';
import { filePolicyOf, type filePolicyOptions } from '../../files/options';
import type { OperationContext } from '../operation';
import { sideBySide } from '../sideBySide';
import type { Delivery } from './deliver';

/** What became of one file before the message went out. */
export type GatheredFile =
	| { outcome: 'ready'; attachment: SentAttachment }
	| { outcome: 'failed'; name: string; error: string };

/** How many files are on their way side by side. */
const CONCURRENCY = 3;

/**
 * Uploads the files of an item, some side by side, and looks up the attachments that are in Talkdesk already.
 *
 * @param wanted.fields names of input fields; `*` stands for all files of the item
 * @returns what became of each, in the order of the fields, then of the ids; a failure is an outcome
 */
export async function gatherFiles(
	context: OperationContext<typeof filePolicyOptions>,
	wanted: { fields: string[]; ids: string[] },
): Promise<GatheredFile[]> {
	const { functions, itemIndex, client, options } = context;
	const item = functions.getInputData()[itemIndex];
	const fields = wanted.fields.flatMap((field) =>
		field === '*' ? Object.keys(item?.binary ?? {}) : [field],
	);
	const policy = filePolicyOf(options);

	const jobs = [
		...[...new Set(fields)].map((field) => ({
			name: item?.binary?.[field]?.fileName ?? field,
			run: async () =>
				await uploadFile(context, await readLocalFile(functions, itemIndex, field), {
					policy,
				}),
		})),
		...wanted.ids.map((id) => ({
			name: id,
			run: async () => {
				const { name, type, size } = await getAttachment(client, id);
				return { id, name, type: type ?? 'application/octet-stream', size: size ?? 0 };
			},
		})),
	];

	return await sideBySide(jobs, CONCURRENCY, async ({ name, run }) =>
		run().then(
			({ id, name, type, size }): GatheredFile => ({
				outcome: 'ready',
				attachment: { id, name, type, size },
			}),
			(error: unknown): GatheredFile => ({
				outcome: 'failed',
				name,
				error: error instanceof Error ? error.message : String(error),
			}),
		),
	);
}

/** The files of a message for the output, each with its outcome. */
export function describeFiles(files: GatheredFile[], delivery: Delivery): IDataObject[] {
	if (delivery.outcome === 'sent')
		return withPartialFailure(files, delivery.sent.partialFailReason);
	const outcome = delivery.outcome === 'unknown' ? 'unclear' : 'notSent';
	return files.map((file) =>
		file.outcome === 'failed' ? { ...file } : { ...file.attachment, outcome },
	);
}

/**
 * The outcome of each file. Where Talkdesk took the message but not all of its attachments
 * (HTTP 206), it gives one reason for all: a file that the reason names has failed; where it names none, each is `unclear`.
 */
function withPartialFailure(files: GatheredFile[], reason: string | undefined): IDataObject[] {
	const isNamed = ({ id, name }: SentAttachment) =>
		reason !== undefined && (reason.includes(id) || reason.includes(name));
	const anyNamed = files.some((file) => file.outcome === 'ready' && isNamed(file.attachment));
	return files.map((file) => {
		if (file.outcome === 'failed') return { ...file };
		const { attachment } = file;
		if (reason === undefined || (anyNamed && !isNamed(attachment))) {
			return { ...attachment, outcome: 'sent' };
		}
		return { ...attachment, outcome: anyNamed ? 'failed' : 'unclear', error: reason };
	});
}

export const attachmentFingerprint = (files: GatheredFile[]): string[] =>
	files.flatMap((f) => (f.outcome === 'ready' ? [f.attachment.name] : []));
export const readFieldNames = (context: ItemContext, property: INodeProperties): string[] =>
	readParameter(context, property, commaSeparated);
