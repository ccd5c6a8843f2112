import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
} from 'n8n-workflow';
import { z } from 'zod';

import { TalkdeskApiError } from './errors';
import { withDeadline } from './deadline';
import { mayHaveSucceeded, noteUnknownOutcome } from './earlierAttempts';
import { networkErrorCode } from './networkErrors';
import { networkProblem, parseProblem, retryDecisionFor, type TalkdeskProblem } from './problem';
import { redactProblem } from './redact';
import { DEFAULT_RETRY_OPTIONS, parseRetryAfter, withRetry, type RetryOptions } from './retry';
import { CREDENTIAL_TYPE, parseSettings, type TalkdeskSettings } from './settings';
import {
	forgetToken,
	isFetchingToken,
	isTokenOfAnother,
	tokensOf,
	TokenRefusedError,
} from './tokenCache';
import { wellFormed } from '../text/wellFormed';

/** How long a request may take, and how often it is tried. */
export interface RequestOptions extends RetryOptions {
	/** Milliseconds that one try may take. */
	timeout: number;
}

export const DEFAULT_REQUEST_OPTIONS: RequestOptions = {
	timeout: 30_000,
	...DEFAULT_RETRY_OPTIONS,
};

interface Request<Answer extends z.ZodTypeAny> {
	/** What is tried, for the error: 'start the conversation'. */
	action: string;
	method: IHttpRequestMethods;
	/** Below the API base URL, one element per segment; ids are encoded here. */
	path: string[];
	/** Sent as `x-idempotency-key`. */
	idempotencyKey?: string;
	/** Whether to repeat it where its outcome is unknown: the work may be done twice. Yes, unless said otherwise. */
	repeatable?: boolean;
	body?: IDataObject;
	query?: IDataObject;
	answer: Answer;
}

/** Sends requests to one Talkdesk account. */
export interface TalkdeskClient {
	settings: TalkdeskSettings;
	requestOptions: RequestOptions;
	/** The same client with other limits. */
	extend(requestOptions: Partial<RequestOptions>): TalkdeskClient;
	/**
	 * Sends a request, again where it fails in a way that passes: rate limits, gateways, broken connections.
	 *
	 * @returns the status and the parsed answer of a successful request
	 * @throws TalkdeskApiError where Talkdesk refuses, doesn't answer, or answers what the contract doesn't know
	 */
	request<Answer extends z.ZodTypeAny>(
		request: Request<Answer>,
	): Promise<{ status: number; answer: z.output<Answer> }>;
	/** The error for an answer of 2xx that can't be right: the work may be done. */
	unexpectedResponse(action: string, answer: { status: number; message: string }): TalkdeskApiError;
}

/** What the clients of one node share while it runs. */
interface Session {
	/** The decrypted credential, as n8n gave it. */
	credential: ICredentialDataDecryptedObject;
	settings: TalkdeskSettings;
	/** The token that n8n holds was issued for another account or client: the credential has been edited. */
	isTokenStale: boolean;
	/** A new token was refused with 403 as well. */
	isForbidden: boolean;
}

const responseSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/**
 * A client for the credential of the node.
 *
 * @throws TalkdeskApiError if the credential is incomplete or can't be read
 */
export async function talkdeskClient(context: IExecuteFunctions): Promise<TalkdeskClient> {
	const refuse = (message: string) =>
		new TalkdeskApiError(context.getNode(), 'be called', {
			kind: 'credential',
			message,
			fields: [],
		});
	const credential = await context.getCredentials(CREDENTIAL_TYPE).catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		throw refuse(`the credential can't be read (${reason})`);
	});
	const result = parseSettings(credential);
	if (!result.ok) throw refuse(result.problem);
	const { settings } = result;
	const session = {
		credential,
		settings,
		isTokenStale: isTokenOfAnother(credential, settings),
		isForbidden: false,
	};
	return createClient(context, session, DEFAULT_REQUEST_OPTIONS);
}

