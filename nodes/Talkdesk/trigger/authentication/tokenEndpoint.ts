import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import { BASIC_CHALLENGE, isExpectedPair, missingSecret, type WebhookCredential } from './verify';
import { parseForm, type RawRequest } from '../event/requestBody';
import { parseAuthorization, parseBasic, type BasicPair, type Headers } from './compareSecrets';
import { issueAccessToken, TOKEN_SECONDS } from './accessToken';

/** A field that comes once, as a text. A repeated field counts as missing. */
const field = z.string().optional().catch(undefined);

const formSchema = z
	.object({ grant_type: field, client_id: field, client_secret: field })
	.catch({});

export interface TokenRequest extends RawRequest {
	credential: WebhookCredential;
	/** The trigger for which the token will be valid. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

interface TokenResponse {
	status: number;
	body: IDataObject;
	headers: Record<string, string>;
	/** Why no token was issued, for n8n's log. */
	rejection?: string;
}

/**
 * Answers a request for an access token, in the mode `oAuth2`: Talkdesk then calls with that token. Never throws.
 *
 * Source: docs.talkdesk.com/docs/configuring-a-custom-connection names OAuth 2.0 client credentials and no more. ID and secret
 * may come as a Basic header or in the body (RFC 6749, section 2.3.1); the errors are those of section 5.2. JSON is accepted
 * too, as the form that Talkdesk sends isn't documented.
 *
 * @returns the response, always JSON; it says nothing else about the request to a caller that isn't the client
 */
export function handleTokenRequest(request: TokenRequest): TokenResponse {
	const { credential, headers, audience, now } = request;
	const { webhookAuthentication: mode, webhookClientId, webhookClientSecret } = credential;
	if (mode !== undefined && mode !== 'oAuth2') return respond(404, { error: 'not_found' });
	const form = formSchema.parse(parseForm(request));
	if (mode === undefined || !verifyClient(credential, headers, form)) {
		return {
			...respond(401, { error: 'invalid_client' }),
			headers: { ...NO_STORE, 'WWW-Authenticate': BASIC_CHALLENGE },
			rejection:
				mode === undefined
					? 'The credential could not be read.'
					: (missingSecret(credential) ??
						'No token was given: client ID or secret is missing in the request, or another one than in the credential. Compare them, also for blanks and line ends.'),
		};
	}
	if (form.grant_type === undefined) return respond(400, { error: 'invalid_request' });
	if (form.grant_type !== 'client_credentials') {
		return respond(400, { error: 'unsupported_grant_type' });
	}
	const subject = { clientId: webhookClientId, clientSecret: webhookClientSecret, audience };
	return respond(200, {
		access_token: issueAccessToken(subject, now),
		token_type: 'Bearer',
		expires_in: TOKEN_SECONDS,
	});
}

/** RFC 6749, section 5.1: no cache may keep a token. */
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const respond = (status: number, body: IDataObject): TokenResponse => ({
	status,
	body,
	headers: NO_STORE,
});

function verifyClient(
	{ webhookClientId: id, webhookClientSecret: secret }: WebhookCredential,
	headers: Headers,
	form: z.output<typeof formSchema>,
): boolean {
	if (id === '' || secret === '') return false;
	const expected = { user: id, password: secret };
	const basic = parseAuthorization(headers, 'Basic');
	if (basic === undefined) {
		const { client_id: user = '', client_secret: password = '' } = form;
		return isExpectedPair({ user, password }, expected);
	}
	// RFC 6749 wants both form-encoded inside the header; Talkdesk's documentation shows them unencoded.
	return parseBasic(basic)
		.flatMap((pair) => [pair, formDecodedPair(pair)])
		.map((pair) => isExpectedPair(pair, expected))
		.includes(true);
}

const formDecodedPair = ({ user, password }: BasicPair): BasicPair => ({
	user: formDecoded(user),
	password: formDecoded(password),
});

/** The decoded text; the text itself if it can't be decoded. */
function formDecoded(encoded: string): string {
	try {
		return decodeURIComponent(encoded.replace(/\+/g, ' '));
	} catch {
		return encoded;
	}
}
