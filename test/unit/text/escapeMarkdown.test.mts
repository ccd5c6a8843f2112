import { escapeMarkdown } from '../../../nodes/Talkdesk/text/escapeMarkdown';

it.each([
	'One.',
	'It comes on Tuesday, at 10:30 – for 10 € (or $11)!',
	'a_b_c in https://shop.internal/a_b?x=1&y=2',
	'a - b + c = d > e',
	'1.5 kg',
	'a {b}',
	'R&D',
	'📎 voucher_1.txt',
])('%s stays as it is', (text) => {
	expect(escapeMarkdown(text)).toBe(text);
});

it.each([
	[
		'marks in a line',
		'2*3*4 _x_ `y` [z](u) <b> \\ ~~s~~',
		'2\\*3\\*4 \\_x\\_ \\`y\\` \\[z\\](u) \\<b> \\\\ \\~\\~s\\~\\~',
	],
	['a heading', '# 1', '\\# 1'],
	['a list', '- a\n+ b\n1. c\n2) d', '\\- a  \n\\+ b  \n1\\. c  \n2\\) d'],
	['a long list', '12345. x\n1.', '12345\\. x  \n1\\.'],
	['old line breaks', 'a\rb', 'a  \nb'],
	['a quote', '> said', '\\> said'],
	['lines under a heading', 'a\n---\nb\n===', 'a  \n\\---  \nb  \n\\==='],
	['a table', 'a|b\n-|-\n:-|-', 'a\\|b  \n\\-\\|-  \n\\:-\\|-'],
	['an entity', '&amp; &#35;', '\\&amp; \\&#35;'],
	['line breaks', 'a\r\nb\n\nc\n\n\n d ', 'a  \nb\n\nc\n\n\n&nbsp;d'],
	['an indent', 'a\n    b\n\tc', 'a  \n&nbsp;&nbsp;&nbsp;&nbsp;b  \n&nbsp;&nbsp;&nbsp;&nbsp;c'],
	['a sign of n8n’s chat', 'n8n|continue', 'n8n\\|continue'],
	['another one', '{"type":"heartbeat"}', '\\{"type":"heartbeat"}'],
	['nothing', ' \n', ''],
])('%s', (_what, text, escaped) => {
	expect(escapeMarkdown(text)).toBe(escaped);
});
