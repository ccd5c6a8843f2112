import { sha256Json } from '../../../nodes/Talkdesk/text/hash';
import { parseJson } from '../../../nodes/Talkdesk/text/json';
import { wellFormed, withoutLoneSurrogates } from '../../../nodes/Talkdesk/text/wellFormed';
import { words } from '../../../nodes/Talkdesk/text/words';

it('half of an emoji becomes U+FFFD, a whole one stays', () => {
	expect(withoutLoneSurrogates('a\ud83d b\ude00 😀')).toBe('a\ufffd b\ufffd 😀');
});

it('keys and texts of all levels are well-formed, other values stay', () => {
	const date = new Date(0);
	const value = { 'a\ud83d': ['b\ude00', { c: 'd\ud83d' }], none: null, count: 1, date };
	expect(wellFormed(value)).toEqual({
		'a\ufffd': ['b\ufffd', { c: 'd\ufffd' }],
		none: null,
		count: 1,
		date,
	});
	expect(wellFormed({ date })).toHaveProperty('date', date);
	expect(wellFormed(undefined)).toBeUndefined();
});

it('text that is no JSON has no value', () => {
	expect(parseJson('{"a":1}')).toEqual({ a: 1 });
	expect(parseJson('{a}')).toBeUndefined();
});

it('the hash of parts is SHA-256 of their JSON, in hexadecimal', () => {
	// printf '["a",1]' | sha256sum
	expect(sha256Json(['a', 1])).toBe(
		'135f17a475a61afdeeaf3759ad2e45ad1c7abb192395abe47e41fc8e395dc1a9',
	);
});

it('words are separated by any white space', () => {
	expect(words('\n\ta b\n\tc\n')).toEqual(['a', 'b', 'c']);
});
