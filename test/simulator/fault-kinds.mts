/** Statuses of what stands before Talkdesk: any gateway's, and 520 to 527 of a well-known content network. */
export const gatewayStatuses = [
	...[408, 500, 502, 503, 504],
	...[520, 521, 522, 523, 524, 525, 526, 527],
] as const;
export type GatewayStatus = (typeof gatewayStatuses)[number];

/** The errors of S3 that its documentation calls worth a repetition, with their statuses. */
export const storageErrors = { RequestTimeout: 400, InternalError: 500, SlowDown: 503 } as const;
type StorageErrorCode = keyof typeof storageErrors;

type When = 'before' | 'after';

/**
 * What goes wrong with one request. `before`: nothing was done. `after`: all the work was done, and only the answer is lost
 * or another one. `midway`: in the middle of the bytes of a download.
 */
export type Fault =
	/** 429 in Talkdesk's shape; without the seconds there is no `Retry-After`. Nothing was done. */
	| { kind: 'rateLimited'; retryAfterSeconds?: number }
	/** The HTML page of a gateway, or of a content network in front of it; with the seconds there is a `Retry-After`. */
	| { kind: 'unavailable'; status: GatewayStatus; when: When; retryAfterSeconds?: number }
	/** An error of S3 that it asks to repeat, as XML. */
	| { kind: 'storageError'; code: StorageErrorCode; when: When }
	/** The storage sends its client elsewhere; without `to` to the same link again. Nothing was done. */
	| { kind: 'redirect'; status: 307 | 308; to?: string }
	/** All is well, but the bytes of the answer come one by one. */
	| { kind: 'drip'; everyMs: number }
	/** No answer until the client goes away, or until the connection is cut after `ms`. */
	| { kind: 'hang'; when: When; ms?: number }
	/** The connection ends without an answer. */
	| { kind: 'cut'; when: 'before' | 'after' | 'midway' }
	/** A download goes silent in the middle of its bytes, until the client goes away or the connection is cut after `ms`. */
	| { kind: 'stall'; ms?: number }
	/** The request's bearer token is invalid from now on, so it is answered 401. */
	| { kind: 'tokenDies' }
	/** The agent ends the conversation right before a message is handled. */
	| { kind: 'conversationEnds' };
export type FaultKind = Fault['kind'];

/** A request, as the option `faults` is asked about it. */
export interface FaultRequest {
	method: string;
	/** As in `counts().routes`: `POST /api/digital-connect/conversations/:id/messages`. */
	route: string;
	/** Without the query string. */
	path: string;
	/** Of routes that have one. */
	conversationId?: string;
	/** How many requests to this route came before. */
	index: number;
	/** How many requests that could have had a fault came before, over all. */
	total: number;
}

const general: FaultKind[] = ['unavailable', 'hang', 'cut', 'drip'];
const ofStorage: FaultKind[] = ['storageError', 'redirect'];
const withToken: FaultKind[] = ['rateLimited', ...general, 'tokenDies'];

/** What can go wrong on each route; the first that fits counts. The storage is no part of Talkdesk's API and knows no 429. */
const places: Array<[route: RegExp, kinds: FaultKind[]]> = [
	[/^POST \/id\//, ['rateLimited', ...general]],
	[/^POST \/api\/digital-connect\/.*\/messages$/, [...withToken, 'conversationEnds']],
	[/ \/api\/(digital-connect|attachments)\//, withToken],
	[/^PUT \/uploads\//, [...general, ...ofStorage]],
	[/^GET \/downloads\//, [...general, ...ofStorage, 'stall']],
];

/** The faults that make sense on a route; none where faults are not asked for at all. */
export function possibleFaults(route: string): readonly FaultKind[] {
	return places.find(([pattern]) => pattern.test(route))?.[1] ?? [];
}

/** A fault in words, without its details: `cut after`. */
export const nameOf = (fault: Fault) =>
	'when' in fault ? `${fault.kind} ${fault.when}` : fault.kind;

/** Whether a fault can happen on a route. */
export function makesSense(fault: Fault, route: string): boolean {
	const possible = possibleFaults(route);
	// Where a download can stall it can be cut, too.
	return possible.includes(isMidway(fault) ? 'stall' : fault.kind);
}

/** Whether it happens in the middle of the bytes of a download. */
export function isMidway(fault: Fault): boolean {
	return fault.kind === 'stall' || (fault.kind === 'cut' && fault.when === 'midway');
}
