import { createHash } from 'crypto';
import type { IHttpRequestHelper } from 'n8n-workflow';
import { ApplicationError } from 'n8n-workflow';
import { z } from 'zod';

import { isPassingNetworkError, isTransientStatus, networkErrorCode } from './problem';
import { DEFAULT_RETRY_LIMITS, readRetryAfter, retrying, type RetryAdvice } from './retry';
import { readSettings, type TalkdeskSettings } from './settings';
import { readToken, tokenRequest, type Token, type TokenAnswer } from './token';

const responseSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** Milliseconds. Short: many requests wait for the one that fetches the token. */
const TOKEN_TIMEOUT = 10_000;

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
