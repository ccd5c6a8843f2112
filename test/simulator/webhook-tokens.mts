import { z } from 'zod';
import type { Integration, Settings } from './options.mts';
import { withDeadline } from './timer.mts';
import type { Send } from './webhooks.mts';
import type { WireLog } from './wire-log.mts';

/** The response of an integration's token endpoint (RFC 6749, section 5.1). It may have more fields. */
const tokenAnswer = z.object({
	access_token: z.string().min(1),
	token_type: z.string().regex(/^bearer$/i),
	expires_in: z.number().positive().optional(),
});

interface WebhookTokens {
	/**
	 * Gives the headers that authenticate Talkdesk to an integration.
	 *
	 * @param headers the caller's own headers; no token is requested if they replace it
	 * @throws Error if the token endpoint gives none; the message doesn't repeat its response
	 */
	authorization(
		integration: Integration,
		headers: Record<string, unknown>,
		closing: AbortSignal,
	): Promise<Record<string, string>>;
	/** The current tokens. */
	secrets(): string[];
}

/**
 * Creates the authentication of webhook calls: none, Basic, `X-Api-Key` or OAuth 2.0 client credentials
 * (docs/configuring-a-custom-connection). Talkdesk's token request isn't documented: Basic header and form, as in its own
 * API, are inferred. A token is kept for its `expires_in`, even if the integration rejects it; one without `expires_in` is
 * used once.
 */
export function createWebhookTokens(
	settings: () => Settings,
	log: WireLog,
	send: Send,
): WebhookTokens {
	const tokens = new Map<string, { token: string; expiresAt: number }>();

	async function fetchToken(integration: Integration, closing: AbortSignal): Promise<string> {
		const { authentication: auth, timeoutSeconds } = integration;
		if (auth.type !== 'oAuth2') return '';
		const { now, timer } = settings();
		const key = JSON.stringify(auth);
		const known = tokens.get(key);
		if (known && known.expiresAt > now()) return known.token;
		const begun = timer.now();
		let status: number | null = null;
		try {
			const late = `no token within ${timeoutSeconds} s`;
			const answer = await withDeadline(
				{ ms: timeoutSeconds * 1000, timer, closing, late },
				(signal) => send(tokenRequest(auth), signal),
			);
			status = answer.status;
			if (status !== 200) throw new Error(`the token endpoint answered ${status}`);
			const { access_token: token, expires_in = 0 } = readToken(answer.data);
			tokens.set(key, { token, expiresAt: now() + expires_in * 1000 });
			return token;
		} finally {
			log.add({
				direction: 'out',
				what: `POST ${auth.tokenUrl.split('?')[0] ?? ''}`,
				status,
				ms: timer.now() - begun,
				summary: 'token for the webhook',
			});
		}
	}

	return {
		async authorization(integration, headers, closing): Promise<Record<string, string>> {
			const { authentication: auth } = integration;
			if (auth.type === 'basic') return { authorization: basic(auth.user, auth.password) };
			if (auth.type === 'apiKey') return { 'x-api-key': auth.key };
			const replaced = Object.keys(headers).some((name) => /^authorization$/i.test(name));
			if (auth.type === 'none' || replaced) return {};
			return { authorization: `Bearer ${await fetchToken(integration, closing)}` };
		},
		secrets: () => [...tokens.values()].map(({ token }) => token),
	};
}

function tokenRequest(auth: { tokenUrl: string; clientId: string; clientSecret: string }) {
	return {
		url: auth.tokenUrl,
		method: 'POST',
		headers: {
			authorization: basic(auth.clientId, auth.clientSecret),
			'content-type': 'application/x-www-form-urlencoded',
			accept: 'application/json',
		},
		data: Buffer.from('grant_type=client_credentials'),
	} as const;
}

function readToken(text: string) {
	try {
		return tokenAnswer.parse(JSON.parse(text));
	} catch {
		throw new Error('the token endpoint gave no bearer token');
	}
}

function basic(user: string, password: string): string {
	return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
