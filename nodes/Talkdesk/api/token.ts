import { createHash } from 'crypto';
import type { IHttpRequestHelper } from 'n8n-workflow';
import { ApplicationError } from 'n8n-workflow';
import { z } from 'zod';

import { isTransientStatus, isPassingNetworkError, networkErrorCode } from './problem';
import { DEFAULT_RETRY_LIMITS, readRetryAfter, retrying, type RetryAdvice } from './retry';
import { redact } from './redact';
import { readSettings, type TalkdeskSettings } from './settings';

/** Scopes as a text with blanks (RFC 6749), or as a list. An empty one says nothing. */
const scopesSchema = z
	.union([
		z.string().transform((text) => text.split(/[\s,]+/)),
		z.array(z.unknown()).transform((list) => list.filter((entry) => typeof entry === 'string')),
	])
	.transform((scopes) => scopes.filter(Boolean))
	.transform((scopes) => (scopes.length > 0 ? scopes : undefined))
	.optional()
	.catch(undefined);

const tokenSchema = z
	.object({ access_token: z.string().min(1), scope: scopesSchema, scopes: scopesSchema })
	.passthrough();

/** Talkdesk's tokens are JWTs with their scopes in `scp` (seen in public code; not documented). */
const claimsSchema = z.object({ scp: scopesSchema, scope: scopesSchema });

const responseSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** Milliseconds. Short: many requests wait for the one that fetches the token. */
const TOKEN_TIMEOUT = 10_000;

const said = z
	.union([z.string().min(1), z.object({ message: z.string() }).transform(({ message }) => message)])
	.optional()
	.catch(undefined);
const tokenErrorSchema = z
	.object({ error: said, error_description: said, message: said, description: said })
	.passthrough();

/** A bearer token of Talkdesk. */
export interface Token {
	accessToken: string;
	/** What the client was granted; undefined where neither the answer nor the token says it: what was asked for. */
	scopes: string[] | undefined;
}

/** What came back from the token URL: a status and the parsed body, or the network's error code. */
export type TokenAnswer =
	| { status: number; body: unknown; /** Milliseconds */ retryAfter?: number }
	| { networkError: string };

export type TokenResult =
	| { ok: true; token: Token }
	| { ok: false; problem: string; reason: 'client' | 'account' | 'forbidden' | 'unreachable' };

/**
 * The request for a token: client credentials with HTTP Basic, and no `scope`, so that the token carries every scope
 * that the client was granted. Source: docs.talkdesk.com/reference/cc-basic.
 */
export function tokenRequest(settings: TalkdeskSettings) {
	const basic = basicOf(settings.clientId, settings.clientSecret);
	return {
		method: 'POST' as const,
		url: settings.tokenUrl,
		headers: {
			Authorization: `Basic ${basic}`,
			Accept: 'application/json',
			'Content-Type': 'application/x-www-form-urlencoded',
		},
		body: 'grant_type=client_credentials',
	};
}

/** The value of a Basic header. */
export function basicOf(clientId: string, clientSecret: string): string {
	return Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
}

/**
 * Reads the answer of the token URL.
 *
 * @returns the token, or a sentence for the user: Talkdesk's own `error_description` where there is one.
 * Source: docs.talkdesk.com/reference/cc-basic; that an unknown account shows as a host that doesn't exist or as a
 * 404 is inferred, since the account is a part of the host name.
 */
