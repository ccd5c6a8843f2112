import { z } from 'zod';

import { redact } from './redact';
import type { TalkdeskSettings } from './settings';

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
export type TokenResponse =
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
export function parseTokenResponse(answer: TokenResponse, settings: TalkdeskSettings): TokenResult {
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
		const granted = scope ?? scopes ?? scopesOf(access_token);
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
function scopesOf(token: string): string[] | undefined {
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
