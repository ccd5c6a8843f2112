import type { IHttpRequestHelper } from 'n8n-workflow';
import { ApplicationError } from 'n8n-workflow';
import { z } from 'zod';

import { sha256Json } from '../text/hash';
import { httpResponseSchema } from './httpResponse';
import { isTransientNetworkError, networkErrorCode } from './networkErrors';
import { isTransientStatus } from './problemKinds';
import { DEFAULT_RETRY_OPTIONS, parseRetryAfter, withRetry, type RetryDecision } from './retry';
import { parseSettings, type TalkdeskSettings } from './settings';
import { parseTokenResponse, tokenRequest, type Token, type TokenResponse } from './token';

/** Milliseconds. Short: many requests wait for the one that fetches the token. */
const TOKEN_TIMEOUT_MS = 10_000;

/** What n8n keeps with the credential. */
export interface StoredToken {
	accessToken: string;
	/** Whose token it is: a hash of token URL and client, since a credential may be edited while it holds a token. */
	accessTokenOwner: string;
}

interface CachedToken {
	promise: Promise<StoredToken>;
	/** Set once the promise is fulfilled. */
	accessToken?: string;
	/** Milliseconds since 1970; the time of the request until there is an answer. */
	fetchedAt: number;
}

/**
 * The newest token that this process fetched, by client. n8n keeps the token with the credential, for all workers; what
 * it lacks is a lock: of many requests that find no token, or an expired one, each would fetch one of its own.
 */
const tokenCache = new Map<string, CachedToken>();

/** Requests that started with the old token come back with a 401 within this time of each other, in milliseconds. */
const REUSE_WINDOW_MS = 30_000;

function cacheKey({ tokenUrl, clientId, clientSecret }: TalkdeskSettings): string {
	return sha256Json([tokenUrl, clientId, clientSecret]);
}

/** Talkdesk gives no token for this credential, or the credential is incomplete: the message says why, for the user. */
export class TokenRefusedError extends ApplicationError {
	constructor(
		problem: string,
		/** Nothing is wrong with the credential: it may work at another time. */
		readonly isTransient = false,
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
): Promise<StoredToken> {
	const result = parseSettings(credential);
	if (!result.ok) throw new TokenRefusedError(result.problem);
	const { settings } = result;

	const key = cacheKey(settings);
	const newest = tokenCache.get(key);
	if (newest && newest.accessToken === undefined) return await newest.promise;
	if (newest && newest.accessToken !== settings.accessToken) {
		if (Date.now() - newest.fetchedAt < REUSE_WINDOW_MS) return await newest.promise;
	}

	const shared: CachedToken = {
		promise: requestToken(helper, settings).then(({ accessToken }) => {
			Object.assign(shared, { accessToken, fetchedAt: Date.now() });
			return { accessToken, accessTokenOwner: key };
		}),
		fetchedAt: Date.now(),
	};
	tokenCache.set(key, shared);
	// A failure isn't kept: the next request asks again. Until then nobody could put another one here.
	shared.promise.catch(() => tokenCache.delete(key));
	return await shared.promise;
}

/** Milliseconds in which one new token has to do for all requests that are refused with 403. */
const MIN_RENEWAL_AGE_MS = 2000;

/** Lets the next request that has no token fetch a new one, if the newest is not brand-new. */
export function forgetToken(settings: TalkdeskSettings): void {
	const key = cacheKey(settings);
	const newest = tokenCache.get(key);
	const isNew =
		newest?.accessToken === undefined || Date.now() - newest.fetchedAt < MIN_RENEWAL_AGE_MS;
	if (!isNew) tokenCache.delete(key);
}

/** Whether this process waits for a token of this client. */
export function isFetchingToken(settings: TalkdeskSettings): boolean {
	const newest = tokenCache.get(cacheKey(settings));
	return newest !== undefined && newest.accessToken === undefined;
}

/** The tokens of a client that are in use, as far as this process knows them: what must not be shown. */
export function tokensOf(settings: TalkdeskSettings): string[] {
	const newest = tokenCache.get(cacheKey(settings))?.accessToken;
	return [settings.accessToken, ...(newest === undefined ? [] : [newest])].filter(Boolean);
}

const ownedSchema = z.object({ accessToken: z.string(), accessTokenOwner: z.string().min(1) });

/** Whether the token that n8n keeps with a credential was issued for another account or client than the one it now names. */
export function isTokenOfAnother(credential: unknown, settings: TalkdeskSettings): boolean {
	const kept = ownedSchema.safeParse(credential);
	return (
		kept.success &&
		kept.data.accessToken !== '' &&
		kept.data.accessTokenOwner !== cacheKey(settings)
	);
}

async function requestToken(
	{ helpers }: IHttpRequestHelper,
	settings: TalkdeskSettings,
): Promise<Token> {
	let decision: RetryDecision | undefined;
	return await withRetry(
		DEFAULT_RETRY_OPTIONS,
		async () => {
			const answer = await helpers
				.httpRequest({
					...tokenRequest(settings),
					disableFollowRedirect: true,
					ignoreHttpStatusErrors: true,
					returnFullResponse: true,
					timeout: TOKEN_TIMEOUT_MS,
				})
				.then(
					(response: unknown): TokenResponse => {
						const { statusCode, headers, body } = httpResponseSchema.parse(response);
						const retryAfter = parseRetryAfter(headers['retry-after']);
						return { status: statusCode, body, retryAfter };
					},
					(error: unknown): TokenResponse => ({ networkError: networkErrorCode(error) }),
				);
			const result = parseTokenResponse(answer, settings);
			if (result.ok) return result.token;
			decision = retryDecisionFor(answer);
			throw new TokenRefusedError(result.problem, decision !== undefined);
		},
		() => decision,
	);
}

function retryDecisionFor(answer: TokenResponse): RetryDecision | undefined {
	if ('networkError' in answer)
		return isTransientNetworkError(answer.networkError) ? {} : undefined;
	const { status, retryAfter } = answer;
	return status === 429 || isTransientStatus(status) ? { retryAfter } : undefined;
}
