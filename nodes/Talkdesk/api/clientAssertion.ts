import { randomUUID, sign } from 'crypto';

import type { SigningKey } from './privateKey';

/** Seconds until an assertion expires. */
const LIFETIME = 300;

/**
 * A new assertion of a client: a JWT, signed with ES256. A server may accept each one only once.
 *
 * Source: docs.talkdesk.com/reference/cc-jwt.
 *
 * @param audience the token URL
 */
export function clientAssertion({
	clientId,
	keyId,
	key,
	audience,
}: {
	clientId: string;
	keyId: string;
	key: SigningKey;
	audience: string;
}): string {
	const issuedAt = Math.floor(Date.now() / 1000);
	const header = { alg: 'ES256', kid: keyId };
	const claims = {
		jti: randomUUID(),
		iss: clientId,
		sub: clientId,
		aud: audience,
		iat: issuedAt,
		exp: issuedAt + LIFETIME,
	};
	const content = [header, claims].map(encode).join('.');
	// The form of a signature in a JWT (RFC 7518, section 3.4), not OpenSSL's.
	const signature = sign('sha256', Buffer.from(content), {
		key: key.key,
		dsaEncoding: 'ieee-p1363',
	});
	return `${content}.${signature.toString('base64url')}`;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
