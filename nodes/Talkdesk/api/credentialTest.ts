import { randomUUID } from 'crypto';
import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { inboundProblem, parseWebhookCredential } from '../trigger/authentication/verify';
import { parseJson } from '../text/json';
import { httpResponseSchema } from './httpResponse';
import { networkErrorCode } from './networkErrors';
import { parseProblem } from './problem';
import { redact } from './redact';
import { parseSettings } from './settings';
import { clientSecrets, parseTokenResponse, tokenRequest, type TokenResponse } from './token';

/** Source: the pages of docs.talkdesk.com/reference for each request. */
const ATTACHMENT_SCOPES = [
	'attachments:request',
	'attachments:write',
	'attachments:read',
	'attachments:download',
];
const TEXT_SCOPE = 'digital-connect:write';

type Helpers = ICredentialTestFunctions['helpers'];

/** The `methods` of both nodes. n8n runs the credential test of a node that uses the credential. */
export const credentialTestMethods = {
	credentialTest: {
		async talkdeskCredentialTest(
			this: ICredentialTestFunctions,
			credential: ICredentialsDecrypted,
		): Promise<INodeCredentialTestResult> {
			return await testCredential(this.helpers, credential);
		},
	},
};

/**
 * Tests settings, token, scopes, access to Digital Connect, and the webhook fields.
 *
 * The probe for access is a new conversation with an empty body. It has no side effects: with access, it is a 400
 * (inferred from the required fields).
 */
async function testCredential(
	helpers: Helpers,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const result = parseSettings(credential.data);
	if (!result.ok) return failure(result.problem);
	const { settings } = result;

	const tokenResult = parseTokenResponse(await send(helpers, tokenRequest(settings)), settings);
	if (!tokenResult.ok) return failure(tokenResult.problem);
	const { accessToken, scopes } = tokenResult.token;

	// Without scopes in the response, the token has the requested ones (RFC 6749, section 5.1).
	if (scopes && !scopes.includes(TEXT_SCOPE)) {
		return failure(
			`The OAuth client lacks the scope ${TEXT_SCOPE}. Add it in Talkdesk under Builder > OAuth Clients.`,
		);
	}

	const probe = await send(helpers, {
		method: 'POST',
		url: `${settings.apiBaseUrl}/digital-connect/conversations`,
		headers: {
			Authorization: `Bearer ${accessToken}`,
			Accept: 'application/json',
			'Content-Type': 'application/json',
			'x-idempotency-key': randomUUID(),
		},
		body: '{}',
	});
	if ('networkError' in probe) {
		return failure(
			`The token is valid, but the API at ${new URL(settings.apiBaseUrl).host} could not be reached (${probe.networkError}). Check 'Region' or 'API Base URL'.`,
		);
	}
	if (probe.status !== 400) {
		const secrets = [accessToken, ...clientSecrets(settings)];
		return failure(redact(explainProbe(probe.status, probe.body, settings.apiBaseUrl), secrets));
	}

	// n8n shows the message of a failure only. Untouched webhook fields are no failure: the trigger may not be used.
	const inbound = inboundProblem(parseWebhookCredential(credential.data));
	if (inbound?.isMistake) {
		return failure(`Requests to Talkdesk work, but calls from Talkdesk do not. ${inbound.problem}`);
	}
	return {
		status: 'OK',
		message: [describeScopes(scopes), inbound?.problem].filter(Boolean).join(' '),
	};
}

function describeScopes(scopes: string[] | undefined): string {
	if (!scopes) {
		return 'Connection successful for conversations. Talkdesk does not report the scopes for files.';
	}
	const missing = ATTACHMENT_SCOPES.filter((scope) => !scopes.includes(scope));
	return missing.length === 0
		? 'Connection successful: conversations and files.'
		: `Connection successful for text. For files, the OAuth client lacks: ${missing.join(', ')}.`;
}

function explainProbe(status: number, body: unknown, apiBaseUrl: string): string {
	const { message, description } = parseProblem(status, body);
	const details = [message, description].filter(Boolean).join(' ');
	if (status === 403) {
		return `The token is valid, but Digital Connect rejects it (${details}). Either Digital Connect is not enabled for your account, or the account only allows certain IP addresses: ask your Talkdesk administrator.`;
	}
	if (status === 401) {
		return `The API at ${new URL(apiBaseUrl).host} rejects the token (${details}). The token URL and the API must belong to the same region: check 'Region'.`;
	}
	return `The token is valid, but ${new URL(apiBaseUrl).host} returned an unexpected response (${details}). Check 'Region' or 'API Base URL', or try again later.`;
}

/** Sends one request. The legacy `request` is the only HTTP helper of a credential test. */
async function send(
	helpers: Helpers,
	{ url, ...request }: { method: string; url: string; headers: object; body: string },
): Promise<TokenResponse> {
	return await helpers
		.request({
			...request,
			uri: url,
			simple: false,
			resolveWithFullResponse: true,
			followRedirect: false,
			timeout: 15_000,
		})
		.then(
			(response: unknown): TokenResponse => {
				const { statusCode, body } = httpResponseSchema.parse(response);
				return {
					status: statusCode,
					// Text that is no JSON may be the page of a proxy.
					body: typeof body === 'string' ? (parseJson(body) ?? body) : body,
				};
			},
			(error: unknown): TokenResponse => ({ networkError: networkErrorCode(error) }),
		);
}

function failure(message: string): INodeCredentialTestResult {
	return { status: 'Error', message };
}
