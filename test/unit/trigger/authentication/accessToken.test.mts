import { createHmac } from 'node:crypto';

import {
	verifyAccessToken,
	issueAccessToken,
} from '../../../../nodes/Talkdesk/trigger/authentication/accessToken';

const subject = { clientId: 'id', clientSecret: 'secret', audience: 'trigger-1' };
const NOW = Date.parse('2026-02-03T04:05:06.789Z');
const token = issueAccessToken(subject, NOW);
const [header = '', claims = '', signature = ''] = token.split('.');

const encode = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
const isGood = (given: unknown, now = NOW) => verifyAccessToken(given, subject, now);

/** What somebody could sign who found out the key. */
const signed = (content: unknown, head = header) => {
	const key = createHmac('sha256', subject.clientSecret)
		.update('Talkdesk Trigger access token\nid')
		.digest();
	const text = `${head}.${encode(content)}`;
	return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};
const good = { aud: 'trigger-1', iat: 1_770_091_506, exp: 1_770_092_106 };

it('is a JWT with a time to live of ten minutes, and without a secret', () => {
	expect(decode(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
	expect(decode(claims)).toEqual(good);
	expect(Buffer.from(token).toString() + JSON.stringify(decode(claims))).not.toContain('secret');
	expect(signed(good)).toBe(token);
});

it('is good for the trigger and the client that it was made for', () => {
	expect(isGood(token)).toBe(true);
	expect(verifyAccessToken(token, { ...subject }, NOW)).toBe(true);
});

it.each([{ audience: 'trigger-2' }, { clientId: 'id2' }, { clientSecret: 'secret2' }])(
	'is no good with %j',
	(change) => {
		expect(verifyAccessToken(token, { ...subject, ...change }, NOW)).toBe(false);
	},
);

it('lives for ten minutes and a few seconds, and may come from a clock that is a little fast', () => {
	expect(isGood(token, NOW + 600_000)).toBe(true);
	expect(isGood(token, NOW + 606_000)).toBe(false);
	expect(isGood(token, NOW - 4_000)).toBe(true);
	expect(isGood(token, NOW - 7_000)).toBe(false);
});

it.each([
	['without a signature', `${header}.${claims}.`],
	['without the dots', `${header}${claims}${signature}`],
	['with a part more', `${token}.${signature}`],
	['with another signature', `${header}.${claims}.${signature.split('').reverse().join('')}`],
	['with a padded signature', `${token}=`],
	['with a space', `${token} `],
	['with other claims', `${header}.${encode({ ...good, exp: 9_999_999_999 })}.${signature}`],
	['of the algorithm none', `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`],
	['of the algorithm none, signed', signed(good, encode({ alg: 'none', typ: 'JWT' }))],
	[
		'of the algorithm none, with a good signature',
		`${encode({ alg: 'none' })}.${claims}.${signature}`,
	],
	['without a header', `.${claims}.${signature}`],
	['of another algorithm', signed(good, encode({ alg: 'HS512', typ: 'JWT' }))],
	['with a header in another order', signed(good, encode({ typ: 'JWT', alg: 'HS256' }))],
	['empty', ''],
	['two dots', '..'],
	['a list', [token]],
	['nothing', undefined],
])('refuses a token %s', (_what, given) => {
	expect(isGood(given)).toBe(false);
});

it.each([
	{ ...good, aud: ['trigger-1'] },
	{ ...good, aud: undefined },
	{ ...good, exp: '1770092106' },
	{ ...good, exp: undefined },
	{ ...good, iat: undefined },
	null,
	'text',
	[],
])('refuses the claims %j, even when they are signed', (content) => {
	expect(isGood(signed(content))).toBe(false);
});

it('nobody has a token while id or secret is empty', () => {
	for (const empty of [{ clientId: '' }, { clientSecret: '' }]) {
		const without = { ...subject, ...empty };
		expect(verifyAccessToken(issueAccessToken(without, NOW), without, NOW)).toBe(false);
	}
});
