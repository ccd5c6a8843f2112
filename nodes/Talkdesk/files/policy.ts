import type { FileStream } from '../api/storage';
import { contradicts } from './signature';

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
 * @returns why the file is refused, or `undefined` where it may pass
 */
export function refusalOf(
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
export function signatureRefusalOf(type: string, head: Buffer): string | undefined {
	const actual = contradicts(bareType(type), head);
	return actual && `The file says it is ${bareType(type)}, but its bytes are ${actual}.`;
}

/** A file that was refused on its way. */
export class FileRefused extends Error {}

/**
 * Passes a stream on, and breaks it off where the policy is violated while it flows.
 *
 * @param passed is told how many bytes have passed, whenever some have
 * @throws FileRefused out of the stream
 */
export function guard(
	stream: FileStream,
	type: string,
	{ maxSize, checkSignature }: FilePolicy,
	passed: (size: number) => void,
): FileStream {
	let size = 0;
	// Not `compose`: in Node.js 20 an error in there ends the process.
	const guarded = stream.map((chunk: Buffer) => {
		if (size === 0 && checkSignature) {
			const refusal = signatureRefusalOf(type, chunk);
			if (refusal) throw new FileRefused(refusal);
		}
		size += chunk.length;
		passed(size);
		if (maxSize > 0 && size > maxSize) throw new FileRefused(tooLarge(maxSize));
		return chunk;
	});
	// It may break off before anybody reads it. Without a listener that would end the whole process; who reads gets the
	// error all the same.
	for (const each of [stream, guarded]) each.on('error', () => {});
	return guarded;
}

function tooLarge(maxSize: number): string {
	return `The file is larger than ${maxSize / 1_000_000} MB.`;
}

/** `text/plain` of `Text/Plain; charset=utf-8`. */
export function bareType(type: string): string {
	return (type.split(';')[0] ?? '').trim().toLowerCase();
}
