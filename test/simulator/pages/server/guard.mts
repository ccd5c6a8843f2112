import type { IncomingHttpHeaders } from 'node:http';

/** The host names of a server that listens on 127.0.0.1. */
const OWN_NAMES = ['127.0.0.1', 'localhost'];

/**
 * Checks that a request comes from a page of this server, or from a program on this machine. Any web site can make a browser
 * call 127.0.0.1: from its own origin (a foreign `Origin`), or with its own name that points there (DNS rebinding, a foreign
 * `Host`).
 *
 * @returns why the request is rejected, or undefined
 */
export function foreignOriginReason({
	host = '',
	origin,
}: IncomingHttpHeaders): string | undefined {
	const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
	if (!OWN_NAMES.includes(name)) return 'This is served on 127.0.0.1 and localhost only';
	if (origin !== undefined && origin !== `http://${host}`) return 'The request is of another site';
	return undefined;
}
