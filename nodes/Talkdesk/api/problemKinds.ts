import type { Failure } from 'n8n-workflow';

import { isTransientNetworkError } from './networkErrors';
import type { TalkdeskProblem } from './problem';
import type { RetryDecision } from './retry';

/** One kind of problem. A new kind is one row of `PROBLEM_KINDS`. */
interface ProblemKindRow {
	/** Whether a response of this status is of this kind. The first row that says so counts. */
	isStatus?: (status: number) => boolean;
	/** The `code` of Talkdesk that is of this kind, whatever the status. */
	code?: string;
	/** What the user can do about it. */
	remedy: string;
	/** The failure in n8n's words; older versions of n8n ignore it. */
	cause?: Failure['cause'];
	/** Whether to try again; undefined if that can't help. */
	retry?: (problem: TalkdeskProblem) => RetryDecision | undefined;
}

const byStatus = (wanted: number) => (status: number) => status === wanted;
const afterWait = ({ retryAfter }: TalkdeskProblem) => ({ retryAfter });

/** Every kind of problem, with all that depends on it. The names are published as `details.kind` of a failed item. */
const PROBLEM_KINDS = {
	/** The credential is incomplete, or Talkdesk issues no token for it. */
	credential: {
		remedy: 'Open the credential and test it.',
		cause: 'credential-invalid',
	},
	unauthorized: {
		isStatus: byStatus(401),
		remedy:
			'Talkdesk rejected the token, and a new one as well. Open the credential and test it: the OAuth client may have been changed or deleted.',
		cause: 'credential-invalid',
		// n8n has fetched a new token, and it was refused as well. If another process fetched one at the same moment, it may
		// have replaced ours; each attempt has the newest one.
		retry: () => ({ maxRetries: 3 }),
	},
	forbidden: {
		isStatus: byStatus(403),
		remedy:
			"Check that the OAuth client has the scope for this, that Digital Connect is enabled for your account, and that Talkdesk's IP allow-list, if any, includes the address of n8n.",
		cause: 'configuration-invalid',
	},
	notFound: {
		isStatus: byStatus(404),
		remedy: 'Check the ID: it must come from this Talkdesk account and region.',
	},
	conflict: {
		isStatus: byStatus(409),
		remedy:
			'Something with this name or in this state already exists in Talkdesk. Use that, or choose another name.',
	},
	/** Its code was seen in public code that talks to Talkdesk. The HTTP status isn't known, so the code alone decides. */
	conversationEnded: {
		code: '3016011',
		remedy:
			"Start a new conversation, or select 'Start New Conversation' in the option 'If Conversation Has Ended'. The event conversation_ended of the Talkdesk Trigger reports when a conversation ends.",
	},
	rateLimited: {
		isStatus: byStatus(429),
		remedy: 'Talkdesk limits the request rate. Try again later, or send fewer messages at once.',
		cause: 'rate-limited',
		retry: afterWait,
	},
	/** Talkdesk's file storage refuses. */
	storage: {
		remedy:
			'Run the node again. Storage links expire after a few minutes, and each works only once.',
	},
	/** Talkdesk, or a gateway in front of it, fails. */
	unavailable: {
		isStatus: (status) => status === 408 || status >= 500,
		remedy: 'Talkdesk is temporarily unavailable. Try again later.',
		cause: 'temporarily-unavailable',
		retry: (problem) => (isTransientStatus(problem.status) ? afterWait(problem) : undefined),
	},
	/** No connection, or no response in time. */
	unreachable: {
		remedy: 'Check the network of n8n and the region in the credential, or try again later.',
		cause: 'temporarily-unavailable',
		retry: ({ code }) => (isTransientNetworkError(code ?? '') ? {} : undefined),
	},
	badRequest: {
		isStatus: (status) => status >= 400,
		remedy: 'Correct the value that Talkdesk names, and run the node again.',
	},
	/** A response that the contract doesn't have. */
	unexpectedAnswer: {
		isStatus: () => true,
		remedy:
			"Talkdesk's API may have changed. Report this answer to the maintainers of n8n-nodes-talkdesk.",
		// Repeated with the same idempotency key, the request may be answered with what it has done.
		retry: ({ outcomeUnknown }) => (outcomeUnknown ? { maxRetries: 1 } : undefined),
	},
} satisfies Record<string, ProblemKindRow>;

export type ProblemKind = keyof typeof PROBLEM_KINDS;

/** The row of a kind. */
export const problemKind = (kind: ProblemKind): ProblemKindRow => PROBLEM_KINDS[kind];

function isProblemKind(name: string): name is ProblemKind {
	return name in PROBLEM_KINDS;
}

const KINDS = Object.keys(PROBLEM_KINDS).filter(isProblemKind);

/**
 * The kind of a response that is no success.
 *
 * @param status the HTTP status
 * @param code Talkdesk's own code, if the body has one
 */
export function kindOfResponse(status: number, code?: string): ProblemKind {
	const byCode = KINDS.find((kind) => code !== undefined && problemKind(kind).code === code);
	return byCode ?? KINDS.find((kind) => problemKind(kind).isStatus?.(status)) ?? 'unexpectedAnswer';
}

/**
 * Whether a status may be gone at the next attempt: timeouts and failures of servers and gateways. 520 to 527 belong to a
 * network that stands in front of many APIs.
 */
export function isTransientStatus(status: number | undefined): boolean {
	return (
		status !== undefined &&
		([408, 500, 502, 503, 504].includes(status) || (status >= 520 && status <= 527))
	);
}
