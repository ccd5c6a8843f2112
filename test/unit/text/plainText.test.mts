import fc from 'fast-check';

import { toPlainText } from '../../../nodes/Talkdesk/text/plainText';

describe('HTML', () => {
	it.each([
		['<p>Hi <b>Maria</b> &amp; Co<br></p>', 'Hi Maria & Co'],
		['<P>One</P><P>Two</P>', 'One\nTwo'],
		['<div>One</div><div><br></div><div>Two</div>', 'One\n\nTwo'],
		['One<br>Two<br/>Three<br />Four', 'One\nTwo\nThree\nFour'],
		['<p>a<br></p><p>b</p>', 'a\nb'],
		['<p>\n  A  lot\n of   space </p>\n\n<p>and more</p>', 'A lot of space\nand more'],
		['Line one\nline <b>two</b>', 'Line one\nline two'],
		['<h2>Title</h2>Text', 'Title\nText'],
		['Hello <i>dear</i> <b>Maria</b>!', 'Hello dear Maria!'],
		['<ul><li>One</li><li>Two</li></ul>', '- One\n- Two'],
		[
			'Choose:<ul><li><p>One</p></li><li>Two<ul><li>Deep</li></ul></li></ul>Done',
			'Choose:\n- One\n- Two\n  - Deep\nDone',
		],
		['<ol><li>One</li><li>Two</li></ol>', '1. One\n2. Two'],
		['<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table>', 'A 1\nB 2'],
		[
			'See <a href="https://example.com/a?b=1&amp;c=2">this page</a>.',
			'See this page (https://example.com/a?b=1&c=2).',
		],
		["<a href='https://example.com/'>example.com</a>", 'example.com'],
		['<a class=x href=https://example.com>https://example.com</a>', 'https://example.com'],
		['<a href="mailto:ann@example.com">ann@example.com</a>', 'ann@example.com'],
		['<a href="https://example.com"><img src="x.png"></a>', 'https://example.com'],
		['<a href="javascript:alert(1)">here</a>', 'here'],
		['<a>here</a>', 'here'],
		['Hi <img alt="😀" src="https://cdn.example.com/1.png">', 'Hi 😀'],
		['<img src="https://cdn.example.com/1.png">', 'https://cdn.example.com/1.png'],
		['<style>p { color: red }</style><p>Hi</p><script>alert("<p>no</p>")</script>', 'Hi'],
		['<p>Hi</p><style>never closed', 'Hi\nnever closed'],
		['<!-- note --><p>Hi</p>', 'Hi'],
		['<pre>a\n  b</pre>', 'a\n  b'],
		['<p><br></p>', ''],
		['<p title="a>b">Hi</p>', 'Hi'],
		["<p data-x='1 > 2, <b>no</b>' class=x>Hi</p>", 'Hi'],
		['<a href="https://example.com" title="1 > 2">link</a>', 'link (https://example.com)'],
		['<p title="never closed>Hi</p>', 'Hi'],
		['<td nowrap class="x">A</td>', 'A'],
		['<b\n style = "color:red" >A</b>', 'A'],
		['<table><tr><th>A</th><td>1</td></tr></table>', 'A 1'],
		['<ul><li>One</li></ul><ol><li>A</li></ol>', '- One\n1. A'],
		['<li>One</li><li>Two</li>', '- One\n- Two'],
		['a<ul><li>b</li></ul>', 'a\n- b'],
		['<p>a</p>b<p>c</p>', 'a\nb\nc'],
		['<head><meta></head><p>Hi</p><title>no</title>', 'Hi'],
		['<p>Hi</p><noscript>no</noscript><template>no</template>', 'Hi'],
		['<pre>a  b</pre></pre><p>c  d</p>', 'a  b\nc d'],
		['<a href="http://example.com/">example.com</a>', 'example.com'],
		['<a href="https://example.com/a/b">example.com/a/b</a>', 'example.com/a/b'],
		['<a HREF=" http://example.com ">link</a>', 'link (http://example.com)'],
		['See <a href="https://example.com">https://<b>example.com</b></a>', 'See https://example.com'],
		['<a href="https://example.com"> https://example.com </a>', 'https://example.com'],
		['<a href="x:https://example.com">link</a>', 'link'],
		['<a href="tel:+49301234">call</a>', 'call (+49301234)'],
		['<img src="http://example.com/1.png">', 'http://example.com/1.png'],
		['<p>a</p><img><img src="data:https://x">', 'a'],
		['<p>1 < 2 and 3 > 2</p>', '1 < 2 and 3 > 2'],
	])('%j becomes %j', (html, plain) => {
		expect(toPlainText(html)).toBe(plain);
	});

	it.each([
		['<p>&lt;b&gt; &amp;lt; &quot;x&quot; &#39;y&#x27;</p>', `<b> &lt; "x" 'y'`],
		[
			'<p>Gr&uuml;&szlig;e, Jos&eacute; &euro;5&nbsp;&ndash;&nbsp;&Aring;</p>',
			'Grüße, José €5 – Å',
		],
		['<p>&#128512; &#x1F600;</p>', '😀 😀'],
		['<p>&#0; &#xD800; &#x110000; &#9999999999; &#1;</p>', '\ufffd \ufffd \ufffd \ufffd \ufffd'],
		['<p>AT&T &unknown; & &;</p>', 'AT&T &unknown; & &;'],
	])('entities are decoded: %j becomes %j', (html, plain) => {
		expect(toPlainText(html)).toBe(plain);
	});

	it('entities are decoded in a text without elements, too', () => {
		expect(toPlainText('Tom &amp; Ann &lt;3&nbsp;it&#39;s')).toBe("Tom & Ann <3 it's");
	});
});

