import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { quoteParameter, type ItemContext } from './item';

export const emailProperty: INodeProperties = {
	displayName: 'Contact Email',
	name: 'contactEmail',
	type: 'string',
	default: '',
	placeholder: 'e.g. name@example.com',
};

/** Zero-width characters, which copied addresses may contain. */
const INVISIBLE = /[\u200B-\u200D\u2060\uFEFF\u00AD]/g;

/** Domains that never exist (RFC 2606, RFC 6761). Models make up addresses with them. */
const RESERVED_DOMAIN = /(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|net|org|edu)$/;

export type EmailResult = { ok: true; email: string } | { ok: false; problem: string };

/**
 * Parses one email address: also `Ann <ann@example.com>`, `mailto:`, a final period, and domains in any script.
 *
 * Any text without spaces is accepted before the @ (RFC 5321, section 4.1.2). A stricter check than Talkdesk's own would
 * keep customers from a human.
 *
 * @returns the address, with its domain in lower case and ASCII (`xn--…`); or the problem, to follow the parameter's name
 */
export function parseEmail(value: string): EmailResult {
	const shown = value.replace(INVISIBLE, '').trim();
	if (shown === '') return { ok: false, problem: 'is empty' };
	const [, bracketed] = /^[^<>]*<([^<>]*)>$/.exec(shown) ?? [];
	const address = (bracketed ?? shown).trim().replace(/^mailto:/i, '');
	const parts = address.split('@');
	const [local = '', domain = ''] = parts;
	if (parts.length > 2 && /[,;\s]/.test(address)) {
		return { ok: false, problem: 'has several email addresses' };
	}
	const host =
		parts.length === 2 && local !== '' && !/[\s,;<>]/.test(address)
			? toAscii(domain.replace(/\.$/, ''))
			: undefined;
	if (host === undefined) return { ok: false, problem: 'is not a valid email address' };
	return { ok: true, email: `${local}@${host}` };
}

/** The ASCII form of a domain: `xn--mnchen-3ya.de` for `münchen.de`; undefined if it is no host name. */
function toAscii(domain: string): string | undefined {
	if (!/^[^\s/\\?#:@[\]%]+$/.test(domain) || domain.startsWith('.') || domain.includes('..')) {
		return undefined;
	}
	// A URL would rewrite it as an IP address. Workflows make up addresses such as `chat@123456789`.
	if (/^[\w.-]*$/.test(domain) && /(^|\.)(\d+|0x[\da-f]*)$/i.test(domain)) {
		return domain.toLowerCase();
	}
	const url = `http://${domain}`;
	return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Whether the domain of an address is reserved for documentation and tests. */
export function isReserved(email: string): boolean {
	return RESERVED_DOMAIN.test(email.slice(email.indexOf('@') + 1));
}

/**
 * The parsed email address of a customer.
 *
 * @param name of the parameter, as shown in the editor
 * @param options.isTool whether to reject reserved domains, since a model may have made up the address
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
			? 'is a made-up email address'
			: undefined;
	if (parsed.ok && problem === undefined) return parsed.email;
	throw new NodeOperationError(functions.getNode(), `${quoteParameter(name)} ${problem}`, {
		itemIndex,
		description: isTool
			? 'Ask the customer for their email address, then call this tool again with it.'
			: 'Enter one email address, such as name@example.com.',
	});
}
