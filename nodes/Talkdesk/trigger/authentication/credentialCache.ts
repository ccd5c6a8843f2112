import type { WebhookCredential } from './verify';

/** Milliseconds. To decrypt a credential takes n8n longer than the rest of a call: docs/decisions has why. */
const CACHE_TTL_MS = 10_000;

interface CachedCredential {
	credential: WebhookCredential;
	/** Milliseconds since 1970. */
	cachedAt: number;
}

/** The inbound part of credentials, oldest first. Expired entries are removed with the next call. */
const cache = new Map<string, CachedCredential>();

function removeExpired(now: number): void {
	for (const [key, { cachedAt }] of cache) {
		if (now - cachedAt >= CACHE_TTL_MS) cache.delete(key);
	}
}

/**
 * Handles a request with the cached credential, and with the current one if that rejects it. So a new secret is valid at
 * once, and an old one at most until its entry expires.
 *
 * @param key trigger and credential; undefined caches nothing
 * @param load gives the current credential; undefined if it can't be read, which isn't cached
 * @param handle answers the request with a credential; without one it must reject
 * @param now milliseconds since 1970
 */
export async function handleWithCredential<Response extends { status: number }>(
	key: string | undefined,
	{
		load,
		handle,
		now,
	}: {
		load: () => Promise<WebhookCredential | undefined>;
		handle: (credential: WebhookCredential | undefined) => Response;
		now: number;
	},
): Promise<Response> {
	removeExpired(now);
	const cached = key === undefined ? undefined : cache.get(key);
	if (cached) {
		const response = handle(cached.credential);
		if (response.status !== 401) return response;
	}
	const credential = await load();
	if (key !== undefined) {
		cache.delete(key);
		if (credential) cache.set(key, { credential, cachedAt: now });
	}
	return handle(credential);
}

/** How many credentials are in memory. */
export const cachedCredentials = (): number => cache.size;
