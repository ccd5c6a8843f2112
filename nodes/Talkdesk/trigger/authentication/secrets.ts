import { createHash, timingSafeEqual } from 'crypto';

import { trimPasted } from '../../api/settings';

/** Headers as Node.js gives them: lower-case names, a list where a header may be repeated. */
export type Headers = Record<string, string | string[] | undefined>;

/** A proxy may repeat a header; nobody repeats it more often. */
const MAX_COPIES = 5;

/**
 * Compares in constant time; hashing first makes the lengths equal, so that not even the length leaks.
 *
 * @param given anything; what isn't a text is never the same
 * @param expected the secret; an empty one is never the same as anything
 */
export function safeCompare(given: unknown, expected: string): boolean {
	if (typeof given !== 'string' || expected === '') return false;
	const digest = (value: string) => createHash('sha256').update(value.normalize()).digest();
	return timingSafeEqual(digest(given), digest(expected));
}

/**
 * Whether one of the readings of what was given is the secret, apart from white space around it.
 *
 * @param readings the same bytes in several encodings
 */
export function matchesSecret(readings: readonly string[], expected: string): boolean {
	return readings.map((reading) => safeCompare(trimPasted(reading), expected)).includes(true);
}

/**
 * What bytes may say. Nobody documents in which encoding Talkdesk sends letters outside of ASCII: UTF-8 is what servers ask
 * for today (RFC 7617), Latin-1 what HTTP had before.
 */
function decodings(bytes: Buffer): string[] {
	return [bytes.toString('utf8'), bytes.toString('latin1')];
}

/** The readings of a header's value: Node.js gives its bytes as Latin-1. */
export function headerDecodings(value: string): string[] {
	return decodings(Buffer.from(value, 'latin1'));
}

/**
 * A header's value when it came once, or several times with the same value: Node.js and proxies put commas between the
 * copies, and a value may have commas itself.
 *
 * @param isWanted whether a value is the one that is waited for
 */
export function everyCopy(value: string, isWanted: (copy: string) => boolean): boolean {
	const parts = value.split(',');
	for (let copies = 1; copies <= MAX_COPIES; copies++) {
		const size = parts.length / copies;
		if (!Number.isInteger(size)) continue;
		const all = Array.from({ length: copies }, (_, copy) =>
			parts.slice(copy * size, (copy + 1) * size).join(','),
		);
		if (!all.map(isWanted).includes(false)) return true;
	}
	return false;
}

/**
 * What follows the scheme in an `Authorization` header. Schemes are the same in any case (RFC 9110, section 11.1).
 *
 * @returns undefined where the header is missing, a list, or of another scheme; copies of the same value count as one
 */
export function parseAuthorization(headers: Headers, scheme: 'Basic' | 'Bearer') {
	const { authorization } = headers;
	if (typeof authorization !== 'string') return undefined;
	const [first = '', ...copies] = authorization.split(',').map((copy) => copy.trim());
	if (copies.some((copy) => copy !== first)) return undefined;
	const space = first.indexOf(' ');
	if (first.slice(0, space).toLowerCase() !== scheme.toLowerCase()) return undefined;
	return first.slice(space + 1).trim();
}

/** User and password, or client id and secret, as a Basic header has them. */
export interface BasicPair {
	user: string;
	password: string;
}

/** What a Basic header may say, in each encoding; nothing where it has no colon. */
export function parseBasic(encoded: string): BasicPair[] {
	return decodings(Buffer.from(encoded, 'base64')).flatMap((plain) => {
		const colon = plain.indexOf(':');
		return colon === -1 ? [] : [{ user: plain.slice(0, colon), password: plain.slice(colon + 1) }];
	});
}
