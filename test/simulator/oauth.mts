import { randomBytes, randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { createAssertions } from './assertions.mts';
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
 * Creates Talkdesk's OAuth server: tokens by client credentials, with Basic authentication (reference/cc-basic) or a signed
 * assertion (reference/cc-jwt).
 *
 * @param settings gives the current settings
 * @param tokenUrl gives the token URL of an account
 */
export function createOAuthServer(
	settings: () => Settings,
	log: WireLog,
	tokenUrl: (account: string) => string,
): OAuthServer {
	const verifyAssertion = createAssertions();
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

	/** The client of an assertion; undefined if the request has none. @throws OAuthError */
	function signerOf(
		{ client_assertion_type: type, client_assertion: assertion }: z.output<typeof tokenForm>,
		authorization: string | undefined,
		known: { clients: Settings['clients']; tokenUrl: string },
	) {
		if (type === undefined && assertion === undefined) return undefined;
		if (authorization !== undefined) {
			throw new OAuthError(400, 'invalid_request', 'An assertion, or a Basic header, not both');
		}
		return verifyAssertion({ type, assertion }, { ...known, now: settings().now() });
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
				const form = parseForm(request.body);
				const { authorization } = request.headers;
				const signer = signerOf(form, authorization, { clients, tokenUrl: tokenUrl(account) });
				const client = grant(signer ?? clientWithSecret(clients, authorization), form);
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

/** Parses the form of a token request. @throws OAuthError 400 that names what is invalid */
function parseForm(body: unknown): z.output<typeof tokenForm> {
	const form = tokenForm.safeParse(body);
	if (form.success) return form.data;
	const names = form.error.issues.flatMap((issue) =>
		issue.code === 'unrecognized_keys' ? issue.keys : issue.path,
	);
	throw new OAuthError(400, 'invalid_request', `Not valid: ${names.join(', ') || 'the body'}`);
}

/** The client of a Basic header. @throws OAuthError 401 */
function clientWithSecret(clients: Settings['clients'], authorization: string | undefined) {
	const [id, secret] = basicCredentials(authorization);
	const client = clients.find(
		(each) => each.secret !== undefined && each.id === id && each.secret === secret,
	);
	if (!client) throw new OAuthError(401, 'invalid_client', 'Client authentication failed');
	return client;
}

/**
 * Grants scopes.
 *
 * @returns the client's id, and the scopes of its token: all granted ones, or the requested ones
 * @throws OAuthError 400 for another grant, or for a scope that the client doesn't have
 */
function grant(
	client: Settings['clients'][number],
	{ grant_type, scope }: z.output<typeof tokenForm>,
) {
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
