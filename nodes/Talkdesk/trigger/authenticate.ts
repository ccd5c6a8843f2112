import { z } from 'zod';

import { isSame, readAuthorization, type Headers } from './secrets';
import { isTokenGood } from './token';

const text = z.string().catch('');

const credentialSchema = z
	.object({
		webhookAuthentication: z
			.enum(['apiKey', 'basicAuth', 'oAuth2', 'none'])
			.optional()
			.catch(undefined),
		webhookApiKey: text,
		webhookUser: text,
		webhookPassword: text,
		webhookClientId: text,
		webhookClientSecret: text,
	})
	.catch({
		webhookAuthentication: undefined,
		webhookApiKey: '',
		webhookUser: '',
		webhookPassword: '',
		webhookClientId: '',
		webhookClientSecret: '',
	});

/** The part of the credential that is about calls of Talkdesk. Without a mode that we know, nobody is let in. */
export type WebhookCredential = z.output<typeof credentialSchema>;

/** Takes the decrypted credential, or whatever is there in its place. Never throws. */
export function readWebhookCredential(credential: unknown): WebhookCredential {
	return credentialSchema.parse(credential);
}

/** What a call shows, and what it is held against. */
export interface Proof {
	headers: Headers;
	/** The trigger that is called: a token for another one is no good. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

/**
 * Whether a call shows what the credential asks for. Fails closed: an empty secret lets nobody in, and so does a
 * credential that can't be read.
 *
 * Source: docs.talkdesk.com/docs/configuring-a-custom-connection (none, Basic, an API key in `X-Api-Key`, OAuth 2.0).
 * No signature is documented for these calls.
 */
export function isAuthentic(
	credential: WebhookCredential,
	{ headers, audience, now }: Proof,
): boolean {
	switch (credential.webhookAuthentication) {
		case 'none':
			return true;
		case 'apiKey':
			return isSame(headers['x-api-key'], credential.webhookApiKey);
		case 'basicAuth': {
			const { webhookUser: user, webhookPassword: password } = credential;
			if (user === '' || password === '') return false;
			const expected = Buffer.from(`${user}:${password}`).toString('base64');
			return isSame(readAuthorization(headers, 'Basic'), expected);
		}
		case 'oAuth2': {
			const { webhookClientId: clientId, webhookClientSecret: clientSecret } = credential;
			const token = readAuthorization(headers, 'Bearer');
			return isTokenGood(token, { clientId, clientSecret, audience }, now);
		}
		default:
			return false;
	}
}

/** What a refused caller is told to bring (`WWW-Authenticate`): the scheme, and nothing about what was wrong. */
export function challenge({ webhookAuthentication }: WebhookCredential): string {
	switch (webhookAuthentication) {
		case 'basicAuth':
			return 'Basic realm="Talkdesk Trigger"';
		case 'oAuth2':
			return 'Bearer realm="Talkdesk Trigger"';
		default:
			return 'ApiKey realm="Talkdesk Trigger"';
	}
}
