import { randomUUID } from 'node:crypto';
import { attachmentState, type Attachment } from './contract.mts';
import type { Files, StoredFile } from './files.mts';

/** What an upload link was given out for. */
export interface Upload {
	requestId: string;
	/** undefined: any. */
	allowedTypes: string[] | undefined;
	/** `receiving`: somebody is sending bytes. `used`: there is, or was, an attachment of it. */
	state: 'waiting' | 'receiving' | 'received' | 'used';
	/** What came, once it has come. */
	content?: { type: string; file: StoredFile };
}

/** An attachment as the local Talkdesk keeps it. */
export interface KeptAttachment extends Attachment {
	state: string;
	metadata: Record<string, string> | undefined;
	createdBy: 'api' | 'agent';
	file: StoredFile;
}

/** An attachment as a test sees it. */
export interface AttachmentInfo extends Attachment {
	/** In hexadecimal. */
	sha256: string;
	state: string;
	/** `agent`: it came with what an agent said. */
	createdBy: 'api' | 'agent';
}

/** What is said of a new attachment beside its bytes. */
type Description = Pick<KeptAttachment, 'name' | 'createdBy'> & {
	metadata?: Record<string, string> | undefined;
};

export interface Attachments {
	requestUpload(allowedTypes: string[] | undefined): Upload;
	upload(requestId: string): Upload | undefined;
	/** Takes the bytes for an upload. When they don't come through, the upload waits again. */
	receive(upload: Upload, type: string, source: AsyncIterable<Buffer>): Promise<void>;
	/** Makes an attachment of bytes that are there. */
	create(content: { type: string; file: StoredFile }, description: Description): KeptAttachment;
	/** Writes the bytes and makes an attachment of them. */
	store(
		content: { type: string; source: AsyncIterable<Buffer> },
		description: Description,
	): Promise<KeptAttachment>;
	/** Oldest first. */
	all(): KeptAttachment[];
	get(id: string): KeptAttachment | undefined;
	remove(attachment: KeptAttachment): Promise<void>;
}

/**
 * Makes the store of uploads and attachments. It keeps, and checks nothing: whoever writes has checked.
 *
 * @param changed is called after every change
 */
export function createAttachments(files: Files, changed: () => void): Attachments {
	const uploads = new Map<string, Upload>();
	const attachments = new Map<string, KeptAttachment>();

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

/** What Send and the calls to n8n say of an attachment. */
export function mention({ id, name, type, size }: Attachment): Attachment {
	return { id, name, type, size };
}

/** What a test sees of an attachment. */
export function inform({ file, ...attachment }: KeptAttachment): AttachmentInfo {
	const { state, createdBy } = attachment;
	return { ...mention(attachment), sha256: file.sha256, state, createdBy };
}
