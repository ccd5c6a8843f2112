import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
} from 'n8n-workflow';
import { z } from 'zod';

import { TalkdeskApiError } from './errors';
import { withDeadline } from './deadline';
import { httpResponseSchema } from './httpResponse';
import { mayHaveSucceeded, recordPossibleSuccess } from './earlierAttempts';
import { networkErrorCode } from './networkErrors';
import { networkProblem, parseProblem, retryDecisionFor, type TalkdeskProblem } from './problem';
import { redactProblem } from './redact';
import { DEFAULT_RETRY_OPTIONS, parseRetryAfter, withRetry, type RetryOptions } from './retry';
import { CREDENTIAL_TYPE, parseSettings, type TalkdeskSettings } from './settings';
import { clientSecrets } from './token';
import {
	forgetToken,
	isFetchingToken,
	isTokenOfOtherClient,
	knownTokens,
	TokenRefusedError,
} from './tokenCache';
import { wellFormed } from '../text/wellFormed';

/** Timeout and retries of a request. */
export interface RequestOptions extends RetryOptions {
	/** Milliseconds for one attempt. */
	timeout: number;
}

export const DEFAULT_REQUEST_OPTIONS: RequestOptions = {
	timeout: 30_000,
	...DEFAULT_RETRY_OPTIONS,
};

interface Request<Schema extends z.ZodTypeAny> {
	/** Completes "Talkdesk could not …" in the error: 'start the conversation'. */
	action: string;
	method: IHttpRequestMethods;
	/** The segments below the API base URL, not encoded. */
	path: string[];
	/** Sent as `x-idempotency-key`. */
	idempotencyKey?: string;
	/** Whether to retry if the outcome is unknown, so that the work may be done twice; true by default. */
	repeatable?: boolean;
	body?: IDataObject;
	query?: IDataObject;
	/** The schema of a successful response's body. */
	responseSchema: Schema;
}

/** Sends requests to one Talkdesk account. */
export interface TalkdeskClient {
	settings: TalkdeskSettings;
	requestOptions: RequestOptions;
	/** The same client with other request options. */
	extend(requestOptions: Partial<RequestOptions>): TalkdeskClient;
	/**
	 * Sends a request, with retries after transient errors.
	 *
	 * @returns the status and the parsed body of a successful response
	 * @throws TalkdeskApiError for any other response, and if there is none
	 */
	request<Schema extends z.ZodTypeAny>(
		request: Request<Schema>,
	): Promise<{ status: number; data: z.output<Schema> }>;
	/** The error for a response of 2xx with implausible content. Its outcome is unknown. */
	unexpectedResponse(
		action: string,
		response: { status: number; message: string },
	): TalkdeskApiError;
}

/** The state that all clients of a node's run share. */
interface ClientState {
	/** The decrypted credential. */
	credential: ICredentialDataDecryptedObject;
	settings: TalkdeskSettings;
	/** Whether the stored token belongs to another account or client: docs/decisions/0012. */
	isTokenStale: boolean;
	/** Whether a new token was rejected with 403 as well. */
	isForbidden: boolean;
}

/**
 * The client for the credential of the node.
 *
 * @throws TalkdeskApiError if the credential is incomplete or can't be read
 */
export async function talkdeskClient(context: IExecuteFunctions): Promise<TalkdeskClient> {
	const credentialError = (message: string) =>
		new TalkdeskApiError(context.getNode(), 'be called', {
			kind: 'credential',
			message,
			fields: [],
		});
	const credential = await context.getCredentials(CREDENTIAL_TYPE).catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		throw credentialError(`the credential cannot be read (${reason})`);
	});
	const result = parseSettings(credential);
	if (!result.ok) throw credentialError(result.problem);
	const { settings } = result;
	const state = {
		credential,
		settings,
		isTokenStale: isTokenOfOtherClient(credential, settings),
		isForbidden: false,
	};
	return createClient(context, state, DEFAULT_REQUEST_OPTIONS);
}

function createClient(
	context: IExecuteFunctions,
	state: ClientState,
	requestOptions: RequestOptions,
): TalkdeskClient {
	const { settings } = state;
	const unexpectedResponse: TalkdeskClient['unexpectedResponse'] = (action, { status, message }) =>
		new TalkdeskApiError(context.getNode(), action, {
			kind: 'unexpectedAnswer',
			status,
			message,
			fields: [],
			outcomeUnknown: true,
		});
	return {
		settings,
		requestOptions,
		extend: (changes) => createClient(context, state, { ...requestOptions, ...changes }),
		unexpectedResponse,
		async request(request) {
			const { action, path, idempotencyKey, repeatable = true } = request;
			// A URL would resolve such a segment, and the request would go to another path.
			const dotSegment = path.find((segment) => /^\.{1,2}$/.test(segment));
			if (dotSegment !== undefined) {
				throw new TalkdeskApiError(context.getNode(), action, {
					kind: 'badRequest',
					message: `'${dotSegment}' is not a valid ID`,
					fields: [],
				});
			}
			let mayHaveSucceededEarlier = mayHaveSucceeded(idempotencyKey);
			return await withRetry(
				requestOptions,
				async (attempts) => {
					const outcome = await sendWithToken(context, state, requestOptions, request);
					const isRejected = 'problem' in outcome && !outcome.problem.outcomeUnknown;
					if (!isRejected) recordPossibleSuccess(idempotencyKey);
					if (!('problem' in outcome)) return outcome;
					const problem: TalkdeskProblem = {
						...redactProblem(outcome.problem, [
							...clientSecrets(settings),
							...knownTokens(settings),
						]),
						attempts,
						...(mayHaveSucceededEarlier && { earlierAttemptMayHaveSucceeded: true }),
					};
					mayHaveSucceededEarlier ||= problem.outcomeUnknown === true;
					throw new TalkdeskApiError(context.getNode(), action, problem);
				},
				(error) => {
					if (!(error instanceof TalkdeskApiError)) return undefined;
					const { problem } = error;
					return problem.outcomeUnknown && !repeatable ? undefined : retryDecisionFor(problem);
				},
				context.getExecutionCancelSignal(),
			);
		},
	};
}

