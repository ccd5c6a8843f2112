import { createHash, timingSafeEqual } from 'crypto';

import { trimPasted } from '../../api/settings';

/** Headers as Node.js gives them: lower-case names, and a list if a header may be repeated. */
export type Headers = Record<string, string | string[] | undefined>;

/** How often a proxy may repeat a header. */
const MAX_COPIES = 5;

/**
 * Compares a value with a secret in constant time. Both are hashed first, so that not even the length leaks.
 *
 * @param given anything; only a text can be equal
 * @param expected the secret; nothing equals an empty one
 */
export function safeCompare(given: unknown, expected: string): boolean {
	if (typeof given !== 'string' || expected === '') return false;
	const digest = (value: string) => createHash('sha256').update(value.normalize()).digest();
	return timingSafeEqual(digest(given), digest(expected));
}

/**
 * Whether one of the decodings is the secret, apart from white space around it.
 *
 * @param readings the same bytes, decoded in several encodings
 */
export function matchesSecret(readings: readonly string[], expected: string): boolean {
	return readings.map((reading) => safeCompare(trimPasted(reading), expected)).includes(true);
}

/**
 * The possible texts of some bytes. Talkdesk doesn't document its encoding beyond ASCII: servers ask for UTF-8 today
 * (RFC 7617), and HTTP used Latin-1 before.
 */
function decodings(bytes: Buffer): string[] {
	return [bytes.toString('utf8'), bytes.toString('latin1')];
}

/** The possible texts of a header's value. Node.js gives its bytes as Latin-1. */
export function headerDecodings(value: string): string[] {
	return decodings(Buffer.from(value, 'latin1'));
}

/**
 * Whether every copy of a repeated header passes a check. Node.js and proxies put commas between the copies, and a value may
 * have commas itself.
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
 * The credentials behind the scheme of an `Authorization` header. Schemes are case-insensitive (RFC 9110, section 11.1).
 *
 * @returns undefined if the header is missing, a list, or has another scheme; copies of the same value count as one
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

/** User and password, or client ID and secret, of a Basic header. */
export interface BasicPair {
	user: string;
	password: string;
}

/** The possible pairs of a Basic header, one per encoding; none without a colon. */
export function parseBasic(encoded: string): BasicPair[] {
	return decodings(Buffer.from(encoded, 'base64')).flatMap((plain) => {
		const colon = plain.indexOf(':');
		return colon === -1 ? [] : [{ user: plain.slice(0, colon), password: plain.slice(colon + 1) }];
	});
}
