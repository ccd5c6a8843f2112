import { createHmac, randomBytes } from 'node:crypto';
import { StorageError } from './errors.mts';
import { signaturePrefix } from './wire-log.mts';

export interface SignedLinks {
	/** Creates a link, valid for one method and one path until it expires. */
	sign(method: string, url: string, lifetimeSeconds: number): { url: string; expiresAt: number };
	/**
	 * Checks a request.
	 *
	 * @param url the original path and query string
	 * @throws StorageError 403 if the link is of another method or path, was changed, or has expired
	 */
	check(method: string, url: string): void;
}

/**
 * Creates pre-signed links like S3's, which authorize one operation each. The names of the query parameters are chosen here:
 * a client must not parse a link.
 *
 * @param now gives the time by which links expire, in ms
 */
export function createSignedLinks(now: () => number): SignedLinks {
	const key = randomBytes(32);
	const signatureOf = (method: string, path: string, expires: string) =>
		signaturePrefix +
		createHmac('sha256', key).update(`${method}\n${path}\n${expires}`).digest('base64url');

	return {
		sign(method, url, lifetimeSeconds) {
			const expiresAt = now() + lifetimeSeconds * 1000;
			const signed = new URL(url);
			signed.searchParams.set('Expires', String(expiresAt));
			const signature = signatureOf(method, signed.pathname, String(expiresAt));
			signed.searchParams.set('Signature', signature);
			return { url: signed.href, expiresAt };
		},
		check(method, url) {
			const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
			const expires = searchParams.get('Expires') ?? '';
			const signature = searchParams.get('Signature');
			if (signature === null) throw new StorageError(403, 'AccessDenied', 'Access Denied');
			if (signature !== signatureOf(method, pathname, expires)) {
				const text =
					'The request signature we calculated does not match the signature you provided';
				throw new StorageError(403, 'SignatureDoesNotMatch', text);
			}
			if (Number(expires) <= now()) {
				throw new StorageError(403, 'AccessDenied', 'Request has expired');
			}
		},
	};
}