describe('Markdown', () => {
	it.each([
		['See [this page](https://example.com/a).', 'See this page (https://example.com/a).'],
		['![a cat](https://example.com/cat.png "Tom")', 'a cat (https://example.com/cat.png)'],
		['[https://example.com](https://example.com)', 'https://example.com'],
		['[write](mailto:ann@example.com)', 'write (ann@example.com)'],
		['[ a ](http://example.com) [](https://b.com)', 'a (http://example.com) https://b.com'],
		['[a]( https://example.com  "title" )', 'a (https://example.com)'],
		['**a**\nb\n**c**', 'a\nb\nc'],
		['**Important:** call **us**!', 'Important: call us!'],
		['✅**Done**, 20**%**', '✅Done, 20**%**'],
		['「**重要**」。(**5 €**) "**so**"', '「重要」。(5 €) "so"'],
	])('%j becomes %j', (markdown, plain) => {
		expect(toPlainText(markdown)).toBe(plain);
	});
});

describe('plain text is unchanged:', () => {
	it.each([
		'a < b and b > c',
		'if a<b and c>d',
		'I <3 you',
		'x <y@z.com>',
		'Write to Ann <ann@example.com>, <b@example.com>',
		'Please send <your name> and <title> or <a>',
		'<address> and <time>, <code>',
		'2*3*4 and 2 ** 3 ** 4',
		'snake_case_name and __init__.py, a__b__c',
		'* 5',
		'*bold* and _italic_ and `code`',
		'# 1 is ours',
		'[1] (see below) and [x](y)',
		'array[0](1)',
		'  two  spaces\nand\ttabs  ',
		'1 & 2; AT&T',
		'¯\\_(ツ)_/¯',
		'<>',
		'<!-- a note',
		'src/**/*.ts and **/x',
		'src/**/a.ts, test/**/b.ts',
		'/**/ x /**/',
		'C:\\**\\x\\**\\y',
		'(x)**(2)**(3)',
		'https://example.com/?x=**y**',
		'if (x <i && y == 2 && z> 3) return',
		'x<u && v=1>y',
		'x <b =5> y',
		'Close it with </b>',
		'</div> is missing, and </a>',
		'<<<',
		'',
	])('%j', (text) => {
		expect(toPlainText(text)).toBe(text);
	});

	it('any text without characters of HTML or Markdown', () => {
		const text = fc.string({ unit: 'binary' }).filter((any) => !/[<&[*_]/.test(any));
		fc.assert(fc.property(text, (any) => expect(toPlainText(any)).toBe(any)));
	});
});

it('never throws, and gives a text for any input', () => {
	const pieces = ['<', '>', '</', '/>', '<p>', '</p>', '<a href="', '"', '<li>', '<ul>', '&#', ';'];
	const more = [
		'&amp;',
		'**',
		'__',
		'[',
		'](https://',
		')',
		'<!--',
		'-->',
		'<script>',
		' ',
		'x',
		'=',
	];
	const soup = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 60 });
	fc.assert(
		fc.property(soup, (list) => expect(typeof toPlainText(list.join(''))).toBe('string')),
		{ numRuns: 3000 },
	);
});

// With quadratic time, these would take minutes.
it.each([
	...['<', '>', '[', ']', '&', '*', '_', '<!--', '<a ', '<a href=', '<p', '<p>', '<li>', '<ul>'],
	...['<script>', '<style', '<a href="https://e">', '</a>', '<a href="https://e">x', '**', '**a'],
	...[
		'__a',
		'[](https://',
		'[a](https://e',
		'![',
		'&#',
		'&a',
		'<ul><li>',
		'<pre>',
		'<img alt="',
		' ',
	],
	...['<br> ', '(', '**a** ', '<p a=">', '<p a=">" a=\'>', '<p a=" '],
])('takes linear time for a megabyte of %j', (piece) => {
	const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
	for (const whole of [text, `${text}>`, `<p>${text}`, `${text}</a></p>`, `[](${text}`]) {
		expect(typeof toPlainText(whole)).toBe('string');
	}
});
