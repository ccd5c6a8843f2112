import type { IncomingHttpHeaders } from 'node:http';

/** The names under which a server that listens on 127.0.0.1 may be called. */
const OWN_NAMES = ['127.0.0.1', 'localhost'];

/**
 * Looks whether a request can come from a page of ours, or from a program on this machine. Any web site can make a browser
 * call 127.0.0.1: as itself (its `Origin` is foreign), or under a name of its own that it has pointed there (its `Host` is
 * foreign).
 *
 * @returns why the request is refused, or undefined
 */
export function foreignness({ host = '', origin }: IncomingHttpHeaders): string | undefined {
	const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
	if (!OWN_NAMES.includes(name)) return 'This is served on 127.0.0.1 and localhost only';
	if (origin !== undefined && origin !== `http://${host}`) return 'The request is of another site';
	return undefined;
}
