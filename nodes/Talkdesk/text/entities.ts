/** The HTML entities of common characters. */
const NAMED: ReadonlyMap<string, string> = new Map(
	Object.entries({
		...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', shy: '', zwnj: '' },
		...{ zwj: '\u200d', ndash: '–', mdash: '—', hellip: '…', bull: '•', middot: '·', deg: '°' },
		...{ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', laquo: '«' },
		...{ raquo: '»', lsaquo: '‹', rsaquo: '›', iexcl: '¡', iquest: '¿', sect: '§', para: '¶' },
		...{ copy: '©', reg: '®', trade: '™', euro: '€', pound: '£', yen: '¥', cent: '¢' },
		...{ times: '×', divide: '÷', plusmn: '±', frac12: '½', frac14: '¼', frac34: '¾' },
		...{ sup2: '²', sup3: '³', micro: 'µ', larr: '←', rarr: '→', ordf: 'ª', ordm: 'º' },
		...{ szlig: 'ß', ensp: ' ', emsp: ' ', thinsp: ' ', ne: '≠', le: '≤', ge: '≥' },
		...{ infin: '∞', check: '✓', hearts: '♥', OElig: 'Œ', oelig: 'œ', AElig: 'Æ', aelig: 'æ' },
		...{ Oslash: 'Ø', oslash: 'ø', ETH: 'Ð', eth: 'ð', THORN: 'Þ', thorn: 'þ' },
	}),
);

/** The combining marks of entities such as `&eacute;`, an e with an acute. */
const MARKS: ReadonlyMap<string, string> = new Map(
	Object.entries({
		...{ grave: '\u0300', acute: '\u0301', circ: '\u0302', tilde: '\u0303', uml: '\u0308' },
		...{ ring: '\u030a', cedil: '\u0327', caron: '\u030c' },
	}),
);

/**
 * Decodes HTML entities once: `&amp;lt;` becomes `&lt;`. Unknown names stay as they are. Numbers that are no character become
 * U+FFFD, as in a browser.
 */
export function decodeEntities(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(
		/&(?:#(\d{1,10})|#x([0-9a-f]{1,8})|([a-z][a-z0-9]{1,7}));/gi,
		(whole, decimal?: string, hexadecimal?: string, name = '') => {
			if (decimal !== undefined) return character(Number(decimal));
			if (hexadecimal !== undefined) return character(parseInt(hexadecimal, 16));
			return named(name) ?? whole;
		},
	);
}

/** Decodes only the entities of characters that HTML must escape. */
export function decodeEscapes(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(/&(?:amp|lt|gt|quot|apos|nbsp|#0?39|#x27|#34);/gi, (entity) =>
		decodeEntities(entity).replace('\u00a0', ' '),
	);
}

function named(name: string): string | undefined {
	const known = NAMED.get(name) ?? NAMED.get(name.toLowerCase());
	if (known !== undefined) return known;
	const mark = MARKS.get(name.slice(1));
	return mark === undefined ? undefined : `${name.slice(0, 1)}${mark}`.normalize('NFC');
}

function character(code: number): string {
	const isSurrogate = code >= 0xd800 && code <= 0xdfff;
	if (code === 0 || code > 0x10ffff || isSurrogate) return '\ufffd';
	// Control characters except tabs and line ends.
	if (code < 32 && code !== 9 && code !== 10 && code !== 13) return '\ufffd';
	return String.fromCodePoint(code);
}
