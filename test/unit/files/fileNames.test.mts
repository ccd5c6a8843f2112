import { cleanName, distinctNames, uniqueName } from '../../../nodes/Talkdesk/files/fileNames';

describe('the name of a file', () => {
	const size = (name: string) => Buffer.byteLength(name);

	it.each([
		['bill.pdf', 'bill.pdf'],
		['Überweisung 2026 (1).pdf', 'Überweisung 2026 (1).pdf'],
		['👨‍👩‍👧.png', '👨‍👩‍👧.png'],
		['invoice/2026.pdf', 'invoice_2026.pdf'],
		['..\\..\\etc\\passwd', '.._.._etc_passwd'],
		['a\u202Efdp.exe', 'afdp.exe'],
		['\u2066a\u2069\u200F\u061C.txt', 'a.txt'],
		['a\nb\0\x7f\x85.txt', 'a_b_.txt'],
		['a\u2028b.txt', 'a_b.txt'],
		['cut \ud83d.txt', 'cut \uFFFD.txt'],
		['  a.txt ', 'a.txt'],
		['', 'data'],
		[' \u202E ', 'data'],
		['.', 'data'],
		['..', 'data'],
	])('%j becomes %j', (name, clean) => {
		expect(cleanName(name, 'data')).toBe(clean);
	});

	it.each([
		['Ä'.repeat(200) + '.pdf', /^Ä+\.pdf$/],
		['👨‍👩‍👧'.repeat(40) + '.tar.gz', /^(👨‍👩‍👧)+\.gz$/u],
		['a'.repeat(300), /^a+$/],
		['a.' + 'b'.repeat(300), /^a\.b+$/],
	])('%s is shortened to 255 bytes, between characters, with its extension', (name, short) => {
		const clean = cleanName(name, 'data');
		expect(clean).toMatch(short);
		expect(size(clean)).toBeLessThanOrEqual(255);
		expect(size(clean)).toBeGreaterThan(230);
		const unique = uniqueName(clean, '1f3a5b7c');
		expect(unique).toContain('-1f3a5b7c');
		expect(size(unique)).toBeLessThanOrEqual(255);
	});

	it('is the default if its first character is too long', () => {
		expect(cleanName('a' + '\u0301'.repeat(300) + '.txt', 'data')).toBe('data');
	});

	it('is different for each file of a message', () => {
		expect(distinctNames(['image.png', 'a.txt', 'Image.png', 'image-2.png', 'image.png'])).toEqual([
			'image.png',
			'a.txt',
			'Image-3.png',
			'image-2.png',
			'image-4.png',
		]);
	});
});

it.each([
	['bill.pdf', 'bill-1f3a.pdf'],
	['archive.tar.gz', 'archive.tar-1f3a.gz'],
	['README', 'README-1f3a'],
	['.env', '.env-1f3a'],
	['', '-1f3a'],
])('%s becomes the unique name %s', (name, unique) => {
	expect(uniqueName(name, '1f3a')).toBe(unique);
});
