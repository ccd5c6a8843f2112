/** Statuses of a gateway in front of Talkdesk, with 520 to 527 of a well-known CDN. */
export const gatewayStatuses = [
	...[408, 500, 502, 503, 504],
	...[520, 521, 522, 523, 524, 525, 526, 527],
] as const;
export type GatewayStatus = (typeof gatewayStatuses)[number];

/** The errors of S3 that its documentation calls retryable, with their statuses. */
export const storageErrors = { RequestTimeout: 400, InternalError: 500, SlowDown: 503 } as const;
type StorageErrorCode = keyof typeof storageErrors;

type When = 'before' | 'after';

/**
 * A fault of one request. `before`: the request has no effect. `after`: the request takes effect, but its response is lost or
 * replaced. `midway`: in the middle of the bytes of a download.
 */
export type Fault =
	/** 429 in Talkdesk's format; without the seconds there is no `Retry-After`. The request has no effect. */
	| { kind: 'rateLimited'; retryAfterSeconds?: number }
	/** The HTML page of a gateway or CDN; with the seconds there is a `Retry-After`. */
	| { kind: 'unavailable'; status: GatewayStatus; when: When; retryAfterSeconds?: number }
	/** A retryable error of S3, as XML. */
	| { kind: 'storageError'; code: StorageErrorCode; when: When }
	/** The storage redirects its client; without `to` to the same link. The request has no effect. */
	| { kind: 'redirect'; status: 307 | 308; to?: string }
	/** The request takes effect, but the bytes of the response come one by one. */
	| { kind: 'drip'; everyMs: number }
	/** No response until the client disconnects, or until the connection is cut after `ms`. */
	| { kind: 'hang'; when: When; ms?: number }
	/** The connection ends without a response. */
	| { kind: 'cut'; when: 'before' | 'after' | 'midway' }
	/** A download stalls in the middle of its bytes, until the client disconnects or the connection is cut after `ms`. */
	| { kind: 'stall'; ms?: number }
	/** The request's bearer token is invalid from now on, so it is answered 401. */
	| { kind: 'tokenDies' }
	/** The agent ends the conversation right before a message is handled. */
	| { kind: 'conversationEnds' };
export type FaultKind = Fault['kind'];

/** A request, as the option `faults` gets it. */
export interface FaultRequest {
	method: string;
	/** As in `counts().routes`: `POST /api/digital-connect/conversations/:id/messages`. */
	route: string;
	/** Without the query string. */
	path: string;
	/** Of routes that have one. */
	conversationId?: string;
	/** The number of earlier requests of this route. */
	index: number;
	/** The number of all earlier requests that could have had a fault. */
	total: number;
}

const general: FaultKind[] = ['unavailable', 'hang', 'cut', 'drip'];
const ofStorage: FaultKind[] = ['storageError', 'redirect'];
const withToken: FaultKind[] = ['rateLimited', ...general, 'tokenDies'];

/** The faults of each route; the first match counts. The storage is no part of Talkdesk's API and has no 429. */
const places: Array<[route: RegExp, kinds: FaultKind[]]> = [
	[/^POST \/id\//, ['rateLimited', ...general]],
	[/^POST \/api\/digital-connect\/.*\/messages$/, [...withToken, 'conversationEnds']],
	[/ \/api\/(digital-connect|attachments|cm)\//, withToken],
	[/^PUT \/uploads\//, [...general, ...ofStorage]],
	[/^GET \/downloads\//, [...general, ...ofStorage, 'stall']],
];

/** The faults that are possible on a route; none for routes without faults. */
export function possibleFaults(route: string): readonly FaultKind[] {
	return places.find(([pattern]) => pattern.test(route))?.[1] ?? [];
}

/** The name of a fault: `cut after`. */
export const nameOf = (fault: Fault) =>
	'when' in fault ? `${fault.kind} ${fault.when}` : fault.kind;

/** Whether a fault is possible on a route. */
export function isPossible(fault: Fault, route: string): boolean {
	const possible = possibleFaults(route);
	// A download that can stall can be cut, too.
	return possible.includes(isMidway(fault) ? 'stall' : fault.kind);
}

/** Whether it happens in the middle of the bytes of a download. */
export function isMidway(fault: Fault): boolean {
	return fault.kind === 'stall' || (fault.kind === 'cut' && fault.when === 'midway');
}
