import type { FileStream } from '../api/storage';
import { detectFormatMismatch, HEAD_SIZE } from './signature';

/** The type of a file of which nobody knows what it is. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** Which files may pass, in either direction. Talkdesk scans nothing and documents no limits. */
export interface FilePolicy {
	/** `image/png`, or `image/*`; an empty list allows all. */
	allowedMimeTypes: string[];
	/** Bytes; 0 for no limit. */
	maxSize: number;
	/** Whether a file is refused whose bytes contradict its type. */
	checkSignature: boolean;
}

/**
 * Checks what is known of a file before its bytes move.
 *
 * @returns why the file is refused, or `undefined` if it may pass
 */
export function policyViolation(
	{ type, size }: { type: string; size?: number },
	{ allowedMimeTypes, maxSize }: FilePolicy,
): string | undefined {
	const bare = bareType(type);
	const isAllowed =
		allowedMimeTypes.length === 0 ||
		allowedMimeTypes.some((allowed) =>
			allowed.endsWith('/*') ? bare.startsWith(allowed.slice(0, -1)) : bare === allowed,
		);
	if (!isAllowed)
		return `Files of the type ${bare} are not allowed (${allowedMimeTypes.join(', ')}).`;
	if (maxSize > 0 && size !== undefined && size > maxSize) return tooLarge(maxSize);
	return undefined;
}

/** Checks the first bytes of a file. @returns why it is refused, or `undefined` */
export function signatureMismatch(type: string, head: Buffer): string | undefined {
	const actual = detectFormatMismatch(bareType(type), head);
	return actual && `The file says it is ${bareType(type)}, but its bytes are ${actual}.`;
}

/** A file that was refused on its way. */
export class FileRejectedError extends Error {}

/** A stream that is watched while it flows. */
interface Guarded {
	stream: FileStream;
	/**
	 * To be called when all of it has come: a file may be over before there are enough bytes to judge it by.
	 *
	 * @throws FileRefused
	 */
	finish(): void;
}

/**
 * Passes a stream on, and breaks it off if the policy is violated while it flows.
 *
 * @param passed is told how many bytes have passed, whenever some have
 * @throws FileRefused out of the stream
 */
export function enforcePolicy(
	source: FileStream,
	type: string,
	{ maxSize, checkSignature }: FilePolicy,
	passed: (size: number) => void,
): Guarded {
	let size = 0;
	let head: Buffer = Buffer.alloc(0);
	const judge = () => {
		const refusal = checkSignature ? signatureMismatch(type, head) : undefined;
		if (refusal) throw new FileRejectedError(refusal);
	};
	// Not `compose`: in Node.js 20 an error in there ends the process.
	const stream = source.map((chunk: Buffer) => {
		if (head.length < HEAD_SIZE) {
			// The chunks of a network are as long as they like: one byte, if need be.
			head = Buffer.concat([head, chunk.subarray(0, HEAD_SIZE - head.length)]);
			if (head.length === HEAD_SIZE) judge();
		}
		size += chunk.length;
		passed(size);
		if (maxSize > 0 && size > maxSize) throw new FileRejectedError(tooLarge(maxSize));
		return chunk;
	});
	// It may break off before anybody reads it. Without a listener that would end the whole process; who reads gets the
	// error all the same.
	for (const each of [source, stream]) each.on('error', () => {});
	return { stream, finish: judge };
}

function tooLarge(maxSize: number): string {
	return `The file is larger than ${maxSize / 1_000_000} MB.`;
}

/** `text/plain` of `Text/Plain; charset=utf-8`. */
export function bareType(type: string): string {
	return (type.split(';')[0] ?? '').trim().toLowerCase();
}
