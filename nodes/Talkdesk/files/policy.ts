import type { FileStream } from '../api/fileStorage';
import { detectFormatMismatch, HEAD_SIZE } from './magicBytes';

/** The MIME type of a file without one. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** Which files are accepted, in both directions. Talkdesk scans no files and documents no limits. */
export interface FilePolicy {
	/** Such as `image/png` or `image/*`; an empty list accepts all. */
	allowedMimeTypes: string[];
	/** Bytes; 0 for no limit. */
	maxSize: number;
	/** Whether to reject files whose first bytes contradict their type. */
	checkSignature: boolean;
}

/** Why the policy rejects a file, before the transfer; undefined if it accepts it. */
export function policyViolation(
	{ type, size }: { type: string; size?: number },
	{ allowedMimeTypes, maxSize }: FilePolicy,
): string | undefined {
	const mimeType = mimeTypeOf(type);
	const isAllowed =
		allowedMimeTypes.length === 0 ||
		allowedMimeTypes.some((allowed) =>
			allowed.endsWith('/*') ? mimeType.startsWith(allowed.slice(0, -1)) : mimeType === allowed,
		);
	if (!isAllowed)
		return `Files of type ${mimeType} are not allowed. Allowed types: ${allowedMimeTypes.join(', ')}.`;
	if (maxSize > 0 && size !== undefined && size > maxSize) return tooLarge(maxSize);
	return undefined;
}

/** Why the first bytes of a file contradict its type; undefined if they don't. */
export function signatureMismatch(type: string, head: Buffer): string | undefined {
	const actual = detectFormatMismatch(mimeTypeOf(type), head);
	return actual && `The type of the file is ${mimeTypeOf(type)}, but its content is ${actual}.`;
}

/** The policy rejects a file. The message is for the user. */
export class FileRejectedError extends Error {}

interface CheckedStream {
	stream: FileStream;
	/**
	 * Must be called after the last byte: a short file is only checked then.
	 *
	 * @throws FileRejectedError
	 */
	finish(): void;
}

/**
 * A stream that fails with a FileRejectedError as soon as its content violates the policy.
 *
 * @param onProgress called with the number of bytes so far
 */
export function enforcePolicy(
	source: FileStream,
	type: string,
	{ maxSize, checkSignature }: FilePolicy,
	onProgress: (size: number) => void,
): CheckedStream {
	let size = 0;
	let head: Buffer = Buffer.alloc(0);
	const checkHead = () => {
		const mismatch = checkSignature ? signatureMismatch(type, head) : undefined;
		if (mismatch) throw new FileRejectedError(mismatch);
	};
	// Not `compose`: docs/decisions/0024.
	const stream = source.map((chunk: Buffer) => {
		if (head.length < HEAD_SIZE) {
			// A chunk may be as short as one byte.
			head = Buffer.concat([head, chunk.subarray(0, HEAD_SIZE - head.length)]);
			if (head.length === HEAD_SIZE) checkHead();
		}
		size += chunk.length;
		onProgress(size);
		if (maxSize > 0 && size > maxSize) throw new FileRejectedError(tooLarge(maxSize));
		return chunk;
	});
	// Without a listener, an error before the first read would end the process. Readers still receive it.
	for (const each of [source, stream]) each.on('error', () => {});
	return { stream, finish: checkHead };
}

function tooLarge(maxSize: number): string {
	return `The file is larger than ${maxSize / 1_000_000} MB.`;
}

/** The MIME type in lower case, without parameters: `text/plain` for `Text/Plain; charset=utf-8`. */
export function mimeTypeOf(type: string): string {
	return (type.split(';')[0] ?? '').trim().toLowerCase();
}
