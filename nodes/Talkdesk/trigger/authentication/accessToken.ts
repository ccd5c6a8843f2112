import { createHmac } from 'crypto';
import { z } from 'zod';

import { safeCompare } from './secrets';

/** Seconds that a token is good for: as long as Talkdesk's own. */
export const TOKEN_SECONDS = 600;

/** Processes of one n8n may run on several machines, whose clocks are never quite the same. */
const CLOCK_SKEW_SECONDS = 5;

const encode = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');

/** The only header that is accepted, byte by byte: there is no algorithm to choose, so none to confuse. */
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

const claimsSchema = z.object({ aud: z.string(), iat: z.number().int(), exp: z.number().int() });

/** Who a token is made for. All of it is in the signature's key or in the token, so nothing has to be stored. */
export interface TokenClient {
	clientId: string;
	clientSecret: string;
	/** The trigger whose calls the token lets in. */
	audience: string;
}

/**
 * Makes an access token: a JWT (RFC 7519) that every process of n8n can check without asking another one.
 *
 * @param now milliseconds since 1970
 */
export function issueAccessToken(subject: TokenClient, now: number): string {
	const iat = Math.floor(now / 1000);
	const claims = encode({ aud: subject.audience, iat, exp: iat + TOKEN_SECONDS });
	return `${HEADER}.${claims}.${sign(subject, claims)}`;
}

/**
 * Whether a token was made by `issueToken` for the same client and the same trigger, and is still good. Never throws.
 *
 * @param token anything that came in place of a token
 * @param now milliseconds since 1970
 */
export function verifyAccessToken(token: unknown, subject: TokenClient, now: number): boolean {
	if (subject.clientId === '' || subject.clientSecret === '' || typeof token !== 'string') {
		return false;
	}
	const [header = '', claims = '', ...rest] = token.split('.');
	// The signature is compared as text: base64url has several spellings of the same bytes, and one is enough.
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

/** The key depends on id and secret: a token ends with either of them. The label keeps it apart from any other use. */
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
