import type { IDataObject } from 'n8n-workflow';

import { getAttachment } from '../../api/attachments';
import { describeInStorage } from '../../files/download';
import { binaryFileIn, binaryFilesOf } from '../../files/binaryFields';
import { cleanName, distinctNames } from '../../files/fileNames';
import { filePolicyOf, type filePolicyOptions } from '../../files/policyOptions';
import { UNKNOWN_TYPE } from '../../files/policy';
import { loadInputFile, uploadFile, type SentAttachment } from '../../files/upload';
import type { OperationContext } from '../operation';
import { mapWithConcurrency } from '../mapWithConcurrency';
import type { Delivery } from './deliver';

/** The origin of a file, the same in every attempt. */
type FileSource =
	| { field: string; name: string; type: string; size: number }
	| { attachmentId: string };

/** The outcome of one file before the message is sent. */
export type AttachmentResult =
	| { outcome: 'ready'; attachment: SentAttachment; source: FileSource }
	| { outcome: 'failed'; name: string; error: string };

/** A file of a message as node output. */
export interface FileOutput extends IDataObject {
	name: string;
	/** `notSent`: the message itself wasn't. `unclear`: it may have reached the agent. */
	outcome: 'sent' | 'failed' | 'unclear' | 'notSent';
}

/** Files that are uploaded or looked up at the same time. */
const CONCURRENCY = 3;

/**
 * Uploads the files of an item, and looks up attachments that are already in Talkdesk. Each file gets a unique name.
 *
 * @param wanted.fields names of input fields; `*` stands for all files of the item
 * @param wanted.ids IDs of attachments in Talkdesk
 * @returns the outcome of each, first the fields, then the IDs; a failed file is an outcome
 */
export async function collectAttachments(
	context: OperationContext<typeof filePolicyOptions>,
	wanted: { fields: string[]; ids: string[] },
): Promise<AttachmentResult[]> {
	const { functions, itemIndex, options } = context;
	const policy = filePolicyOf(options);
	const fieldNames = wanted.fields.flatMap((field) =>
		field === '*' ? [...binaryFilesOf(functions, itemIndex).keys()] : [field],
	);
	const fields = [...new Set(fieldNames)];
	const originalName = (field: string) => {
		try {
			return binaryFileIn(functions, itemIndex, field).fileName || field;
		} catch {
			// A missing file is reported when it is loaded.
			return field;
		}
	};
	const names = distinctNames(fields.map((field) => cleanName(originalName(field), field)));

	const uploads = fields.map((field, index) => ({
		name: originalName(field),
		run: async () => {
			const file = await loadInputFile(functions, itemIndex, field);
			const name = names[index] ?? file.name;
			const attachment = await uploadFile(context, { ...file, name }, { policy });
			const source = { field, name: file.name, type: file.type, size: file.size };
			return { attachment, source };
		},
	}));
	const lookups = [...new Set(wanted.ids)].filter(Boolean).map((attachmentId) => ({
		name: attachmentId,
		run: async () => ({
			attachment: await describeAttachment(context, attachmentId),
			source: { attachmentId },
		}),
	}));
	return await mapWithConcurrency([...uploads, ...lookups], CONCURRENCY, async ({ name, run }) =>
		run().then(
			({ attachment: { id, name, type, size }, source }): AttachmentResult => ({
				outcome: 'ready',
				attachment: { id, name, type, size },
				source,
			}),
			(error: unknown): AttachmentResult => ({
				outcome: 'failed',
				name,
				error: error instanceof Error ? error.message : String(error),
			}),
		),
	);
}

/** An attachment with all fields that a message needs. The file storage has what Talkdesk leaves out. */
async function describeAttachment(context: OperationContext, id: string): Promise<SentAttachment> {
	const { name, type, size } = await getAttachment(context.client, id);
	if (type !== undefined && size !== undefined) return { id, name, type, size };
	const stored = await describeInStorage(context, id).catch((error: unknown) => {
		if (size === undefined) throw error;
		return { type: undefined, size };
	});
	return { id, name, type: type ?? stored.type ?? UNKNOWN_TYPE, size: size ?? stored.size };
}

/** Identifies the ready files of a message by their origin: an upload gives new IDs and names in every attempt. */
export function attachmentFingerprint(files: AttachmentResult[]): string[] {
	return files.flatMap((file) => (file.outcome === 'ready' ? [JSON.stringify(file.source)] : []));
}

/** The files of a message as node output, each with its outcome. */
export function attachmentsOutput(files: AttachmentResult[], delivery: Delivery): FileOutput[] {
	if (delivery.outcome === 'sent')
		return withPartialFailure(files, delivery.message.partialFailReason);
	const outcome = delivery.outcome === 'unknown' ? 'unclear' : 'notSent';
	return files.map((file) =>
		file.outcome === 'failed' ? { ...file } : { ...file.attachment, outcome },
	);
}

/**
 * The outcome of each file of a message that was sent.
 *
 * @param reason Talkdesk's one reason if it took the message but not all attachments (HTTP 206). A file that it names has
 * failed. A file whose name is only part of a longer word is `unclear`, and so is each file if it names none.
 */
function withPartialFailure(files: AttachmentResult[], reason: string | undefined): FileOutput[] {
	if (reason === undefined) {
		return files.map((file) =>
			file.outcome === 'failed' ? { ...file } : { ...file.attachment, outcome: 'sent' },
		);
	}
	const names = files.flatMap((file) =>
		file.outcome === 'ready' ? [file.attachment.id, file.attachment.name] : [],
	);
	const { exact, partial } = findNames(reason, names);
	return files.map((file) => {
		if (file.outcome === 'failed') return { ...file };
		const { id, name } = file.attachment;
		const isNamedIn = (found: Set<string>) => found.has(id) || found.has(name);
		if (isNamedIn(exact)) return { ...file.attachment, outcome: 'failed', error: reason };
		if (exact.size > 0 && !isNamedIn(partial)) return { ...file.attachment, outcome: 'sent' };
		return { ...file.attachment, outcome: 'unclear', error: reason };
	});
}

/** Whether text before or after a name belongs to the same word. A period does if more of the word follows. */
const ENDS_IN_WORD = /[\p{L}\p{N}_-]$|[\p{L}\p{N}_-]\.$/u;
const BEGINS_IN_WORD = /^[\p{L}\p{N}_-]|^\.[\p{L}\p{N}_-]/u;

/** The names that a text contains: `exact` as words of their own, `partial` only inside of longer words. */
function findNames(text: string, names: string[]): { exact: Set<string>; partial: Set<string> } {
	const exact = new Set<string>();
	const partial = new Set<string>();
	let remaining = text;
	// Longest first, and removed from the text: `my bill.pdf` doesn't name `bill.pdf`.
	for (const name of [...new Set(names)].sort((a, b) => b.length - a.length)) {
		const [first = '', ...following] = remaining.split(name);
		let before = first;
		for (const after of following) {
			const isWord = !ENDS_IN_WORD.test(before) && !BEGINS_IN_WORD.test(after);
			(isWord ? exact : partial).add(name);
			before += (isWord ? '\n' : name) + after;
		}
		remaining = before;
	}
	return { exact, partial };
}