function createClient(
	context: IExecuteFunctions,
	session: Session,
	requestOptions: RequestOptions,
): TalkdeskClient {
	const { settings } = session;
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
		extend: (changes) => createClient(context, session, { ...requestOptions, ...changes }),
		unexpectedResponse,
		async request(request) {
			const { action, path, idempotencyKey, repeatable = true } = request;
			// A URL would resolve such a segment: the request would go to another place.
			const bad = path.find((segment) => /^\.{1,2}$/.test(segment));
			if (bad !== undefined) {
				throw new TalkdeskApiError(context.getNode(), action, {
					kind: 'badRequest',
					message: `'${bad}' is no ID`,
					fields: [],
				});
			}
			let mayHaveDoneIt = mayHaveSucceeded(idempotencyKey);
			return await withRetry(
				requestOptions,
				async (attempts) => {
					const outcome = await sendWithToken(context, session, requestOptions, request);
					const isRefused = 'problem' in outcome && !outcome.problem.outcomeUnknown;
					if (!isRefused) noteUnknownOutcome(idempotencyKey);
					if (!('problem' in outcome)) return outcome;
					const problem: TalkdeskProblem = {
						...redactProblem(outcome.problem, [settings.clientSecret, ...tokensOf(settings)]),
						attempts,
						...(mayHaveDoneIt && { earlierAttemptMayHaveSucceeded: true }),
					};
					mayHaveDoneIt ||= problem.outcomeUnknown === true;
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

type Outcome<Answer extends z.ZodTypeAny> =
	| { status: number; answer: z.output<Answer> }
	| { problem: TalkdeskProblem };

/**
 * One attempt, with the token that n8n keeps. n8n fetches a new one after a 401 only: after a 403 it is done here, since the
 * client may have got the scope in the meantime, and a token carries the scopes of the time when it was issued.
 */
async function sendWithToken<Answer extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	session: Session,
	requestOptions: RequestOptions,
	request: Request<Answer>,
): Promise<Outcome<Answer>> {
	const wasStale = session.isTokenStale;
	const outcome = await send(context, session, requestOptions, request, wasStale);
	if (wasStale && !('problem' in outcome)) session.isTokenStale = false;
	const isForbidden = 'problem' in outcome && outcome.problem.kind === 'forbidden';
	if (!isForbidden || session.isForbidden) return outcome;
	forgetToken(session.settings);
	const again = await send(context, session, requestOptions, request, true);
	if ('problem' in again && again.problem.kind === 'forbidden') session.isForbidden = true;
	return again;
}

/** @param withNewToken whether n8n has to fetch a token, in place of the one that it keeps */
async function send<Answer extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	{ credential, settings }: Session,
	{ timeout }: RequestOptions,
	{ method, path, idempotencyKey, body, query, answer }: Request<Answer>,
	withNewToken: boolean,
): Promise<Outcome<Answer>> {
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
				// The bearer token is for this host alone, wherever an answer may point.
				disableFollowRedirect: true,
				returnFullResponse: true,
				// Refusals come back as answers, so that Talkdesk's own words can be read. A 401 must be thrown: that
				// is what makes n8n fetch a new token and repeat the request.
				ignoreHttpStatusErrors: { ignore: true, except: [401] },
			},
			withNewToken
				? { credentialsDecrypted: { ...UNNAMED, data: { ...credential, accessToken: '' } } }
				: undefined,
		);
	const outcome = await withDeadline(request, {
		milliseconds: timeout,
		// n8n fetches a token inside of the request, and that has a time limit of its own.
		isExcused: () => isFetchingToken(settings),
		signal: context.getExecutionCancelSignal(),
	}).then(
		(response: unknown) => ({ response: responseSchema.parse(response) }),
		(error: unknown) => ({ problem: readFailure(error) }),
	);
	if ('problem' in outcome) return outcome;

	const { statusCode: status, headers, body: answered } = outcome.response;
	if (status < 200 || status >= 300) {
		return { problem: parseProblem(status, answered, parseRetryAfter(headers['retry-after'])) };
	}
	const parsed = answer.safeParse(answered);
	if (parsed.success) return { status, answer: parsed.data };
	const wrong = parsed.error.issues
		.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
		.join('; ');
	return {
		problem: {
			kind: 'unexpectedAnswer',
			status,
			message: `its answer can't be read (${wrong})`,
			fields: [],
			// Talkdesk said that it has done it.
			...(method !== 'GET' && { outcomeUnknown: true }),
		},
	};
}

/** The same context with another cancel signal: n8n puts the one that it finds there in place of a request's own. */
function withCancelSignal(context: IExecuteFunctions, signal: AbortSignal): IExecuteFunctions {
	return Object.create(context, { getExecutionCancelSignal: { value: () => signal } });
}

/** n8n wants them, and uses neither. */
const UNNAMED = { id: '', name: '', type: CREDENTIAL_TYPE };
const bodySchema = z.record(z.unknown()).optional();

const failureSchema = z.object({
	httpCode: z.coerce.string().optional().catch(undefined),
	context: z.object({ data: z.unknown() }).optional().catch(undefined),
});

/** What n8n threw: no token, a second 401, or no answer. Nothing goes on but what is read here: the error holds the token. */
function readFailure(error: unknown): TalkdeskProblem {
	if (error instanceof Error && error.cause instanceof TokenRefusedError) {
		const { message, isTransient } = error.cause;
		// What passes was tried again by whoever fetches the token.
		return { kind: isTransient ? 'unavailable' : 'credential', message, fields: [] };
	}
	const failure = failureSchema.safeParse(error);
	if (failure.success && failure.data.httpCode === '401') {
		return parseProblem(401, failure.data.context?.data);
	}
	return networkProblem(networkErrorCode(error));
}
