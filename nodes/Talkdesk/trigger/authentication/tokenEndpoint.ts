import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import { BASIC_CHALLENGE, isExpectedPair, missingSecret, type WebhookCredential } from './verify';
import { parseForm, type RawRequest } from '../event/requestBody';
import { parseAuthorization, parseBasic, type BasicPair, type Headers } from './secrets';
import { issueAccessToken, TOKEN_SECONDS } from './accessToken';

/** A field that is given once, as a text. A list of them proves nothing. */
const field = z.string().optional().catch(undefined);

const formSchema = z
	.object({ grant_type: field, client_id: field, client_secret: field })
	.catch({});

export interface TokenRequest extends RawRequest {
	credential: WebhookCredential;
	/** The trigger that the token will be good for. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

interface TokenResponse {
	status: number;
	body: IDataObject;
	headers: Record<string, string>;
	/** Why there is no token, for the log of whoever runs n8n. */
	rejection?: string;
}

/**
 * The trigger's own token endpoint, for the mode `oAuth2`: Talkdesk shows client id and secret there, and then calls with
 * the token that it gets. Never throws.
 *
 * Source: docs.talkdesk.com/docs/configuring-a-custom-connection names OAuth 2.0 client credentials and no more. That id and
 * secret may come as a Basic header or in the body is RFC 6749, section 2.3.1; the errors are those of section 5.2. JSON is
 * taken too: nobody documents which of them Talkdesk sends.
 *
 * @returns the answer, always JSON; who hasn't proved to be the client learns nothing else about the request
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
	// RFC 6749 wants both form-encoded inside the header; Talkdesk's own documentation shows them as they are.
	return parseBasic(basic)
		.flatMap((pair) => [pair, formDecodedPair(pair)])
		.map((pair) => isExpectedPair(pair, expected))
		.includes(true);
}

const formDecodedPair = ({ user, password }: BasicPair): BasicPair => ({
	user: formDecoded(user),
	password: formDecoded(password),
});

/** What can't be decoded stays as it is. */
function formDecoded(encoded: string): string {
	try {
		return decodeURIComponent(encoded.replace(/\+/g, ' '));
	} catch {
		return encoded;
	}
}
