import { createPublicKey, verify } from 'node:crypto';

import { clock } from '../../support/fakeClock.mts';
import { parseSettings } from '../../../nodes/Talkdesk/api/settings';
import { tokenRequest } from '../../../nodes/Talkdesk/api/token';
import { createSigningClient } from '../../simulator/credential.mts';

const { privateKey, fields } = createSigningClient({ id: 'my client', keyId: 'my key' });
const result = parseSettings({ accountName: 'acme', ...fields });
if (!result.ok) throw new Error(result.problem);
const { settings } = result;

const newAssertion = () => {
	const request = tokenRequest(settings);
	const form = new URLSearchParams(request.body);
	const assertion = form.get('client_assertion') ?? '';
	const parts = assertion.split('.');
	const [header, claims] = parts
		.slice(0, 2)
		.map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()));
	return { request, form, parts, header, claims };
};

it('the request has no Basic header, and names the type of the assertion', () => {
	const { request, form } = newAssertion();
	expect(request.headers).toEqual({
		Accept: 'application/json',
		'Content-Type': 'application/x-www-form-urlencoded',
	});
	expect([...form.keys()]).toEqual(['grant_type', 'client_assertion_type', 'client_assertion']);
	expect(form.get('grant_type')).toBe('client_credentials');
	expect(form.get('client_assertion_type')).toBe(
		'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
	);
});

it('the assertion has the documented header and claims, and no others', () => {
	clock.now = 1_700_000_000_999;
	const { header, claims } = newAssertion();
	expect(header).toEqual({ alg: 'ES256', kid: 'my key' });
	expect(claims).toEqual({
		jti: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
		iss: 'my client',
		sub: 'my client',
		aud: 'https://acme.talkdeskid.com/oauth/token',
		iat: 1_700_000_000,
		exp: 1_700_000_300,
	});
});

it('the assertion is signed with ES256', () => {
	const {
		parts: [header, claims, signature = ''],
	} = newAssertion();
	const bytes = Buffer.from(signature, 'base64url');
	expect(bytes).toHaveLength(64);
	const key = { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' } as const;
	expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, bytes)).toBe(true);
});

it('each assertion is a new one', () => {
	const ids = Array.from({ length: 50 }, () => newAssertion().claims);
	expect(new Set(ids.map((claims) => JSON.stringify(claims))).size).toBe(50);
});
