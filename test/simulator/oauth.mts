import { randomBytes, randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { tokenForm } from './contract.mts';
import type { Holder } from './conversations.mts';
import type { Settings } from './options.mts';
import { Refusal, refuseToken, TokenRefusal } from './errors.mts';
import { tokenPrefix, type WireLog } from './wire-log.mts';

interface Token extends Holder {
	/** Those of the moment at which it was issued. */
	scopes: string[];
	/** By the option `now`. */
	expiresAt: number;
}

export interface Identity {
	/**
	 * Checks the Authorization header of an API request.
	 *
	 * @returns whose token it is: any account's is good, as all accounts of a region share one API
	 * @throws Refusal 401 for a missing, unknown or expired token; 403 for one without the scope
	 */
	require(authorization: string | undefined, scope: string): Holder;
	/** Makes the token of an Authorization header invalid. */
	expire(authorization: string | undefined): void;
	/** Makes every token issued so far invalid. */
	expireAll(): void;
	/** How many tokens were issued. */
	issued(): number;
	/** Adds the token endpoint to a server. */
	routes(app: FastifyInstance): Promise<void>;
}

/**
 * Makes Talkdesk's identity service: tokens by client credentials with Basic authentication (reference/cc-basic).
 *
 * @param settings gives the settings of the moment
 */
export function createIdentity(settings: () => Settings, log: WireLog): Identity {
	const tokens = new Map<string, Token>();
	let issued = 0;

	function issue(holder: Holder, scopes: string[]) {
		const { now, tokenForm: form, tokenLifetimeSeconds } = settings();
		const expiresAt = now() + tokenLifetimeSeconds * 1000;
		const token =
			form === 'jwt'
				? jwt({ ...holder, scopes, expiresAt, issuedAt: now() })
				: tokenPrefix + randomBytes(24).toString('base64url');
		tokens.set(token, { ...holder, scopes, expiresAt });
		issued += 1;
		return {
			access_token: token,
			token_type: 'Bearer',
			expires_in: tokenLifetimeSeconds,
			scope: scopes.join(' '),
		};
	}

	return {
		require(authorization, scope) {
			const token = tokens.get(bearerOf(authorization));
			if (!token || token.expiresAt <= settings().now()) {
				throw new Refusal(401, 'The access token is missing, unknown or expired');
			}
			if (!token.scopes.includes(scope)) {
				throw new Refusal(403, 'The access token lacks a scope', { description: scope });
			}
			return { client: token.client, account: token.account };
		},
		expire: (authorization) => void tokens.delete(bearerOf(authorization)),
		expireAll: () => tokens.clear(),
		issued: () => issued,
		async routes(app) {
			// A token request is a form and nothing else.
			app.removeAllContentTypeParsers();
			await app.register(formbody);
			app.setErrorHandler(refuseToken(log));
			app.setNotFoundHandler(() => {
				throw new TokenRefusal(404, 'invalid_request', 'There is nothing here');
			});
			app.post<{ Params: { account: string } }>('/:account/oauth/token', async (request) => {
				const { account } = request.params;
				const clients = clientsOf(settings(), account);
				if (!clients) throw new TokenRefusal(404, 'invalid_request', 'Unknown account');
				const client = clientOf(clients, request.headers.authorization, request.body);
				const answer = issue({ client: client.id, account }, client.scopes);
				log.note(request, { summary: `token for ${client.id}: ${answer.scope}` });
				return answer;
			});
		},
	};
}

/** The clients of an account; undefined when there is no such account. */
function clientsOf({ account: current, clients }: Settings, account: string) {
	const found = clients.filter((client) => (client.account ?? current) === account);
	return found.length || account === current ? found : undefined;
}

/**
 * Makes a token as Talkdesk's are: an ES256 JWT with the scopes as a list in `scp` (seen in public code). Nobody here checks
 * the signature, so it is made up.
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
 * Reads a token request.
 *
 * @returns the client, and the scopes that its token is to have: all that were granted, or those asked for
 * @throws TokenRefusal in this order: 400 for a form that is not valid or a signed JWT, 401 for a wrong client, 400 for
 * another grant, 400 for a scope that the client doesn't have
 */
function clientOf(clients: Settings['clients'], authorization: string | undefined, body: unknown) {
	const form = tokenForm.safeParse(body);
	if (!form.success) {
		const names = form.error.issues.flatMap((issue) =>
			issue.code === 'unrecognized_keys' ? issue.keys : issue.path,
		);
		throw new TokenRefusal(400, 'invalid_request', `Not valid: ${names.join(', ') || 'the body'}`);
	}
	const { grant_type, scope, client_assertion, client_assertion_type } = form.data;
	if (client_assertion !== undefined || client_assertion_type !== undefined) {
		const text = 'Signed JWT client credentials are not implemented in the local Talkdesk';
		throw new TokenRefusal(400, 'invalid_request', text);
	}
	const [id, secret] = basicCredentials(authorization);
	const client = clients.find((each) => each.id === id && each.secret === secret);
	if (!client) throw new TokenRefusal(401, 'invalid_client', 'Client authentication failed');
	if (grant_type !== 'client_credentials') {
		throw new TokenRefusal(400, 'unsupported_grant_type', 'Only client_credentials is supported');
	}
	if (scope === undefined) return { id: client.id, scopes: [...client.scopes] };
	const asked = scope.split(' ');
	const granted = client.scopes.filter((each) => asked.includes(each));
	if (!asked.every((each) => granted.some((name) => name === each))) {
		throw new TokenRefusal(400, 'invalid_scope', 'The client does not have every scope asked for');
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
