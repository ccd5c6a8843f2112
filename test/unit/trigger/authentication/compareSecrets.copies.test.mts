import {
	everyCopy,
	parseAuthorization,
	parseBasic,
	safeCompare,
} from '../../../../nodes/Talkdesk/trigger/authentication/compareSecrets';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('safeCompare', () => {
	it('an empty secret is never the same as anything, not even as nothing', () => {
		expect(safeCompare('', '')).toBe(false);
		expect(safeCompare(undefined, '')).toBe(false);
		expect(safeCompare('secret', 'secret')).toBe(true);
	});

	it.each([[undefined], [null], [1], [['secret']]])('%j is no secret', (given) => {
		expect(safeCompare(given, 'secret')).toBe(false);
	});
});

describe('everyCopy', () => {
	const copies = (count: number) => Array<string>(count).fill('key').join(',');
	const isKey = (copy: string) => copy === 'key';

	it('takes a value that came up to five times, and no more', () => {
		expect(everyCopy(copies(5), isKey)).toBe(true);
		expect(everyCopy(copies(6), isKey)).toBe(false);
	});

	it('takes no value that stands among others', () => {
		expect(everyCopy('key,other', isKey)).toBe(false);
		expect(everyCopy('key,key,other', isKey)).toBe(false);
	});
});

it('an Authorization header may have more blanks than one', () => {
	const read = (authorization: string) => parseAuthorization({ authorization }, 'Bearer');
	expect(read('Bearer   token  ')).toBe('token');
	expect(read('Basic token')).toBeUndefined();
});

it('what has no colon is no pair of user and password', () => {
	// Cut somewhere else, "secret" would be the user "secre" with the password "secret".
	expect(parseBasic(base64('secret'))).toEqual([]);
	expect(parseBasic(base64(':'))).toContainEqual({ user: '', password: '' });
});
