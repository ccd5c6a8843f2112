import { randomUUID } from 'crypto';
import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { inboundProblem, parseWebhookCredential } from '../trigger/authentication/verify';
import { httpResponseSchema } from './httpResponse';
import { networkErrorCode } from './networkErrors';
import { parseProblem } from './problem';
import { redact } from './redact';
import { parseSettings } from './settings';
import { basicOf, parseTokenResponse, tokenRequest, type TokenResponse } from './token';

/** Source: the scopes named on the pages of docs.talkdesk.com/reference for each request. */
const ATTACHMENT_SCOPES = [
	'attachments:request',
	'attachments:write',
	'attachments:read',
	'attachments:download',
];
const TEXT_SCOPE = 'digital-connect:write';

type Helpers = ICredentialTestFunctions['helpers'];

/** The `methods` of both nodes: n8n looks for the test in a node that uses the credential. */
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
 * Tests the credential: settings, token, scopes, whether Digital Connect lets us in, and what the trigger makes of it.
 * The probe has no side effects: a conversation with an empty body is a 400 where we are allowed in.
 */
async function testCredential(
	helpers: Helpers,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const result = parseSettings(credential.data);
	if (!result.ok) return failed(result.problem);
	const { settings } = result;

	const tokenResult = parseTokenResponse(await send(helpers, tokenRequest(settings)), settings);
	if (!tokenResult.ok) return failed(tokenResult.problem);
	const { accessToken, scopes } = tokenResult.token;

	// Who isn't told which scopes a token has, has those that were asked for (RFC 6749, section 5.1): the probe will tell.
	if (scopes && !scopes.includes(TEXT_SCOPE)) {
		return failed(
			`The client is right, but it lacks the scope ${TEXT_SCOPE}. Add it in Talkdesk: Builder > OAuth Clients.`,
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
		return failed(
			`The token is fine, but the API at ${new URL(settings.apiBaseUrl).host} could not be reached (${probe.networkError}). Check Region or API Base URL.`,
		);
	}
	if (probe.status !== 400) {
		const { clientId, clientSecret } = settings;
		const secrets = [accessToken, clientSecret, basicOf(clientId, clientSecret)];
		const said = explainProbe(probe.status, probe.body, settings.apiBaseUrl);
		return failed(redact(said, secrets));
	}

	// n8n's editor shows the words of a failure only. Who doesn't use the trigger hasn't touched what is meant for it.
	const inbound = inboundProblem(parseWebhookCredential(credential.data));
	if (inbound?.isMistake) {
		return failed(`Requests to Talkdesk work. Calls of Talkdesk would not: ${inbound.problem}`);
	}
	return {
		status: 'OK',
		message: [outbound(scopes), inbound?.problem].filter(Boolean).join(' '),
	};
}

function outbound(scopes: string[] | undefined): string {
	if (!scopes) {
		return 'Connection successful for conversations. For files, Talkdesk does not say what the client may do.';
	}
	const missing = ATTACHMENT_SCOPES.filter((scope) => !scopes.includes(scope));
	return missing.length === 0
		? 'Connection successful: conversations and files.'
		: `Connection successful for text. For files the client lacks: ${missing.join(', ')}.`;
}

function explainProbe(status: number, body: unknown, apiBaseUrl: string): string {
	const { message, description } = parseProblem(status, body);
	const said = [message, description].filter(Boolean).join(' ');
	if (status === 403) {
		return `The token is fine, but Digital Connect refuses it (${said}). Either Digital Connect isn't enabled for your account, or the account only allows certain IP addresses: ask your Talkdesk administrator.`;
	}
	if (status === 401) {
		return `The API at ${new URL(apiBaseUrl).host} refuses the token (${said}). Token URL and API must belong to the same region: check Region.`;
	}
	return `The token is fine, but ${new URL(apiBaseUrl).host} answered the probe in an unknown way (${said}). Check Region or API Base URL, or try again later.`;
}

/** A credential test gets no other HTTP helper from n8n than the old `request`. */
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
				return { status: statusCode, body: typeof body === 'string' ? parseJson(body) : body };
			},
			(error: unknown): TokenResponse => ({ networkError: networkErrorCode(error) }),
		);
}

/** What is no JSON stays a text: it may be the page of a proxy. */
function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function failed(message: string): INodeCredentialTestResult {
	return { status: 'Error', message };
}
