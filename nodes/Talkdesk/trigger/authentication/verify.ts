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
} from './secrets';
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

/** The part of the credential that is about calls of Talkdesk. Without a mode that we know, nobody is let in. */
export type WebhookCredential = z.output<typeof credentialSchema>;

/**
 * Takes the decrypted credential, or whatever is there in its place. White space around a value goes, as HTTP takes it from
 * headers too. Never throws.
 */
export function parseWebhookCredential(credential: unknown): WebhookCredential {
	const parsed = credentialSchema.safeParse(credential);
	return parsed.success ? parsed.data : credentialSchema.parse({});
}

/** What a call shows, and what it is held against. */
export interface AuthContext {
	headers: Headers;
	/** The trigger that is called: a token for another one is no good. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

/** `reason`: for the log of whoever runs n8n; it has neither a secret in it nor anything of the call. */
export type AuthenticationResult = { ok: true } | { ok: false; reason: string };

const ACCEPTED: AuthenticationResult = { ok: true };
const rejected = (reason: string): AuthenticationResult => ({ ok: false, reason });

/**
 * Whether a call shows what the credential asks for. Fails closed: an empty secret lets nobody in, and so does a
 * credential that can't be read.
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

/** Whether user and password are the expected ones. A user with a colon in it moves the place between them. */
export function isExpectedPair({ user, password }: BasicPair, expected: BasicPair): boolean {
	const join = (pair: BasicPair) => `${trimPasted(pair.user)}:${trimPasted(pair.password)}`;
	return safeCompare(join({ user, password }), join(expected));
}

/** What the credential lacks for its mode, so that every call is refused; undefined where nothing is missing. */
export function missingSecret(credential: WebhookCredential): string | undefined {
	const fields = FIELDS[credential.webhookAuthentication ?? 'none'];
	const empty = fields.filter(([name]) => credential[name] === '').map(([, label]) => label);
	if (empty.length === 0) return undefined;
	const verb = empty.length === 1 ? 'is' : 'are';
	return `${empty.join(' and ')} of the credential ${verb} empty: the Talkdesk Trigger refuses every call.`;
}

/**
 * What is wrong with the part of a credential that is for calls of Talkdesk.
 *
 * @returns `isMistake`: somebody has entered something that can't work. An untouched part is none: the default mode
 * without its key is what everybody has who doesn't use the trigger.
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

/** What no header can carry, and what nobody has typed. */
const UNSENDABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

type Field = keyof Omit<WebhookCredential, 'webhookAuthentication'>;

/** The secrets of each mode, with the names that the credential shows. */
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

/**
 * What a refused caller is told to bring (`WWW-Authenticate`): the scheme, for Basic also the encoding (RFC 7617), and nothing
 * about what was wrong.
 */
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
