import { NodeOperationError } from 'n8n-workflow';

import type { ItemContext } from './item';

/** Zero-width characters, which come along when an address is copied. */
const INVISIBLE = /[\u200B-\u200D\u2060\uFEFF\u00AD]/g;

/** Names that nobody has (RFC 2606, RFC 6761): a model that makes up an address takes one of these. */
const RESERVED_DOMAIN = /(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|net|org|edu)$/;

export type EmailResult = { ok: true; email: string } | { ok: false; problem: string };

/**
 * Reads one e-mail address as people and systems write it: `Ann <ann@example.com>`, `mailto:`, with a point at the end, with
 * a domain in any script. What stands before the @ is the mail server's own business (RFC 5321, section 4.1.2), so any text
 * without blanks will do; a check that is stricter than Talkdesk's own would keep customers from a human.
 *
 * @returns the address, its domain in lower case and as ASCII (`xn--…`), or what is wrong with it
 */
export function parseEmail(value: string): EmailResult {
	const shown = value.replace(INVISIBLE, '').trim();
	if (shown === '') return { ok: false, problem: 'is empty' };
	const [, bracketed] = /^[^<>]*<([^<>]*)>$/.exec(shown) ?? [];
	const address = (bracketed ?? shown).trim().replace(/^mailto:/i, '');
	const parts = address.split('@');
	const [local = '', domain = ''] = parts;
	if (parts.length > 2 && /[,;\s]/.test(address)) {
		return { ok: false, problem: 'has several addresses' };
	}
	if (parts.length !== 2 || local === '' || /[\s,;<>]/.test(address)) {
		return { ok: false, problem: 'is not an e-mail address' };
	}
	const host = toAscii(domain.replace(/\.$/, ''));
	if (host === undefined) return { ok: false, problem: 'is not an e-mail address' };
	return { ok: true, email: `${local}@${host}` };
}

/** `münchen.de` is `xn--mnchen-3ya.de`; undefined for what can't be the name of a host. */
function toAscii(domain: string): string | undefined {
	if (!/^[^\s/\\?#:@[\]%]+$/.test(domain) || domain.startsWith('.') || domain.includes('..')) {
		return undefined;
	}
	// A URL would take it for an IP address, and write it in another way: workflows make up `chat@123456789`.
	if (/^[\w.-]*$/.test(domain) && /(^|\.)(\d+|0x[\da-f]*)$/i.test(domain))
		return domain.toLowerCase();
	const url = `http://${domain}`;
	return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Whether nobody can have this address, since its domain is reserved for documentation and tests. */
export function isReserved(email: string): boolean {
	return RESERVED_DOMAIN.test(email.slice(email.indexOf('@') + 1));
}

/**
 * The address of a customer.
 *
 * @param name of the parameter, for the error
 * @throws NodeOperationError that names the parameter and the item
 */
export function checkEmail(
	{ functions, itemIndex }: ItemContext,
	name: string,
	value: string,
	{ isTool = false } = {},
): string {
	const parsed = parseEmail(value);
	const problem = !parsed.ok
		? parsed.problem
		: isTool && isReserved(parsed.email)
			? 'is a made-up address'
			: undefined;
	if (parsed.ok && problem === undefined) return parsed.email;
	throw new NodeOperationError(functions.getNode(), `The parameter ${name} ${problem}`, {
		itemIndex,
		description: isTool
			? 'Ask the customer for the e-mail address, and call this tool again with it.'
			: 'Talkdesk takes one address, such as name@example.com.',
	});
}
