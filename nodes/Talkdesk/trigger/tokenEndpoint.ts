import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import type { WebhookCredential } from './authenticate';
import { isSame, readAuthorization, type Headers } from './secrets';
import { issueToken, TOKEN_SECONDS } from './token';

/** A field that is given once, as a text. A list of them proves nothing. */
const field = z.string().optional().catch(undefined);

const formSchema = z
	.object({ grant_type: field, client_id: field, client_secret: field })
	.catch({});

export interface TokenRequest {
	credential: WebhookCredential;
	headers: Headers;
	/** The body as n8n parsed it: of a form or of JSON. */
	body: unknown;
	/** The trigger that the token will be good for. */
	audience: string;
	/** Milliseconds since 1970. */
	now: number;
}

interface Answer {
	status: number;
	body: IDataObject;
	headers: Record<string, string>;
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
export function answerTokenRequest(request: TokenRequest): Answer {
	const { credential, headers, body, audience, now } = request;
	const { webhookAuthentication: mode, webhookClientId, webhookClientSecret } = credential;
	if (mode !== undefined && mode !== 'oAuth2') return answer(404, { error: 'not_found' });
	const form = formSchema.parse(body);
	if (mode === undefined || !isClient(credential, headers, form)) {
		return {
			...answer(401, { error: 'invalid_client' }),
			headers: { ...NOT_STORED, 'WWW-Authenticate': 'Basic realm="Talkdesk Trigger"' },
		};
	}
	if (form.grant_type === undefined) return answer(400, { error: 'invalid_request' });
	if (form.grant_type !== 'client_credentials') {
		return answer(400, { error: 'unsupported_grant_type' });
	}
	const subject = { clientId: webhookClientId, clientSecret: webhookClientSecret, audience };
	return answer(200, {
		access_token: issueToken(subject, now),
		token_type: 'Bearer',
		expires_in: TOKEN_SECONDS,
	});
}

/** RFC 6749, section 5.1: no cache may keep a token. */
const NOT_STORED = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const answer = (status: number, body: IDataObject): Answer => ({
	status,
	body,
	headers: NOT_STORED,
});

function isClient(
	{ webhookClientId: id, webhookClientSecret: secret }: WebhookCredential,
	headers: Headers,
	form: z.output<typeof formSchema>,
): boolean {
	if (id === '' || secret === '') return false;
	const basic = readAuthorization(headers, 'Basic');
	if (basic === undefined) {
		const isId = isSame(form.client_id, id);
		return isSame(form.client_secret, secret) && isId;
	}
	// RFC 6749 wants both form-encoded inside the header; Talkdesk's own documentation shows them as they are.
	const plain = Buffer.from(basic, 'base64').toString();
	const colon = plain.indexOf(':');
	const isId = isSame(formDecoded(plain.slice(0, Math.max(colon, 0))), id);
	const isDecoded = isSame(formDecoded(plain.slice(colon + 1)), secret) && isId;
	return isSame(plain, `${id}:${secret}`) || isDecoded;
}

function formDecoded(encoded: string): string | undefined {
	try {
		return decodeURIComponent(encoded.replace(/\+/g, ' '));
	} catch {
		return undefined;
	}
}
