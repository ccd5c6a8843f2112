import type { IDataObject, IExecuteFunctions, IHttpRequestMethods } from 'n8n-workflow';
import { z } from 'zod';

import { readProblem, TalkdeskApiError, type TalkdeskProblem } from './errors';
import { readSettings, type TalkdeskSettings } from './settings';
import { networkErrorCode, TokenRefusedError } from './token';

export const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

/** Milliseconds that a request may take, unless the user says otherwise. */
export const DEFAULT_TIMEOUT = 30_000;

interface Request<Answer extends z.ZodTypeAny> {
	/** What is tried, for the error: 'start the conversation'. */
	tried: string;
	method: IHttpRequestMethods;
	/** Below the API base URL, one element per segment; ids are encoded here. */
	path: string[];
	/** Sent as `x-idempotency-key`. */
	idempotencyKey?: string;
	body?: IDataObject;
	query?: IDataObject;
	/** Milliseconds. */
	timeout?: number;
	answer: Answer;
}

/** Sends requests to one Talkdesk account. */
export interface TalkdeskClient {
	settings: TalkdeskSettings;
	/**
	 * @returns the status and the parsed answer of a successful request
	 * @throws TalkdeskApiError where Talkdesk refuses, doesn't answer, or answers what the contract doesn't know
	 */
	request<Answer extends z.ZodTypeAny>(
		request: Request<Answer>,
	): Promise<{ status: number; answer: z.output<Answer> }>;
}

const fullResponseSchema = z.object({ statusCode: z.number(), body: z.unknown() });

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
	const { settings } = result;

	return {
		settings,
		async request({ tried, method, path, idempotencyKey, body, query, timeout, answer }) {
			// A URL would resolve such a segment: the request would go to another place.
			const bad = path.find((segment) => /^\.{1,2}$/.test(segment));
			if (bad !== undefined) {
				throw new TalkdeskApiError(context.getNode(), tried, {
					kind: 'badRequest',
					message: `'${bad}' is no ID`,
					fields: [],
				});
			}
			const outcome = await context.helpers.httpRequestWithAuthentication
				.call(context, CREDENTIAL_TYPE, {
					method,
					url: [settings.apiBaseUrl, ...path.map(encodeURIComponent)].join('/'),
					headers: idempotencyKey ? { 'x-idempotency-key': idempotencyKey } : {},
					body,
					qs: query,
					arrayFormat: 'repeat',
					json: true,
					timeout: timeout ?? DEFAULT_TIMEOUT,
					// The bearer token is for this host alone, wherever an answer may point.
					disableFollowRedirect: true,
					returnFullResponse: true,
					// Refusals come back as answers, so that Talkdesk's own words can be read. A 401 must be thrown: that
					// is what makes n8n fetch a new token and repeat the request.
					ignoreHttpStatusErrors: { ignore: true, except: [401] },
				})
				.then(
					(response: unknown) => ({ response: fullResponseSchema.parse(response) }),
					(error: unknown) => ({ problem: readFailure(error) }),
				);
			if ('problem' in outcome) {
				throw new TalkdeskApiError(context.getNode(), tried, outcome.problem);
			}

			const { statusCode: status, body: answered } = outcome.response;
			if (status < 200 || status >= 300) {
				throw new TalkdeskApiError(context.getNode(), tried, readProblem(status, answered));
			}
			const parsed = answer.safeParse(answered);
			if (!parsed.success) {
				const wrong = parsed.error.issues
					.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
					.join('; ');
				throw new TalkdeskApiError(context.getNode(), tried, {
					kind: 'unexpectedAnswer',
					status,
					message: `its answer can't be read (${wrong})`,
					fields: [],
				});
			}
			return { status, answer: parsed.data };
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
		return { kind: 'credential', message: error.cause.message, fields: [] };
	}
	const failure = failureSchema.safeParse(error);
	if (failure.success && failure.data.httpCode === '401') {
		return readProblem(401, failure.data.context?.data);
	}
	return {
		kind: 'unreachable',
		message: 'there was no answer',
		// Not in the message: n8n replaces a message with such a code in it by a sentence of its own.
		description: `Network error: ${networkErrorCode(error)}.`,
		fields: [],
	};
}
