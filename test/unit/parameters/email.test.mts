import { isReserved, parseEmail } from '../../../nodes/Talkdesk/parameters/email';

it.each([
	['ann@example.com', 'ann@example.com'],
	['  ann@example.com\n', 'ann@example.com'],
	['Ann.Smith+tag@EXAMPLE.com', 'Ann.Smith+tag@example.com'],
	["o'brien@example.com", "o'brien@example.com"],
	['o&m@example.com', 'o&m@example.com'],
	['a/b@example.com', 'a/b@example.com'],
	['bounce=x@example.com', 'bounce=x@example.com'],
	['müller@example.com', 'müller@example.com'],
	['u@exämple.de', 'u@xn--exmple-cua.de'],
	['u@例え.jp', 'u@xn--r8jz45g.jp'],
	['user@example.xn--p1ai', 'user@example.xn--p1ai'],
	['maria@example.com.', 'maria@example.com'],
	['Maria <maria@example.com>', 'maria@example.com'],
	['"Silva, Maria" <maria@example.com>', 'maria@example.com'],
	['<maria@example.com>', 'maria@example.com'],
	['mailto:maria@example.com', 'maria@example.com'],
	['maria@example.com\u200b', 'maria@example.com'],
	['5511999999999@s.whatsapp.net', '5511999999999@s.whatsapp.net'],
	['telegram--100123@customers.example', 'telegram--100123@customers.example'],
	['user@localhost', 'user@localhost'],
	['chat@123456789', 'chat@123456789'],
	['chat@5511999999999', 'chat@5511999999999'],
	['ann@Host.1', 'ann@host.1'],
	['ann@0x7f', 'ann@0x7f'],
])('%j is valid: %s', (value, email) => {
	expect(parseEmail(value)).toEqual({ ok: true, email });
});

it.each([
	['', 'is empty'],
	['\u200b', 'is empty'],
	['ann', 'is not a valid email address'],
	['@example.com', 'is not a valid email address'],
	['ann@', 'is not a valid email address'],
	['ann@@example.com', 'is not a valid email address'],
	['ann smith@example.com', 'is not a valid email address'],
	['ann@exa mple.com', 'is not a valid email address'],
	['ann@example.com/path', 'is not a valid email address'],
	['ann@example.com:80', 'is not a valid email address'],
	['ann@.com', 'is not a valid email address'],
	['ann@exa..mple', 'is not a valid email address'],
	['maria@example.com,ana@example.com', 'has several email addresses'],
	['maria@example.com; ana@example.com', 'has several email addresses'],
])('%j %s', (value, problem) => {
	expect(parseEmail(value)).toEqual({ ok: false, problem });
});

it.each(['a@example.com', 'a@sub.example.org', 'a@x.test', 'a@x.invalid', 'a@localhost'])(
	'the address %s is reserved',
	(email) => expect(isReserved(email)).toBe(true),
);
it.each(['a@example.com.br', 'a@myexample.com', 'a@testing.com', 'a@corp.local'])(
	'the address %s is not reserved',
	(email) => expect(isReserved(email)).toBe(false),
);
