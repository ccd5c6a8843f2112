import { z } from 'zod';

import { trimPasted } from '../../api/settings';
import {
	everyCopy,
	safeCompare,
	matchesSecret,
	parseAuthorization,
	parseBasic,
	headerDecodings,
	type BasicPair,
	type Headers,
} from './compareSecrets';
import { verifyAccessToken } from './accessToken';

const text = z.string().catch('').transform(trimPasted);

const credentialSchema = z.object({
	webhookAuthentication: z
		.enum(['apiKey', 'basicAuth', 'oAuth2', 'none'])
		.optional()
		.catch(undefined),
	webhookApiKey: text,
	webhookUser: text,
	webhookPassword: text,
	webhookClientId: text,
	webhookClientSecret: text,
});

/** The inbound part of the credential. Without a known mode every call is rejected. */
export type WebhookCredential = z.output<typeof credentialSchema>;

/**
 * Parses the inbound part of a decrypted credential. Trims white space, as HTTP does with header values. Never throws.
 */
export function parseWebhookCredential(credential: unknown): WebhookCredential {
	const parsed = credentialSchema.safeParse(credential);
	return parsed.success ? parsed.data : credentialSchema.parse({});
}

/** What a call is verified with, beside the credential. */
export interface AuthContext {
	headers: Headers;
	/** The called trigger: a token for another one is not valid. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

/** `reason` is for n8n's log: no secret and nothing of the call is in it. */
export type AuthenticationResult = { ok: true } | { ok: false; reason: string };

const ACCEPTED: AuthenticationResult = { ok: true };
const rejected = (reason: string): AuthenticationResult => ({ ok: false, reason });

/**
 * Verifies that a call has the secret of the credential. Fails closed: with an empty secret, or a credential that can't be
 * read, every call is rejected.
 *
 * Source: docs.talkdesk.com/docs/configuring-a-custom-connection (none, Basic, an API key in `X-Api-Key`, OAuth 2.0).
 * No signature is documented for these calls.
 */
export function verifyRequest(
	credential: WebhookCredential,
	proof: AuthContext,
): AuthenticationResult {
	const { headers, audience, now } = proof;
	if (credential.webhookAuthentication === 'none') return ACCEPTED;
	const missing = missingSecret(credential);
	if (missing) return rejected(missing);
	switch (credential.webhookAuthentication) {
		case 'apiKey': {
			const given = headers['x-api-key'];
			const mode = 'Webhook Authentication is API Key';
			if (typeof given !== 'string' || given === '') {
				return rejected(`${mode}, but the call has no header X-Api-Key.`);
			}
			const isKey = (copy: string) =>
				matchesSecret(headerDecodings(copy), credential.webhookApiKey);
			if (everyCopy(given, isKey)) return ACCEPTED;
			return rejected(
				`${mode}, and the header X-Api-Key isn't the Webhook API Key. ${COMPARE_HINT}`,
			);
		}
		case 'basicAuth': {
			const given = parseAuthorization(headers, 'Basic');
			const mode = 'Webhook Authentication is Basic Auth';
			if (given === undefined) return rejected(`${mode}, but ${authorizationOf(headers)}.`);
			const expected = { user: credential.webhookUser, password: credential.webhookPassword };
			if (
				parseBasic(given)
					.map((pair) => isExpectedPair(pair, expected))
					.includes(true)
			)
				return ACCEPTED;
			return rejected(`${mode}, and user or password of the call is another one. ${COMPARE_HINT}`);
		}
		case 'oAuth2': {
			const { webhookClientId: clientId, webhookClientSecret: clientSecret } = credential;
			const token = parseAuthorization(headers, 'Bearer');
			const mode = 'Webhook Authentication is OAuth 2.0';
			if (token === undefined) return rejected(`${mode}, but ${authorizationOf(headers)}.`);
			if (verifyAccessToken(token, { clientId, clientSecret, audience }, now)) return ACCEPTED;
			return rejected(
				`${mode}, and the token of the call isn't one of this trigger, or has expired. The token URL in Talkdesk is the base path + /oauth/token.`,
			);
		}
		default:
			return rejected('The credential could not be read.');
	}
}

const COMPARE_HINT =
	'Compare what is entered in Talkdesk and in the credential, also for blanks and line ends.';

function authorizationOf({ authorization }: Headers): string {
	return typeof authorization === 'string' && authorization !== ''
		? 'the header Authorization of the call has another scheme'
		: 'the call has no header Authorization';
}

/** Whether user and password are the expected ones. Compared as one text, since a user may have a colon in it. */
export function isExpectedPair({ user, password }: BasicPair, expected: BasicPair): boolean {
	const join = (pair: BasicPair) => `${trimPasted(pair.user)}:${trimPasted(pair.password)}`;
	return safeCompare(join({ user, password }), join(expected));
}

/** The secret that the credential lacks for its mode, as a sentence; undefined if none is missing. */
export function missingSecret(credential: WebhookCredential): string | undefined {
	const fields = FIELDS[credential.webhookAuthentication ?? 'none'];
	const empty = fields.filter(([name]) => credential[name] === '').map(([, label]) => label);
	if (empty.length === 0) return undefined;
	const verb = empty.length === 1 ? 'is' : 'are';
	return `${empty.join(' and ')} of the credential ${verb} empty: the Talkdesk Trigger refuses every call.`;
}

/**
 * The problem with the inbound part of a credential, if it has one.
 *
 * @returns `isMistake`: whether an entry can't work. The default mode without its key is no mistake: credentials that no
 * trigger uses are left like that.
 */
export function inboundProblem(
	credential: WebhookCredential,
): { problem: string; isMistake: boolean } | undefined {
	const mode = credential.webhookAuthentication;
	const missing = missingSecret(credential);
	if (missing) return { problem: missing, isMistake: mode !== 'apiKey' };
	const broken = FIELDS[mode ?? 'none'].find(([name]) => UNSENDABLE.test(credential[name]));
	return (
		broken && {
			problem: `${broken[1]} has a line break, a tab or an invisible character inside, which Talkdesk can't send. Enter it again.`,
			isMistake: true,
		}
	);
}

/** Characters that no header can carry, such as those that a copy from a document adds. */
const UNSENDABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

type Field = keyof Omit<WebhookCredential, 'webhookAuthentication'>;

/** The fields of each mode, with their labels. */
const FIELDS: Record<
	NonNullable<WebhookCredential['webhookAuthentication']>,
	ReadonlyArray<readonly [Field, string]>
> = {
	none: [],
	apiKey: [['webhookApiKey', 'Webhook API Key']],
	basicAuth: [
		['webhookUser', 'Webhook User'],
		['webhookPassword', 'Webhook Password'],
	],
	oAuth2: [
		['webhookClientId', 'Webhook Client ID'],
		['webhookClientSecret', 'Webhook Client Secret'],
	],
};

/** The value of `WWW-Authenticate` for a 401: the scheme, for Basic also the encoding (RFC 7617). */
export function challenge({ webhookAuthentication }: WebhookCredential): string {
	switch (webhookAuthentication) {
		case 'basicAuth':
			return BASIC_CHALLENGE;
		case 'oAuth2':
			return 'Bearer realm="Talkdesk Trigger"';
		default:
			return 'ApiKey realm="Talkdesk Trigger"';
	}
}

export const BASIC_CHALLENGE = 'Basic realm="Talkdesk Trigger", charset="UTF-8"';
