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

/** Short, since other requests wait for the token. */
const TOKEN_TIMEOUT_MS = 10_000;

/** The token as n8n stores it with the credential. */
export interface StoredToken {
	accessToken: string;
	/** A hash of token URL and client: docs/decisions/0012. */
	accessTokenOwner: string;
}

interface CachedToken {
	promise: Promise<StoredToken>;
	/** Undefined until the promise is fulfilled. */
	accessToken?: string;
	/** Milliseconds since 1970: of the request, then of the response. */
	fetchedAt: number;
}

/**
 * The newest token of each client in this process. n8n has no lock around `preAuthentication`: requests without a valid
 * token would each fetch one (docs/decisions/0004).
 */
const tokenCache = new Map<string, CachedToken>();

/** Milliseconds in which requests that started with the old token come back with a 401. */
const REUSE_WINDOW_MS = 30_000;

function cacheKey({ tokenUrl, clientId, authentication }: TalkdeskSettings): string {
	return sha256Json(
		authentication.type === 'secret'
			? [tokenUrl, clientId, authentication.clientSecret]
			: [tokenUrl, clientId, authentication.keyId, authentication.key.fingerprint],
	);
}

/** Talkdesk issues no token, or the credential is incomplete. The message is for the user. */
export class TokenRefusedError extends ApplicationError {
	constructor(
		problem: string,
		/** Whether the credential may work later. */
		readonly isTransient = false,
	) {
		super(problem, { level: 'warning' });
	}
}

/**
 * A new token for a credential, shared by parallel calls.
 *
 * @param credential the decrypted credential, with the rejected token or none in `accessToken`
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
	const cached = tokenCache.get(key);
	if (cached && cached.accessToken === undefined) return await cached.promise;
	if (cached && cached.accessToken !== settings.accessToken) {
		if (Date.now() - cached.fetchedAt < REUSE_WINDOW_MS) return await cached.promise;
	}

	const shared: CachedToken = {
		promise: requestToken(helper, settings).then(({ accessToken }) => {
			Object.assign(shared, { accessToken, fetchedAt: Date.now() });
			return { accessToken, accessTokenOwner: key };
		}),
		fetchedAt: Date.now(),
	};
	tokenCache.set(key, shared);
	// After a failure, the next request fetches again.
	shared.promise.catch(() => tokenCache.delete(key));
	return await shared.promise;
}

/** Milliseconds in which a new token isn't replaced after another 403. */
const MIN_RENEWAL_AGE_MS = 2000;

/** Removes the token of a client, unless it is brand-new. The next request without a token fetches a new one. */
export function forgetToken(settings: TalkdeskSettings): void {
	const key = cacheKey(settings);
	const cached = tokenCache.get(key);
	const isNew =
		cached?.accessToken === undefined || Date.now() - cached.fetchedAt < MIN_RENEWAL_AGE_MS;
	if (!isNew) tokenCache.delete(key);
}

/** Whether this process is fetching a token of this client. */
export function isFetchingToken(settings: TalkdeskSettings): boolean {
	const cached = tokenCache.get(cacheKey(settings));
	return cached !== undefined && cached.accessToken === undefined;
}

/** The tokens of a client that this process has, to redact them. */
export function knownTokens(settings: TalkdeskSettings): string[] {
	const cached = tokenCache.get(cacheKey(settings))?.accessToken;
	return [settings.accessToken, ...(cached === undefined ? [] : [cached])].filter(Boolean);
}

const storedTokenSchema = z.object({
	accessToken: z.string(),
	accessTokenOwner: z.string().min(1),
});

/** Whether the stored token was issued for another account or client: docs/decisions/0012. */
export function isTokenOfOtherClient(credential: unknown, settings: TalkdeskSettings): boolean {
	const parsed = storedTokenSchema.safeParse(credential);
	return (
		parsed.success &&
		parsed.data.accessToken !== '' &&
		parsed.data.accessTokenOwner !== cacheKey(settings)
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
			const response = await helpers
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
			const result = parseTokenResponse(response, settings);
			if (result.ok) return result.token;
			decision = retryDecisionFor(response);
			throw new TokenRefusedError(result.problem, decision !== undefined);
		},
		() => decision,
	);
}

function retryDecisionFor(response: TokenResponse): RetryDecision | undefined {
	if ('networkError' in response)
		return isTransientNetworkError(response.networkError) ? {} : undefined;
	const { status, retryAfter } = response;
	return status === 429 || isTransientStatus(status) ? { retryAfter } : undefined;
}
