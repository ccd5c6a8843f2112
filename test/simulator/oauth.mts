import { randomBytes, randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { tokenForm } from './contract.mts';
import type { TokenOwner } from './conversations.mts';
import type { Settings } from './options.mts';
import { ApiError, oauthErrorHandler, OAuthError } from './errors.mts';
import { tokenPrefix, type WireLog } from './wire-log.mts';

interface Token extends TokenOwner {
	/** The scopes at the time of issue. */
	scopes: string[];
	/** By the option `now`. */
	expiresAt: number;
}

export interface OAuthServer {
	/**
	 * Checks the Authorization header of an API request.
	 *
	 * @returns the owner of the token, which may be of any account: all accounts of a region share one API
	 * @throws ApiError 401 for a missing, unknown or expired token; 403 for one without the scope
	 */
	authorize(authorization: string | undefined, scope: string): TokenOwner;
	/** Makes the token of an Authorization header invalid. */
	expire(authorization: string | undefined): void;
	/** Makes every token issued so far invalid. */
	expireAll(): void;
	/** The number of issued tokens. */
	issued(): number;
	/** Adds the token endpoint to a server. */
	routes(app: FastifyInstance): Promise<void>;
}

/**
 * Creates Talkdesk's OAuth server: tokens by client credentials with Basic authentication (reference/cc-basic).
 *
 * @param settings gives the current settings
 */
export function createOAuthServer(settings: () => Settings, log: WireLog): OAuthServer {
	const tokens = new Map<string, Token>();
	let issued = 0;

	function issue(owner: TokenOwner, scopes: string[]) {
		const { now, tokenForm: form, tokenLifetimeSeconds } = settings();
		const expiresAt = now() + tokenLifetimeSeconds * 1000;
		const token =
			form === 'jwt'
				? jwt({ ...owner, scopes, expiresAt, issuedAt: now() })
				: tokenPrefix + randomBytes(24).toString('base64url');
		tokens.set(token, { ...owner, scopes, expiresAt });
		issued += 1;
		return {
			access_token: token,
			token_type: 'Bearer',
			expires_in: tokenLifetimeSeconds,
			scope: scopes.join(' '),
		};
	}

	return {
		authorize(authorization, scope) {
			const token = tokens.get(bearerOf(authorization));
			if (!token || token.expiresAt <= settings().now()) {
				throw new ApiError(401, 'The access token is missing, unknown or expired');
			}
			if (!token.scopes.includes(scope)) {
				throw new ApiError(403, 'The access token lacks a scope', { description: scope });
			}
			return { client: token.client, account: token.account };
		},
		expire: (authorization) => void tokens.delete(bearerOf(authorization)),
		expireAll: () => tokens.clear(),
		issued: () => issued,
		async routes(app) {
			// A token request must be a form.
			app.removeAllContentTypeParsers();
			await app.register(formbody);
			app.setErrorHandler(oauthErrorHandler(log));
			app.setNotFoundHandler(() => {
				throw new OAuthError(404, 'invalid_request', 'There is nothing here');
			});
			app.post<{ Params: { account: string } }>('/:account/oauth/token', async (request) => {
				const { account } = request.params;
				const clients = clientsOf(settings(), account);
				if (!clients) throw new OAuthError(404, 'invalid_request', 'Unknown account');
				const client = clientOf(clients, request.headers.authorization, request.body);
				const answer = issue({ client: client.id, account }, client.scopes);
				log.note(request, { summary: `token for ${client.id}: ${answer.scope}` });
				return answer;
			});
		},
	};
}

/** The clients of an account; undefined if the account is unknown. */
function clientsOf({ account: current, clients }: Settings, account: string) {
	const found = clients.filter((client) => (client.account ?? current) === account);
	return found.length || account === current ? found : undefined;
}

/**
 * Creates a token like Talkdesk's: an ES256 JWT with the scopes as a list in `scp` (seen in public code). Its signature is
 * random, as it is never checked here.
 */
function jwt({ client, account, scopes, issuedAt, expiresAt }: Token & { issuedAt: number }) {
	const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
	const seconds = (ms: number) => Math.floor(ms / 1000);
	const header = { alg: 'ES256', typ: 'JWT', kid: 'local' };
	const claims = { iss: account, sub: client, jti: randomUUID(), scp: scopes };
	const times = { iat: seconds(issuedAt), exp: seconds(expiresAt) };
	const signature = randomBytes(64).toString('base64url');
	return `${encode(header)}.${encode({ ...claims, ...times })}.${signature}`;
}

/**
 * Parses a token request.
 *
 * @returns the client, and the scopes of its token: all granted ones, or the requested ones
 * @throws OAuthError in this order: 400 for an invalid form or a signed JWT, 401 for a wrong client, 400 for
 * another grant, 400 for a scope that the client doesn't have
 */
function clientOf(clients: Settings['clients'], authorization: string | undefined, body: unknown) {
	const form = tokenForm.safeParse(body);
	if (!form.success) {
		const names = form.error.issues.flatMap((issue) =>
			issue.code === 'unrecognized_keys' ? issue.keys : issue.path,
		);
		throw new OAuthError(400, 'invalid_request', `Not valid: ${names.join(', ') || 'the body'}`);
	}
	const { grant_type, scope, client_assertion, client_assertion_type } = form.data;
	if (client_assertion !== undefined || client_assertion_type !== undefined) {
		const text = 'Signed JWT client credentials are not implemented in the Talkdesk simulator';
		throw new OAuthError(400, 'invalid_request', text);
	}
	const [id, secret] = basicCredentials(authorization);
	const client = clients.find((each) => each.id === id && each.secret === secret);
	if (!client) throw new OAuthError(401, 'invalid_client', 'Client authentication failed');
	if (grant_type !== 'client_credentials') {
		throw new OAuthError(400, 'unsupported_grant_type', 'Only client_credentials is supported');
	}
	if (scope === undefined) return { id: client.id, scopes: [...client.scopes] };
	const asked = scope.split(' ');
	const granted = client.scopes.filter((each) => asked.includes(each));
	if (!asked.every((each) => granted.some((name) => name === each))) {
		throw new OAuthError(400, 'invalid_scope', 'The client does not have every scope asked for');
	}
	return { id: client.id, scopes: granted };
}

function bearerOf(authorization = ''): string {
	return /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '';
}

/** A secret may contain a colon, an id may not (RFC 7617). */
function basicCredentials(authorization = ''): [id?: string, secret?: string] {
	const encoded = /^Basic ([\w+/]+=*)$/i.exec(authorization)?.[1];
	const decoded = Buffer.from(encoded ?? '', 'base64').toString('utf8');
	const colon = decoded.indexOf(':');
	return colon < 0 ? [] : [decoded.slice(0, colon), decoded.slice(colon + 1)];
}
