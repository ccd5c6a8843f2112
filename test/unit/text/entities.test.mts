import { decodeEntities, decodeEscapes } from '../../../nodes/Talkdesk/text/entities';

/** Names and characters in the order of the HTML standard's table of entities, by group. */
it.each([
	['&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
	['[&nbsp;][&shy;][&zwnj;][&zwj;]', '[\u00a0][][][\u200d]'],
	['&ndash;&mdash;&hellip;&bull;&middot;&deg;', '–—…•·°'],
	['&lsquo;&rsquo;&sbquo;&ldquo;&rdquo;&bdquo;', '‘’‚“”„'],
	['&laquo;&raquo;&lsaquo;&rsaquo;&iexcl;&iquest;', '«»‹›¡¿'],
	['&sect;&para;&copy;&reg;&trade;', '§¶©®™'],
	['&euro;&pound;&yen;&cent;', '€£¥¢'],
	['&times;&divide;&plusmn;&frac12;&frac14;&frac34;', '×÷±½¼¾'],
	['&sup2;&sup3;&micro;&larr;&rarr;&ordf;&ordm;', '²³µ←→ªº'],
	['[&ensp;][&emsp;][&thinsp;]', '[ ][ ][ ]'],
	['&ne;&le;&ge;&infin;&check;&hearts;', '≠≤≥∞✓♥'],
	['&szlig;&OElig;&oelig;&AElig;&aelig;', 'ßŒœÆæ'],
	['&Oslash;&oslash;&ETH;&eth;&THORN;&thorn;', 'ØøÐðÞþ'],
	['&agrave;&eacute;&icirc;&ntilde;&uuml;&aring;&ccedil;&scaron;', 'àéîñüåçš'],
	['&Agrave;&Eacute;&Icirc;&Ntilde;&Uuml;&Aring;&Ccedil;&Scaron;', 'ÀÉÎÑÜÅÇŠ'],
	// Some programs write names in capitals.
	['&AMP;&NBSP;&EURO;', '&\u00a0€'],
])('%s is %s', (text, decoded) => {
	expect(decodeEntities(text)).toBe(decoded);
});

it.each([
	['&#8364;&#x20AC;&#X20ac;', '€€€'],
	['&#9;&#10;&#13;&#32;', '\t\n\r '],
	['&#0;&#1;&#8;&#11;&#31;', '\ufffd'.repeat(5)],
	['&#xd7ff;&#xd800;&#xdfff;&#xe000;', '\ud7ff\ufffd\ufffd\ue000'],
	['&#x10ffff;&#x110000;&#9999999999;', '\u{10ffff}\ufffd\ufffd'],
	['&amp;lt;', '&lt;'],
	['&unknown; &; &#; &#x; &amp AT&T', '&unknown; &; &#; &#x; &amp AT&T'],
	['no entity', 'no entity'],
])('%s is %j', (text, decoded) => {
	expect(decodeEntities(text)).toBe(decoded);
});

it('only what HTML must escape is decoded in other texts', () => {
	expect(decodeEscapes('&lt;b&gt; &amp; &quot;a&quot; &apos;b&apos; &#39;&#039;&#x27;&#34;')).toBe(
		`<b> & "a" 'b' '''"`,
	);
	expect(decodeEscapes('a&nbsp;b &euro; &#8364;')).toBe('a b &euro; &#8364;');
	expect(decodeEscapes('no entity')).toBe('no entity');
});