type Outcome<Schema extends z.ZodTypeAny> =
	| { status: number; data: z.output<Schema> }
	| { problem: TalkdeskProblem };

/** One attempt with the stored token, and after a 403 once more with a new one: docs/decisions/0012. */
async function sendWithToken<Schema extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	state: ClientState,
	requestOptions: RequestOptions,
	request: Request<Schema>,
): Promise<Outcome<Schema>> {
	const wasStale = state.isTokenStale;
	const outcome = await send(context, state, requestOptions, request, wasStale);
	if (wasStale && !('problem' in outcome)) state.isTokenStale = false;
	const isForbidden = 'problem' in outcome && outcome.problem.kind === 'forbidden';
	if (!isForbidden || state.isForbidden) return outcome;
	forgetToken(state.settings);
	const retried = await send(context, state, requestOptions, request, true);
	if ('problem' in retried && retried.problem.kind === 'forbidden') state.isForbidden = true;
	return retried;
}

/** Sends the request once. @param withNewToken whether n8n must fetch a new token first */
async function send<Schema extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	{ credential, settings }: ClientState,
	{ timeout }: RequestOptions,
	{ method, path, idempotencyKey, body, query, responseSchema }: Request<Schema>,
	withNewToken: boolean,
): Promise<Outcome<Schema>> {
	const request = async (abortSignal: AbortSignal): Promise<unknown> =>
		await context.helpers.httpRequestWithAuthentication.call(
			withCancelSignal(context, abortSignal),
			CREDENTIAL_TYPE,
			{
				method,
				url: [settings.apiBaseUrl, ...path.map(encodeURIComponent)].join('/'),
				headers: idempotencyKey ? { 'x-idempotency-key': idempotencyKey } : {},
				body: bodySchema.parse(wellFormed(body)),
				qs: query,
				arrayFormat: 'repeat',
				json: true,
				timeout,
				// The token must not go to another host.
				disableFollowRedirect: true,
				returnFullResponse: true,
				// Error responses are returned, to read Talkdesk's message. A 401 must be thrown, so that n8n fetches a new
				// token and repeats the request.
				ignoreHttpStatusErrors: { ignore: true, except: [401] },
			},
			withNewToken
				? {
						credentialsDecrypted: {
							...CREDENTIAL_DETAILS,
							data: { ...credential, accessToken: '' },
						},
					}
				: undefined,
		);
	const outcome = await withDeadline(request, {
		milliseconds: timeout,
		// n8n fetches the token within the request, with a timeout of its own.
		shouldExtend: () => isFetchingToken(settings),
		signal: context.getExecutionCancelSignal(),
	}).then(
		(response: unknown) => ({ response: httpResponseSchema.parse(response) }),
		(error: unknown) => ({ problem: parseFailure(error) }),
	);
	if ('problem' in outcome) return outcome;

	const { statusCode: status, headers, body: responseBody } = outcome.response;
	if (status < 200 || status >= 300) {
		return { problem: parseProblem(status, responseBody, parseRetryAfter(headers['retry-after'])) };
	}
	const parsed = responseSchema.safeParse(responseBody);
	if (parsed.success) return { status, data: parsed.data };
	const issues = parsed.error.issues
		.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
		.join('; ');
	return {
		problem: {
			kind: 'unexpectedAnswer',
			status,
			message: `its response has an unknown format (${issues})`,
			fields: [],
			// The status says that the work is done.
			...(method !== 'GET' && { outcomeUnknown: true }),
		},
	};
}

/** The context with another cancel signal, which n8n takes for the request: docs/decisions/0020. */
function withCancelSignal(context: IExecuteFunctions, signal: AbortSignal): IExecuteFunctions {
	return Object.create(context, { getExecutionCancelSignal: { value: () => signal } });
}

/** Required by n8n's types, and not used. */
const CREDENTIAL_DETAILS = { id: '', name: '', type: CREDENTIAL_TYPE };
const bodySchema = z.record(z.unknown()).optional();

const failureSchema = z.object({
	httpCode: z.coerce.string().optional().catch(undefined),
	context: z.object({ data: z.unknown() }).optional().catch(undefined),
});

/** The problem of an error from n8n: no token, a second 401, or no response. The error itself holds the token. */
function parseFailure(error: unknown): TalkdeskProblem {
	if (error instanceof Error && error.cause instanceof TokenRefusedError) {
		const { message, isTransient } = error.cause;
		// A transient error was already retried by the token request.
		return { kind: isTransient ? 'unavailable' : 'credential', message, fields: [] };
	}
	const failure = failureSchema.safeParse(error);
	if (failure.success && failure.data.httpCode === '401') {
		return parseProblem(401, failure.data.context?.data);
	}
	return networkProblem(networkErrorCode(error));
}