export function readToken(answer: TokenAnswer, settings: TalkdeskSettings): TokenResult {
	const host = new URL(settings.tokenUrl).host;
	if ('networkError' in answer) {
		return answer.networkError === 'ENOTFOUND'
			? unknownAccount(host)
			: {
					ok: false,
					reason: 'unreachable',
					problem: `Talkdesk could not be reached at ${host} (${answer.networkError}). Check the network of n8n, or try again later.`,
				};
	}
	const { status, body } = answer;
	const token = tokenSchema.safeParse(body);
	if (status === 200 && token.success) {
		const { access_token, scope, scopes } = token.data;
		const granted = scope ?? scopes ?? readScopes(access_token);
		return { ok: true, token: { accessToken: access_token, scopes: granted } };
	}
	if (status === 404) return unknownAccount(host);

	const refusal = readRefusal(body, settings);
	if (status === 400 || status === 401 || (status === 200 && hasError(body))) {
		return {
			ok: false,
			reason: 'client',
			problem: `Talkdesk refused the client: ${refusal ?? `HTTP ${status}`}. Check Client ID and Client Secret (Talkdesk: Builder > OAuth Clients).`,
		};
	}
	if (status === 403) {
		return {
			ok: false,
			reason: 'forbidden',
			problem: `Talkdesk refused to issue a token (${refusal ?? 'HTTP 403'}). The account may only allow certain IP addresses: ask your Talkdesk administrator to allow the address of n8n.`,
		};
	}
	if (typeof body === 'string' && /^\s*<(?:!doctype|html)/i.test(body)) {
		return {
			ok: false,
			reason: 'unreachable',
			problem: `${host} answered with a web page instead of a token (HTTP ${status}). Something between n8n and Talkdesk may have answered, a proxy or its login page: check the network of n8n, then Region and Account Name or Token URL.`,
		};
	}
	return {
		ok: false,
		reason: 'unreachable',
		problem: `${host} gave no token (${refusal ?? `HTTP ${status}`}). Check Region and Account Name, or try again later.`,
	};
}

/** The scopes that a token has itself, when it is a JWT that says so. Nobody relies on them for safety: Talkdesk checks. */
function readScopes(token: string): string[] | undefined {
	try {
		const claims: unknown = JSON.parse(
			Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
		);
		const parsed = claimsSchema.safeParse(claims);
		return parsed.success ? (parsed.data.scp ?? parsed.data.scope) : undefined;
	} catch {
		return undefined;
	}
}

/** Whether a body is an error, whatever the status says (RFC 6749, section 5.2, wants a 400). */
function hasError(body: unknown): boolean {
	const parsed = tokenErrorSchema.safeParse(body);
	return parsed.success && (parsed.data.error ?? parsed.data.error_description) !== undefined;
}

/** Talkdesk's own words in an error's body, without the secrets of the request. */
function readRefusal(
	body: unknown,
	{ clientId, clientSecret }: TalkdeskSettings,
): string | undefined {
	const parsed = tokenErrorSchema.safeParse(body);
	if (!parsed.success) return undefined;
	const { error, error_description, message, description } = parsed.data;
	const words = error_description ?? description ?? message ?? error;
	return words && redact(words, [clientSecret, basicOf(clientId, clientSecret)]);
}

function unknownAccount(host: string): TokenResult {
	return {
		ok: false,
		reason: 'account',
		problem: `There is no Talkdesk account at ${host}. Check Account Name and Region: the account is the first part of the URL you use to open Talkdesk.`,
	};
}

/** What n8n keeps with the credential. */
export interface KeptToken {
	accessToken: string;
	/** Whose token it is: a hash of token URL and client, since a credential may be edited while it holds a token. */
	accessTokenOwner: string;
}

interface SharedToken {
	promise: Promise<KeptToken>;
	/** Set once the promise is fulfilled. */
	accessToken?: string;
	/** Milliseconds since 1970; the time of the request until there is an answer. */
	fetchedAt: number;
}

/**
 * The newest token that this process fetched, by client. n8n keeps the token with the credential, for all workers; what
 * it lacks is a lock: of many requests that find no token, or an expired one, each would fetch one of its own.
 */
const newestTokens = new Map<string, SharedToken>();

/** Requests that started with the old token come back with a 401 within this time of each other, in milliseconds. */
const SHARE_FOR = 30_000;

function clientKey({ tokenUrl, clientId, clientSecret }: TalkdeskSettings): string {
	return createHash('sha256')
		.update(JSON.stringify([tokenUrl, clientId, clientSecret]))
		.digest('base64');
}

/** Talkdesk gives no token for this credential, or the credential is incomplete: the message says why, for the user. */
export class TokenRefusedError extends ApplicationError {
	constructor(
		problem: string,
		/** Nothing is wrong with the credential: it may work at another time. */
		readonly isPassing = false,
	) {
		super(problem, { level: 'warning' });
	}
}

