const NAMED: Readonly<Record<string, string>> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	nbsp: ' ',
};

function unescape(text: string): string {
	return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (all, ...groups) => {
		const [decimal, hex, name]: unknown[] = groups;
		if (typeof name === 'string') return NAMED[name.toLowerCase()] ?? all;
		const code = typeof decimal === 'string' ? Number(decimal) : parseInt(String(hex), 16);
		return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
	});
}

/** HTML as plain text: a line for each block, no tags. What doesn't begin with a tag stays as it is. */
export function htmlToText(text: string): string {
	if (!/^\s*<[a-z][^>]*>/i.test(text)) return text;
	const plain = text
		.replace(/<img\b[^>]*>/gi, '[image]')
		.replace(/<br\b[^>]*>|<\/(?:p|div|li|tr|h[1-6]|blockquote)\s*>/gi, '\n')
		.replace(/<\/?[a-z][^<>]*>/gi, '');
	return unescape(plain)
		.replace(/\n{3,}/g, '\n\n')
		.trim();
}

/** Slack's own form, `Hi &amp; <mailto:ana@example.com|ana@example.com>`, as plain text. */
export function slackToText(text: string): string {
	const plain = text.replace(/<([^<>|]{1,2000})(?:\|([^<>]{0,2000}))?>/g, (_all, target, label) =>
		typeof label === 'string' && label !== ''
			? label
			: String(target)
					.replace(/^mailto:|^tel:/, '')
					.replace(/^!/, '@'),
	);
	return unescape(plain);
}
