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
const isValid = (given: unknown, now = NOW) => verifyAccessToken(given, subject, now);

/** A token with a valid signature. */
const signed = (content: unknown, head = header) => {
	const key = createHmac('sha256', subject.clientSecret)
		.update('Talkdesk Trigger access token\nid')
		.digest();
	const text = `${head}.${encode(content)}`;
	return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};
const validClaims = { aud: 'trigger-1', iat: 1_770_091_506, exp: 1_770_092_106 };

it('is a JWT that lives ten minutes and contains no secret', () => {
	expect(decode(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
	expect(decode(claims)).toEqual(validClaims);
	expect(Buffer.from(token).toString() + JSON.stringify(decode(claims))).not.toContain('secret');
	expect(signed(validClaims)).toBe(token);
});

it('is valid for the trigger and the client that it was issued for', () => {
	expect(isValid(token)).toBe(true);
	expect(verifyAccessToken(token, { ...subject }, NOW)).toBe(true);
});

it.each([{ audience: 'trigger-2' }, { clientId: 'id2' }, { clientSecret: 'secret2' }])(
	'is not valid with %j',
	(change) => {
		expect(verifyAccessToken(token, { ...subject, ...change }, NOW)).toBe(false);
	},
);

it('tolerates a few seconds of clock skew', () => {
	expect(isValid(token, NOW + 600_000)).toBe(true);
	expect(isValid(token, NOW + 606_000)).toBe(false);
	expect(isValid(token, NOW - 4_000)).toBe(true);
	expect(isValid(token, NOW - 7_000)).toBe(false);
});

it.each([
	['without a signature', `${header}.${claims}.`],
	['without the dots', `${header}${claims}${signature}`],
	['with an additional part', `${token}.${signature}`],
	['with another signature', `${header}.${claims}.${signature.split('').reverse().join('')}`],
	['with a padded signature', `${token}=`],
	['with a space', `${token} `],
	['with other claims', `${header}.${encode({ ...validClaims, exp: 9_999_999_999 })}.${signature}`],
	['of the algorithm none', `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`],
	['of the algorithm none, signed', signed(validClaims, encode({ alg: 'none', typ: 'JWT' }))],
	[
		'of the algorithm none, with a valid signature',
		`${encode({ alg: 'none' })}.${claims}.${signature}`,
	],
	['without a header', `.${claims}.${signature}`],
	['of another algorithm', signed(validClaims, encode({ alg: 'HS512', typ: 'JWT' }))],
	['with a header in another order', signed(validClaims, encode({ typ: 'JWT', alg: 'HS256' }))],
	['empty', ''],
	['two dots', '..'],
	['a list', [token]],
	['nothing', undefined],
])('rejects a token %s', (_what, given) => {
	expect(isValid(given)).toBe(false);
});

it.each([
	{ ...validClaims, aud: ['trigger-1'] },
	{ ...validClaims, aud: undefined },
	{ ...validClaims, exp: '1770092106' },
	{ ...validClaims, exp: undefined },
	{ ...validClaims, iat: undefined },
	null,
	'text',
	[],
])('rejects the claims %j, even if they are signed', (content) => {
	expect(isValid(signed(content))).toBe(false);
});

it('is not valid if id or secret is empty', () => {
	for (const empty of [{ clientId: '' }, { clientSecret: '' }]) {
		const without = { ...subject, ...empty };
		expect(verifyAccessToken(issueAccessToken(without, NOW), without, NOW)).toBe(false);
	}
});