/**
 * A token for n8n to keep with the credential. Called by n8n where the credential holds none, or after Talkdesk
 * answered 401 to the one it holds.
 *
 * @param helper n8n's HTTP helper
 * @param credential the decrypted credential, with the refused token (or none) in `accessToken`
 * @returns the access token and whose it is. Requests that ask side by side get the same one: one token per lifetime.
 * @throws TokenRefusedError
 */
export async function fetchAccessToken(
	helper: IHttpRequestHelper,
	credential: unknown,
): Promise<KeptToken> {
	const result = readSettings(credential);
	if (!result.ok) throw new TokenRefusedError(result.problem);
	const { settings } = result;

	const key = clientKey(settings);
	const newest = newestTokens.get(key);
	if (newest && newest.accessToken === undefined) return await newest.promise;
	if (newest && newest.accessToken !== settings.accessToken) {
		if (Date.now() - newest.fetchedAt < SHARE_FOR) return await newest.promise;
	}

	const shared: SharedToken = {
		promise: requestToken(helper, settings).then(({ accessToken }) => {
			Object.assign(shared, { accessToken, fetchedAt: Date.now() });
			return { accessToken, accessTokenOwner: key };
		}),
		fetchedAt: Date.now(),
	};
	newestTokens.set(key, shared);
	// A failure isn't kept: the next request asks again. Until then nobody could put another one here.
	shared.promise.catch(() => newestTokens.delete(key));
	return await shared.promise;
}

/** Milliseconds in which one new token has to do for all requests that are refused with 403. */
const RENEW_AFTER = 2000;

/** Lets the next request that has no token fetch a new one, if the newest is not brand-new. */
export function forgetToken(settings: TalkdeskSettings): void {
	const key = clientKey(settings);
	const newest = newestTokens.get(key);
	const isNew = newest?.accessToken === undefined || Date.now() - newest.fetchedAt < RENEW_AFTER;
	if (!isNew) newestTokens.delete(key);
}

/** Whether this process waits for a token of this client. */
export function isFetchingToken(settings: TalkdeskSettings): boolean {
	const newest = newestTokens.get(clientKey(settings));
	return newest !== undefined && newest.accessToken === undefined;
}

/** The tokens of a client that are in use, as far as this process knows them: what must not be shown. */
export function tokensOf(settings: TalkdeskSettings): string[] {
	const newest = newestTokens.get(clientKey(settings))?.accessToken;
	return [settings.accessToken, ...(newest === undefined ? [] : [newest])].filter(Boolean);
}

const ownedSchema = z.object({ accessToken: z.string(), accessTokenOwner: z.string().min(1) });

/** Whether the token that n8n keeps with a credential was issued for another account or client than the one it now names. */
export function isTokenOfAnother(credential: unknown, settings: TalkdeskSettings): boolean {
	const kept = ownedSchema.safeParse(credential);
	return (
		kept.success &&
		kept.data.accessToken !== '' &&
		kept.data.accessTokenOwner !== clientKey(settings)
	);
}

async function requestToken(
	{ helpers }: IHttpRequestHelper,
	settings: TalkdeskSettings,
): Promise<Token> {
	let advice: RetryAdvice | undefined;
	return await retrying(
		DEFAULT_RETRY_LIMITS,
		async () => {
			const answer = await helpers
				.httpRequest({
					...tokenRequest(settings),
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: true,
					returnFullResponse: true,
					timeout: TOKEN_TIMEOUT,
				})
				.then(
					(response: unknown): TokenAnswer => {
						const { statusCode, headers, body } = responseSchema.parse(response);
						const retryAfter = readRetryAfter(headers['retry-after']);
						return { status: statusCode, body, retryAfter };
					},
					(error: unknown): TokenAnswer => ({ networkError: networkErrorCode(error) }),
				);
			const result = readToken(answer, settings);
			if (result.ok) return result.token;
			advice = adviceOn(answer);
			throw new TokenRefusedError(result.problem, advice !== undefined);
		},
		() => advice,
	);
}

function adviceOn(answer: TokenAnswer): RetryAdvice | undefined {
	if ('networkError' in answer) return isPassingNetworkError(answer.networkError) ? {} : undefined;
	const { status, retryAfter } = answer;
	return status === 429 || isTransientStatus(status) ? { retryAfter } : undefined;
}
