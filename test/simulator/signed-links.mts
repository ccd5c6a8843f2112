import { createHmac, randomBytes } from 'node:crypto';
import { StorageRefusal } from './errors.mts';
import { signaturePrefix } from './wire-log.mts';

export interface SignedLinks {
	/** Makes a link, good for one method and one path until it ends. */
	sign(method: string, url: string, lifetimeSeconds: number): { url: string; expiresAt: number };
	/**
	 * Checks a request.
	 *
	 * @param url path and query string, as they came
	 * @throws StorageRefusal 403 when the link is of another method or path, was changed, or has ended
	 */
	check(method: string, url: string): void;
}

/**
 * Makes pre-signed links in the manner of S3: whoever has one may do that one thing. The names of the query parameters are
 * ours, as nobody may look into a link.
 *
 * @param now gives the time by which links end, in ms
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
			if (signature === null) throw new StorageRefusal(403, 'AccessDenied', 'Access Denied');
			if (signature !== signatureOf(method, pathname, expires)) {
				const text =
					'The request signature we calculated does not match the signature you provided';
				throw new StorageRefusal(403, 'SignatureDoesNotMatch', text);
			}
			if (Number(expires) <= now()) {
				throw new StorageRefusal(403, 'AccessDenied', 'Request has expired');
			}
		},
	};
}
