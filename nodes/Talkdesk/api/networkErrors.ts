import { z } from 'zod';

/** Connections that break and names that can't be looked up just now; not what a wrong setting causes. */
const TRANSIENT_ERRORS = new Set([
	'EAI_AGAIN',
	'ECONNABORTED',
	'ECONNREFUSED',
	'ECONNRESET',
	'EHOSTUNREACH',
	'ENETDOWN',
	'ENETUNREACH',
	'EPIPE',
	'ERR_BAD_RESPONSE',
	'ETIMEDOUT',
]);

/** No connection came about, so nothing was sent. */
const CONNECT_ERRORS = new Set([
	'EAI_AGAIN',
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETDOWN',
	'ENETUNREACH',
	'ENOTFOUND',
]);

/** Whether a network error of this code may be gone at the next attempt. */
export const isTransientNetworkError = (code: string): boolean => TRANSIENT_ERRORS.has(code);

/** Whether a network error of this code came before anything was sent. */
export const isConnectError = (code: string): boolean => CONNECT_ERRORS.has(code);

const networkErrorSchema = z.object({ code: z.string() });
const wrappedErrorSchema = z.object({ cause: networkErrorSchema });

/** The code of a network error (`ECONNREFUSED`, `ENOTFOUND`, …), wherever n8n's or axios' error carries it. */
export function networkErrorCode(error: unknown): string {
	const direct = networkErrorSchema.safeParse(error);
	if (direct.success) return direct.data.code;
	const wrapped = wrappedErrorSchema.safeParse(error);
	return wrapped.success ? wrapped.data.cause.code : 'no answer';
}
