import { createHash, timingSafeEqual } from 'crypto';

/** Headers as Node.js gives them: lower-case names, a list where a header may be repeated. */
export type Headers = Record<string, string | string[] | undefined>;

/**
 * Compares in constant time; hashing first makes the lengths equal, so that not even the length leaks.
 *
 * @param given anything; what isn't a text is never the same
 * @param expected the secret; an empty one is never the same as anything
 */
export function isSame(given: unknown, expected: string): boolean {
	if (typeof given !== 'string' || expected === '') return false;
	const digest = (value: string) => createHash('sha256').update(value).digest();
	return timingSafeEqual(digest(given), digest(expected));
}

/**
 * What follows the scheme in an `Authorization` header. Schemes are the same in any case (RFC 9110, section 11.1).
 *
 * @returns undefined where the header is missing, a list, or of another scheme
 */
export function readAuthorization(headers: Headers, scheme: 'Basic' | 'Bearer') {
	const { authorization } = headers;
	if (typeof authorization !== 'string') return undefined;
	const space = authorization.indexOf(' ');
	if (authorization.slice(0, space).toLowerCase() !== scheme.toLowerCase()) return undefined;
	return authorization.slice(space + 1).trim();
}
