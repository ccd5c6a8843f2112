import type { IDataObject } from 'n8n-workflow';

import { getAttachment } from '../../api/attachments';
import { describeInStorage } from '../../files/download';
import { fileIn, filesOf } from '../../files/binaryFields';
import { cleanName, distinctNames } from '../../files/fileNames';
import { filePolicyOf, type filePolicyOptions } from '../../files/policyOptions';
import { UNKNOWN_TYPE } from '../../files/policy';
import { readLocalFile, uploadFile, type SentAttachment } from '../../files/upload';
import type { OperationContext } from '../operation';
import { mapWithConcurrency } from '../mapWithConcurrency';
import type { Delivery } from './deliver';

/** Where a file comes from, in words that are the same whenever the same file is gathered again. */
type Source =
	| { field: string; name: string; type: string; size: number }
	| { attachmentId: string };

/** What became of one file before the message went out. */
export type AttachmentResult =
	| { outcome: 'ready'; attachment: SentAttachment; source: Source }
	| { outcome: 'failed'; name: string; error: string };

/** How many files are on their way side by side. */
const CONCURRENCY = 3;

/**
 * Uploads the files of an item, some side by side, and looks up the attachments that are in Talkdesk already. Each file has
 * a name of its own in the message.
 *
 * @param wanted.fields names of input fields; `*` stands for all files of the item
 * @param wanted.ids of attachments
 * @returns what became of each, in the order of the fields, then of the ids; a failure is an outcome
 */
export async function collectAttachments(
	context: OperationContext<typeof filePolicyOptions>,
	wanted: { fields: string[]; ids: string[] },
): Promise<AttachmentResult[]> {
	const { functions, itemIndex, options } = context;
	const policy = filePolicyOf(options);
	const named = wanted.fields.flatMap((field) =>
		field === '*' ? [...filesOf(functions, itemIndex).keys()] : [field],
	);
	const fields = [...new Set(named)];
	const ownName = (field: string) => {
		try {
			return fileIn(functions, itemIndex, field).fileName || field;
		} catch {
			// What is missing says so when it is read.
			return field;
		}
	};
	const names = distinctNames(fields.map((field) => cleanName(ownName(field), field)));

	const uploads = fields.map((field, index) => ({
		name: ownName(field),
		run: async () => {
			const file = await readLocalFile(functions, itemIndex, field);
			const name = names[index] ?? file.name;
			const attachment = await uploadFile(context, { ...file, name }, { policy });
			const source = { field, name: file.name, type: file.type, size: file.size };
			return { attachment, source };
		},
	}));
	const lookups = [...new Set(wanted.ids)].filter(Boolean).map((attachmentId) => ({
		name: attachmentId,
		run: async () => ({
			attachment: await findAttachment(context, attachmentId),
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

/** An attachment with everything that a message must say of it. What Talkdesk doesn't know of it, its storage does. */
async function findAttachment(context: OperationContext, id: string): Promise<SentAttachment> {
	const { name, type, size } = await getAttachment(context.client, id);
	if (type !== undefined && size !== undefined) return { id, name, type, size };
	const stored = await describeInStorage(context, id).catch((error: unknown) => {
		if (size === undefined) throw error;
		return { type: undefined, size };
	});
	return { id, name, type: type ?? stored.type ?? UNKNOWN_TYPE, size: size ?? stored.size };
}

/**
 * What tells the files of a message apart from those of another: the ones that are ready, as they were before their upload.
 * The ids and names that an upload gives are new with every try. If another set of files is ready, it is another message.
 */
export function attachmentFingerprint(files: AttachmentResult[]): string[] {
	return files.flatMap((file) => (file.outcome === 'ready' ? [JSON.stringify(file.source)] : []));
}

/** The files of a message for the output, each with its outcome. */
export function attachmentsOutput(files: AttachmentResult[], delivery: Delivery): IDataObject[] {
	if (delivery.outcome === 'sent')
		return withPartialFailure(files, delivery.sent.partialFailReason);
	const outcome = delivery.outcome === 'unknown' ? 'unclear' : 'notSent';
	return files.map((file) =>
		file.outcome === 'failed' ? { ...file } : { ...file.attachment, outcome },
	);
}

/**
 * The outcome of each file. If Talkdesk took the message but not all of its attachments
 * (HTTP 206), it gives one reason for all: a file that the reason names has failed; if it names none, each is `unclear`, and
 * so is one whose name may be a part of another word there.
 */
function withPartialFailure(files: AttachmentResult[], reason: string | undefined): IDataObject[] {
	if (reason === undefined) {
		return files.map((file) =>
			file.outcome === 'failed' ? { ...file } : { ...file.attachment, outcome: 'sent' },
		);
	}
	const names = files.flatMap((file) =>
		file.outcome === 'ready' ? [file.attachment.id, file.attachment.name] : [],
	);
	const { whole, parts } = namedIn(reason, names);
	return files.map((file) => {
		if (file.outcome === 'failed') return { ...file };
		const { id, name } = file.attachment;
		const isIn = (found: Set<string>) => found.has(id) || found.has(name);
		if (isIn(whole)) return { ...file.attachment, outcome: 'failed', error: reason };
		if (whole.size > 0 && !isIn(parts)) return { ...file.attachment, outcome: 'sent' };
		return { ...file.attachment, outcome: 'unclear', error: reason };
	});
}

/** What goes on with a word; a point does, if more of a name follows. */
const BEFORE = /[\p{L}\p{N}_-]$|[\p{L}\p{N}_-]\.$/u;
const BEHIND = /^[\p{L}\p{N}_-]|^\.[\p{L}\p{N}_-]/u;

/** The names that stand in a text as words of their own, and those that are found as a part of something longer. */
function namedIn(text: string, names: string[]): { whole: Set<string>; parts: Set<string> } {
	const whole = new Set<string>();
	const parts = new Set<string>();
	let rest = text;
	// The longest first, and taken out: `bill.pdf` isn't named by `my bill.pdf`.
	for (const name of [...new Set(names)].sort((a, b) => b.length - a.length)) {
		const [before = '', ...behind] = rest.split(name);
		let left = before;
		for (const next of behind) {
			const isWord = !BEFORE.test(left) && !BEHIND.test(next);
			(isWord ? whole : parts).add(name);
			left += (isWord ? '\n' : name) + next;
		}
		rest = left;
	}
	return { whole, parts };
}
