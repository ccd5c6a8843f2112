import { createHash, timingSafeEqual } from 'crypto';
import { z } from 'zod';

const text = z.string().catch('');

const credentialSchema = z.object({
	/** Anything unknown is no way in. */
	webhookAuthentication: z.enum(['apiKey', 'basicAuth', 'oAuth2', 'none']).catch('oAuth2'),
	webhookApiKey: text,
	webhookUser: text,
	webhookPassword: text,
});

/** Headers as Node.js gives them: lower-case names, a list where a header may be repeated. */
export type Headers = Record<string, string | string[] | undefined>;

/**
 * Whether a call shows what the credential asks for. Fails closed: an empty secret lets nobody in, and so does a
 * credential that can't be read.
 *
 * Source: docs.talkdesk.com/docs/configuring-a-custom-connection (none, Basic, an API key in `X-Api-Key`, OAuth 2.0).
 * No signature is documented for these calls.
 */
export function isAuthentic(credential: unknown, headers: Headers): boolean {
	const parsed = credentialSchema.safeParse(credential);
	if (!parsed.success) return false;
	const { webhookAuthentication, webhookApiKey, webhookUser, webhookPassword } = parsed.data;

	if (webhookAuthentication === 'none') return true;
	if (webhookAuthentication === 'apiKey') {
		return webhookApiKey !== '' && isSame(headers['x-api-key'], webhookApiKey);
	}
	if (webhookAuthentication === 'basicAuth') {
		if (webhookUser === '' || webhookPassword === '') return false;
		const expected = Buffer.from(`${webhookUser}:${webhookPassword}`).toString('base64');
		return isSame(headers.authorization, `Basic ${expected}`);
	}
	return false;
}

/** What a refused caller is told to bring (`WWW-Authenticate`): the scheme, and nothing about what was wrong. */
export function challenge(credential: unknown): string {
	const parsed = credentialSchema.safeParse(credential);
	switch (parsed.success ? parsed.data.webhookAuthentication : 'apiKey') {
		case 'basicAuth':
			return 'Basic realm="Talkdesk Trigger"';
		case 'oAuth2':
			return 'Bearer realm="Talkdesk Trigger"';
		default:
			return 'ApiKey realm="Talkdesk Trigger"';
	}
}

/** Compares in constant time; hashing first makes the lengths equal, so that not even the length leaks. */
function isSame(given: string | string[] | undefined, expected: string): boolean {
	if (typeof given !== 'string') return false;
	const digest = (value: string) => createHash('sha256').update(value).digest();
	return timingSafeEqual(digest(given), digest(expected));
}
