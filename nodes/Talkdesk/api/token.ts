import { z } from 'zod';

import { parseJson } from '../text/json';
import { clientAssertion } from './clientAssertion';
import { redact } from './redact';
import type { TalkdeskSettings } from './settings';

/** Scopes, as space-separated text (RFC 6749) or as a list; undefined if there are none. */
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

/** The claims of Talkdesk's tokens, JWTs with the scopes in `scp` (source: public code). */
const claimsSchema = z.object({ scp: scopesSchema, scope: scopesSchema });

const errorText = z
	.union([z.string().min(1), z.object({ message: z.string() }).transform(({ message }) => message)])
	.optional()
	.catch(undefined);
const tokenErrorSchema = z
	.object({
		error: errorText,
		error_description: errorText,
		message: errorText,
		description: errorText,
	})
	.passthrough();

/** A bearer token of Talkdesk. */
export interface Token {
	accessToken: string;
	/** The granted scopes; undefined if neither the response nor the token has them. */
	scopes: string[] | undefined;
}

/** The response of the token URL, or the code of a network error. */
export type TokenResponse =
	| { status: number; body: unknown; /** Milliseconds */ retryAfter?: number }
	| { networkError: string };

/** The token, or a sentence for the user. */
export type TokenResult = { ok: true; token: Token } | { ok: false; problem: string };

/**
 * A new request for a token, to be sent once: an assertion in it can't be used again. Without `scope`, the token gets all
 * scopes of the client.
 *
 * Source: docs.talkdesk.com/reference/cc-basic and docs.talkdesk.com/reference/cc-jwt.
 */
export function tokenRequest({ authentication, clientId, tokenUrl }: TalkdeskSettings) {
	const headers = {
		Accept: 'application/json',
		'Content-Type': 'application/x-www-form-urlencoded',
	};
	const request = { method: 'POST' as const, url: tokenUrl };
	if (authentication.type === 'secret') {
		const basic = basicCredentials(clientId, authentication.clientSecret);
		return {
			...request,
			headers: { ...headers, Authorization: `Basic ${basic}` },
			body: 'grant_type=client_credentials',
		};
	}
	const { keyId, key } = authentication;
	const form = new URLSearchParams({
		grant_type: 'client_credentials',
		client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
		client_assertion: clientAssertion({ clientId, keyId, key, audience: tokenUrl }),
	});
	return { ...request, headers, body: form.toString() };
}

/** The secrets of a client that a server may repeat in its answer. A private key is never sent. */
export function clientSecrets({ authentication, clientId }: TalkdeskSettings): string[] {
	if (authentication.type === 'privateKey') return [];
	const { clientSecret } = authentication;
	return [clientSecret, basicCredentials(clientId, clientSecret)];
}

/** The credentials of a Basic header, in base64. */
function basicCredentials(clientId: string, clientSecret: string): string {
	return Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
}

/**
 * The token of a response, or a sentence for the user with Talkdesk's own `error_description`.
 *
 * Source: docs.talkdesk.com/reference/cc-basic. An unknown host or a 404 for an unknown account is inferred, since the
 * account is part of the host name.
 */
export function parseTokenResponse(
	response: TokenResponse,
	settings: TalkdeskSettings,
): TokenResult {
	const host = new URL(settings.tokenUrl).host;
	if ('networkError' in response) {
		return response.networkError === 'ENOTFOUND'
			? unknownAccount(host)
			: {
					ok: false,
					problem: `Talkdesk could not be reached at ${host} (${response.networkError}). Check the network of n8n, or try again later.`,
				};
	}
	const { status, body } = response;
	const token = tokenSchema.safeParse(body);
	if (status === 200 && token.success) {
		const { access_token, scope, scopes } = token.data;
		const granted = scope ?? scopes ?? scopesOf(access_token);
		return { ok: true, token: { accessToken: access_token, scopes: granted } };
	}
	if (status === 404) return unknownAccount(host);

	const reason = parseErrorText(body, settings) ?? `HTTP ${status}`;
	if (status === 400 || status === 401 || (status === 200 && hasError(body))) {
		return {
			ok: false,
			problem: `Talkdesk rejected the OAuth client: ${reason}. ${FIELDS_TO_CHECK[settings.authentication.type]}`,
		};
	}
	if (status === 403) {
		return {
			ok: false,
			problem: `Talkdesk did not issue a token (${reason}). The account may only allow certain IP addresses: ask your Talkdesk administrator to allow the address of n8n.`,
		};
	}
	if (typeof body === 'string' && /^\s*<(?:!doctype|html)/i.test(body)) {
		return {
			ok: false,
			problem: `${host} returned a web page instead of a token (HTTP ${status}). It may come from a proxy between n8n and Talkdesk. Check the network of n8n, then 'Region' and 'Account Name', or 'Token URL'.`,
		};
	}
	return {
		ok: false,
		problem: `${host} returned no token (${reason}). Check 'Region' and 'Account Name', or try again later.`,
	};
}

const FIELDS_TO_CHECK = {
	secret: "Check 'Client ID' and 'Client Secret' (in Talkdesk: Builder > OAuth Clients).",
	privateKey:
		"Check 'Client ID', 'Key ID' and 'Private Key' (in Talkdesk: Builder > OAuth Clients), 'Region' and 'Account Name', or 'Token URL', and the clock of n8n's computer: all of them are part of what is signed.",
};

/** The scopes in a token; undefined if it has none, or is no JWT. Its signature isn't verified. */
function scopesOf(token: string): string[] | undefined {
	const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
	const parsed = claimsSchema.safeParse(parseJson(claims));
	return parsed.success ? (parsed.data.scp ?? parsed.data.scope) : undefined;
}

/** Whether a body is an error, whatever its status (RFC 6749, section 5.2, requires 400). */
function hasError(body: unknown): boolean {
	const parsed = tokenErrorSchema.safeParse(body);
	return parsed.success && (parsed.data.error ?? parsed.data.error_description) !== undefined;
}

/** Talkdesk's error message, without the secrets of the request. */
function parseErrorText(body: unknown, settings: TalkdeskSettings): string | undefined {
	const parsed = tokenErrorSchema.safeParse(body);
	if (!parsed.success) return undefined;
	const { error, error_description, message, description } = parsed.data;
	const shown = error_description ?? description ?? message ?? error;
	return shown && redact(shown, clientSecrets(settings));
}

function unknownAccount(host: string): TokenResult {
	return {
		ok: false,
		problem: `There is no Talkdesk account at ${host}. Check 'Account Name' and 'Region': the account name is the first part of the URL you open Talkdesk with.`,
	};
}
