import type { IDataObject, IExecuteFunctions, IHttpRequestMethods } from 'n8n-workflow';
import { z } from 'zod';

import { TalkdeskApiError } from './errors';
import {
	adviceOn,
	networkErrorCode,
	networkProblem,
	readProblem,
	type TalkdeskProblem,
} from './problem';
import { DEFAULT_RETRY_LIMITS, readRetryAfter, retrying, type RetryLimits } from './retry';
import { readSettings, type TalkdeskSettings } from './settings';
import { TokenRefusedError } from './token';

export const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

/** How long a request may take, and how often it is tried. */
export interface RequestLimits extends RetryLimits {
	/** Milliseconds that one try may take. */
	timeout: number;
}

export const DEFAULT_LIMITS: RequestLimits = { timeout: 30_000, ...DEFAULT_RETRY_LIMITS };

interface Request<Answer extends z.ZodTypeAny> {
	/** What is tried, for the error: 'start the conversation'. */
	tried: string;
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
	limits: RequestLimits;
	/** The same client with other limits. */
	with(limits: Partial<RequestLimits>): TalkdeskClient;
	/**
	 * Sends a request, again where it fails in a way that passes: rate limits, gateways, broken connections.
	 *
	 * @returns the status and the parsed answer of a successful request
	 * @throws TalkdeskApiError where Talkdesk refuses, doesn't answer, or answers what the contract doesn't know
	 */
	request<Answer extends z.ZodTypeAny>(
		request: Request<Answer>,
	): Promise<{ status: number; answer: z.output<Answer> }>;
}

const responseSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/**
 * A client for the credential of the node.
 *
 * @throws TalkdeskApiError where the credential is incomplete
 */
export async function talkdeskClient(context: IExecuteFunctions): Promise<TalkdeskClient> {
	const result = readSettings(await context.getCredentials(CREDENTIAL_TYPE));
	if (!result.ok) {
		throw new TalkdeskApiError(context.getNode(), 'be called', {
			kind: 'credential',
			message: result.problem,
			fields: [],
		});
	}
	return clientWith(context, result.settings, DEFAULT_LIMITS);
}

function clientWith(
	context: IExecuteFunctions,
	settings: TalkdeskSettings,
	limits: RequestLimits,
): TalkdeskClient {
	return {
		settings,
		limits,
		with: (changes) => clientWith(context, settings, { ...limits, ...changes }),
		async request(request) {
			const { tried, path, repeatable = true } = request;
			// A URL would resolve such a segment: the request would go to another place.
			const bad = path.find((segment) => /^\.{1,2}$/.test(segment));
			if (bad !== undefined) {
				throw new TalkdeskApiError(context.getNode(), tried, {
					kind: 'badRequest',
					message: `'${bad}' is no ID`,
					fields: [],
				});
			}
			let mayBeOurs = false;
			return await retrying(
				limits,
				async (tries) => {
					const outcome = await send(context, settings, limits, request);
					if (!('problem' in outcome)) return outcome;
					const problem = { ...outcome.problem, tries, ...(mayBeOurs && { mayBeOurs }) };
					mayBeOurs ||= problem.outcomeUnknown === true;
					throw new TalkdeskApiError(context.getNode(), tried, problem);
				},
				(error) => {
					if (!(error instanceof TalkdeskApiError)) return undefined;
					const { problem } = error;
					return problem.outcomeUnknown && !repeatable ? undefined : adviceOn(problem);
				},
				context.getExecutionCancelSignal(),
			);
		},
	};
}

/** One try. */
async function send<Answer extends z.ZodTypeAny>(
	context: IExecuteFunctions,
	settings: TalkdeskSettings,
	{ timeout }: RequestLimits,
	{ method, path, idempotencyKey, body, query, answer }: Request<Answer>,
): Promise<{ status: number; answer: z.output<Answer> } | { problem: TalkdeskProblem }> {
	const outcome = await context.helpers.httpRequestWithAuthentication
		.call(context, CREDENTIAL_TYPE, {
			method,
			url: [settings.apiBaseUrl, ...path.map(encodeURIComponent)].join('/'),
			headers: idempotencyKey ? { 'x-idempotency-key': idempotencyKey } : {},
			body,
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
		})
		.then(
			(response: unknown) => ({ response: responseSchema.parse(response) }),
			(error: unknown) => ({ problem: readFailure(error) }),
		);
	if ('problem' in outcome) return outcome;

	const { statusCode: status, headers, body: answered } = outcome.response;
	if (status < 200 || status >= 300) {
		return { problem: readProblem(status, answered, readRetryAfter(headers['retry-after'])) };
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
		},
	};
}

const failureSchema = z.object({
	httpCode: z.coerce.string().optional().catch(undefined),
	context: z.object({ data: z.unknown() }).optional().catch(undefined),
});

/** What n8n threw: no token, a second 401, or no answer. Nothing goes on but what is read here: the error holds the token. */
function readFailure(error: unknown): TalkdeskProblem {
	if (error instanceof Error && error.cause instanceof TokenRefusedError) {
		const { message, isPassing } = error.cause;
		// What passes was tried again by whoever fetches the token.
		return { kind: isPassing ? 'unavailable' : 'credential', message, fields: [] };
	}
	const failure = failureSchema.safeParse(error);
	if (failure.success && failure.data.httpCode === '401') {
		return readProblem(401, failure.data.context?.data);
	}
	return networkProblem(networkErrorCode(error));
}
