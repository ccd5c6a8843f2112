import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { OAuthError } from './errors.mts';
import type { Settings } from './options.mts';

type Client = Settings['clients'][number];

/** The only value of `client_assertion_type` (reference/cc-jwt). */
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds from `iat` to `exp` (reference/cc-jwt). */
const lifetime = 300;
/** Seconds that the clock of a client may be ahead. Not documented. */
const skew = 60;

const header = z.object({ alg: z.literal('ES256'), kid: z.string().min(1) }).strict();
const claims = z
	.object({
		jti: z.string().uuid(),
		iss: z.string(),
		sub: z.string(),
		aud: z.string(),
		iat: z.number().int(),
		exp: z.number().int(),
	})
	.strict();

/** Verifies the assertions of clients that sign (reference/cc-jwt), and remembers them: none is accepted twice. */
export function createAssertions() {
	const seen = new Set<string>();

	/**
	 * @param now milliseconds
	 * @returns the client that has signed the assertion
	 * @throws OAuthError 400 for another type, 401 that says what is wrong with the assertion
	 */
	return function verifyAssertion(
		{ type, assertion }: { type: string | undefined; assertion: string | undefined },
		{ clients, tokenUrl, now }: { clients: Client[]; tokenUrl: string; now: number },
	): Client {
		if (type !== assertionType || assertion === undefined) {
			throw new OAuthError(400, 'invalid_request', 'Not valid: client_assertion_type');
		}
		const [head = '', body = '', signature = '', ...rest] = assertion.split('.');
		const readHeader = header.safeParse(decode(head));
		const readClaims = claims.safeParse(decode(body));
		if (rest.length > 0 || !readHeader.success || !readClaims.success) {
			throw refusal('the assertion is not a JWT with the documented header and claims');
		}
		const { kid } = readHeader.data;
		const { jti, iss, sub, aud, iat, exp } = readClaims.data;
		const client = clients.find(({ id }) => id === iss && id === sub);
		if (!client) throw refusal('iss and sub are not a known client');
		const key = client.keys.find(({ id }) => id === kid);
		if (!key) throw refusal('kid is not a key of the client');
		const isSigned = verify(
			'sha256',
			Buffer.from(`${head}.${body}`),
			{ key: createPublicKey(key.publicKey), dsaEncoding: 'ieee-p1363' },
			Buffer.from(signature, 'base64url'),
		);
		if (!isSigned) throw refusal('the signature is not valid');
		if (aud !== tokenUrl) throw refusal('aud is not the token URL');
		const seconds = Math.floor(now / 1000);
		if (iat > seconds + skew) throw refusal('iat is in the future');
		if (exp !== iat + lifetime) throw refusal(`exp is not ${lifetime} seconds after iat`);
		if (exp <= seconds) throw refusal('the assertion has expired');
		if (seen.has(jti)) throw refusal('jti was used before');
		seen.add(jti);
		return client;
	};
}

function refusal(reason: string): OAuthError {
	return new OAuthError(401, 'invalid_client', `Client authentication failed: ${reason}`);
}

function decode(part: string): unknown {
	try {
		const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
		return value;
	} catch {
		return undefined;
	}
}
