import { randomUUID } from 'node:crypto';
import { attachmentState, type Attachment } from './contract.mts';
import type { Files, StoredFile } from './file-store.mts';

/** An upload, from its link to its attachment. */
export interface Upload {
	requestId: string;
	/** undefined: any. */
	allowedTypes: string[] | undefined;
	/** `receiving`: bytes are arriving. `used`: there is, or was, an attachment of it. */
	state: 'waiting' | 'receiving' | 'received' | 'used';
	/** The received bytes. */
	content?: { type: string; file: StoredFile };
}

/** A stored attachment. */
export interface StoredAttachment extends Attachment {
	state: string;
	metadata: Record<string, string> | undefined;
	createdBy: 'api' | 'agent';
	file: StoredFile;
}

/** An attachment for tests. */
export interface AttachmentInfo extends Attachment {
	/** In hexadecimal. */
	sha256: string;
	state: string;
	/** `agent`: it belongs to a message of an agent. */
	createdBy: 'api' | 'agent';
}

/** The properties of a new attachment beside its bytes. */
type Description = Pick<StoredAttachment, 'name' | 'createdBy'> & {
	metadata?: Record<string, string> | undefined;
};

export interface Attachments {
	requestUpload(allowedTypes: string[] | undefined): Upload;
	upload(requestId: string): Upload | undefined;
	/** Receives the bytes of an upload. If that fails, the upload waits again. */
	receive(upload: Upload, type: string, source: AsyncIterable<Buffer>): Promise<void>;
	/** Creates an attachment from stored bytes. */
	create(content: { type: string; file: StoredFile }, description: Description): StoredAttachment;
	/** Stores the bytes and creates an attachment. */
	store(
		content: { type: string; source: AsyncIterable<Buffer> },
		description: Description,
	): Promise<StoredAttachment>;
	/** Oldest first. */
	all(): StoredAttachment[];
	get(id: string): StoredAttachment | undefined;
	remove(attachment: StoredAttachment): Promise<void>;
}

/**
 * Creates the store of uploads and attachments. It validates nothing: its callers have done so.
 *
 * @param changed is called after every change
 */
export function createAttachments(files: Files, changed: () => void): Attachments {
	const uploads = new Map<string, Upload>();
	const attachments = new Map<string, StoredAttachment>();

	const store: Attachments = {
		requestUpload(allowedTypes) {
			const upload: Upload = { requestId: randomUUID(), allowedTypes, state: 'waiting' };
			uploads.set(upload.requestId, upload);
			changed();
			return upload;
		},
		upload: (requestId) => uploads.get(requestId),
		async receive(upload, type, source) {
			upload.state = 'receiving';
			try {
				upload.content = { type, file: await files.store(source) };
				upload.state = 'received';
			} catch (error) {
				upload.state = 'waiting';
				throw error;
			} finally {
				changed();
			}
		},
		create({ type, file }, { name, metadata, createdBy }) {
			const id = randomUUID();
			const state = attachmentState;
			const attachment = { id, name, type, size: file.size, state, metadata, createdBy, file };
			attachments.set(id, attachment);
			changed();
			return attachment;
		},
		async store({ type, source }, description) {
			return store.create({ type, file: await files.store(source) }, description);
		},
		all: () => [...attachments.values()],
		get: (id) => attachments.get(id),
		async remove({ id, file }) {
			attachments.delete(id);
			changed();
			await files.remove(file);
		},
	};
	return store;
}

/** An attachment as in Send and in webhook calls. */
export function attachmentReference({ id, name, type, size }: Attachment): Attachment {
	return { id, name, type, size };
}

/** An attachment for tests. */
export function attachmentInfo({ file, ...attachment }: StoredAttachment): AttachmentInfo {
	const { state, createdBy } = attachment;
	return { ...attachmentReference(attachment), sha256: file.sha256, state, createdBy };
}
