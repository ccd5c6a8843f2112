import { createHmac } from 'crypto';
import { z } from 'zod';

import { safeCompare } from './compareSecrets';

/** The lifetime of a token, in seconds: the same as Talkdesk's own. */
export const TOKEN_SECONDS = 600;

/** Processes of one n8n may run on several machines, whose clocks differ a little. */
const CLOCK_SKEW_SECONDS = 5;

const encode = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');

/** The only accepted header, byte by byte: with no algorithm to choose there is none to confuse. */
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

const claimsSchema = z.object({ aud: z.string(), iat: z.number().int(), exp: z.number().int() });

/** The client of a token. All of it is in the signing key or in the token, so nothing has to be stored. */
export interface TokenClient {
	clientId: string;
	clientSecret: string;
	/** The trigger for which the token is valid. */
	audience: string;
}

/**
 * Issues an access token: a JWT (RFC 7519), which every process of n8n can verify by itself.
 *
 * @param now milliseconds since 1970
 */
export function issueAccessToken(subject: TokenClient, now: number): string {
	const iat = Math.floor(now / 1000);
	const claims = encode({ aud: subject.audience, iat, exp: iat + TOKEN_SECONDS });
	return `${HEADER}.${claims}.${sign(subject, claims)}`;
}

/**
 * Verifies a token: issued by `issueAccessToken` for this client and this trigger, and not expired. Never throws.
 *
 * @param token anything
 * @param now milliseconds since 1970
 */
export function verifyAccessToken(token: unknown, subject: TokenClient, now: number): boolean {
	if (subject.clientId === '' || subject.clientSecret === '' || typeof token !== 'string') {
		return false;
	}
	const [header = '', claims = '', ...rest] = token.split('.');
	// Compared as text: base64url has several spellings of the same bytes, and one is enough.
	const isSigned = safeCompare(rest.join('.'), sign(subject, claims));
	if (header !== HEADER || !isSigned) return false;
	const parsed = claimsSchema.safeParse(parse(claims));
	if (!parsed.success) return false;
	const { aud, iat, exp } = parsed.data;
	const seconds = now / 1000;
	return (
		safeCompare(aud, subject.audience) &&
		iat <= seconds + CLOCK_SKEW_SECONDS &&
		seconds < exp + CLOCK_SKEW_SECONDS
	);
}

/** Signs with a key made of ID and secret: a change of either ends the token. The label separates it from any other use. */
function sign({ clientId, clientSecret }: TokenClient, claims: string): string {
	const key = createHmac('sha256', clientSecret)
		.update(`Talkdesk Trigger access token\n${clientId}`)
		.digest();
	return createHmac('sha256', key).update(`${HEADER}.${claims}`).digest('base64url');
}

function parse(claims: string): unknown {
	try {
		return JSON.parse(Buffer.from(claims, 'base64url').toString());
	} catch {
		return undefined;
	}
}
