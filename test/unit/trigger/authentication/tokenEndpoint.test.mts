import { parseWebhookCredential } from '../../../../nodes/Talkdesk/trigger/authentication/verify';
import { verifyAccessToken } from '../../../../nodes/Talkdesk/trigger/authentication/accessToken';
import { handleTokenRequest } from '../../../../nodes/Talkdesk/trigger/authentication/tokenEndpoint';
import { basicAuth } from '../../../support/basicAuth.mts';

const credential = {
	webhookAuthentication: 'oAuth2',
	webhookClientId: 'id',
	webhookClientSecret: 'se:cr et+&%',
};
const subject = { clientId: 'id', clientSecret: 'se:cr et+&%', audience: 'trigger-1' };
const GRANT = { grant_type: 'client_credentials' };
const INVALID_CLIENT = {
	status: 401,
	body: { error: 'invalid_client' },
	headers: {
		'Cache-Control': 'no-store',
		Pragma: 'no-cache',
		'WWW-Authenticate': 'Basic realm="Talkdesk Trigger", charset="UTF-8"',
	},
	rejection: expect.any(String),
};

const ask = (body: unknown, authorization?: string | string[], change: object = {}) =>
	handleTokenRequest({
		credential: parseWebhookCredential({ ...credential, ...change }),
		headers: { authorization },
		body,
		audience: 'trigger-1',
		now: 0,
	});
const inBody = { client_id: 'id', client_secret: 'se:cr et+&%' };

it.each([
	['as a Basic header', GRANT, basicAuth('id:se:cr et+&%')],
	['as a Basic header, form-encoded', GRANT, basicAuth('id:se%3Acr+et%2B%26%25')],
	['in the body', { ...GRANT, ...inBody }, undefined],
	['in a form as n8n parses it', Object.assign(Object.create(null), GRANT, inBody), undefined],
])('gives a token for this trigger to a client %s', (_how, body: unknown, authorization) => {
	const { status, body: answer, headers } = ask(body, authorization);
	expect([status, headers['Cache-Control']]).toEqual([200, 'no-store']);
	expect(answer).toEqual({
		access_token: expect.any(String),
		token_type: 'Bearer',
		expires_in: 600,
	});
	expect(verifyAccessToken(answer.access_token, subject, 0)).toBe(true);
});

it.each([
	['no client', GRANT, undefined],
	['a wrong secret in Basic', GRANT, basicAuth('id:wrong')],
	['a wrong id in Basic', GRANT, basicAuth('other:se:cr et+&%')],
	[
		'a wrong secret in Basic, a right one in the body',
		{ ...GRANT, ...inBody },
		basicAuth('id:wrong'),
	],
	['a wrong secret in the body', { ...GRANT, ...inBody, client_secret: 'wrong' }, undefined],
	['a wrong id in the body', { ...GRANT, ...inBody, client_id: 'wrong' }, undefined],
	['lists', { ...GRANT, client_id: ['id'], client_secret: ['se:cr et+&%'] }, undefined],
	['Basic without a colon', GRANT, basicAuth('idse:cr et+&%'.replace(':', ''))],
	['broken escapes in Basic', GRANT, basicAuth('id:%E0%A4%A')],
	['Bearer instead of Basic', GRANT, basicAuth('id:se:cr et+&%').replace('Basic', 'Bearer')],
	['a wrong grant and no client', { grant_type: 'password' }, undefined],
	['a body that is a text', 'grant_type=client_credentials', undefined],
	['no body', undefined, undefined],
])('rejects %s with a 401 without details', (_what, body, authorization) => {
	expect(ask(body, authorization)).toEqual(INVALID_CLIENT);
});

it.each([
	[{ webhookClientId: '' }, ':se:cr et+&%', { client_id: '', client_secret: 'se:cr et+&%' }],
	[{ webhookClientSecret: '' }, 'id:', { client_id: 'id', client_secret: '' }],
	[{ webhookClientId: '', webhookClientSecret: '' }, ':', { client_id: '', client_secret: '' }],
])('rejects every client if the credential has %j', (change, given, fields) => {
	expect(ask(GRANT, basicAuth(given), change)).toEqual(INVALID_CLIENT);
	expect(ask({ ...GRANT, ...fields }, undefined, change)).toEqual(INVALID_CLIENT);
});

it.each([
	[{ grant_type: 'password' }, 'unsupported_grant_type'],
	[{ grant_type: '' }, 'unsupported_grant_type'],
	[{}, 'invalid_request'],
	[{ grant_type: ['client_credentials', 'client_credentials'] }, 'invalid_request'],
	['text', 'invalid_request'],
	[undefined, 'invalid_request'],
])('answers an authenticated request for %j with the error %s', (body, error) => {
	const { status, body: answer } = ask(body, basicAuth('id:se:cr et+&%'));
	expect([status, answer]).toEqual([400, { error }]);
});

it.each(['apiKey', 'basicAuth', 'none'])('is a 404 in the mode %s', (mode) => {
	const { status, body } = ask({ ...GRANT, ...inBody }, undefined, { webhookAuthentication: mode });
	expect([status, body]).toEqual([404, { error: 'not_found' }]);
});

it('rejects every client if the credential has an unknown mode or is unreadable', () => {
	expect(ask({ ...GRANT, ...inBody }, undefined, { webhookAuthentication: 'new' })).toEqual(
		INVALID_CLIENT,
	);
	const unreadable = handleTokenRequest({
		credential: parseWebhookCredential(undefined),
		headers: {},
		body: GRANT,
		audience: 'trigger-1',
		now: 0,
	});
	expect(unreadable).toEqual(INVALID_CLIENT);
});

it.each([
	['the client is another one', {}, 'another one than in the credential'],
	['the credential has no secret', { webhookClientSecret: '' }, 'Webhook Client Secret of the'],
	['the credential is unreadable', { webhookAuthentication: 'new' }, 'could not be read'],
])('says to the log alone that %s', (_what, change, words) => {
	const { rejection, body } = ask({ ...GRANT, client_id: 'x' }, undefined, change);
	expect(rejection).toContain(words);
	expect(body).toEqual({ error: 'invalid_client' });
});

it('no cache may keep an answer, with a token or without', () => {
	const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
	const answers = [
		ask({ ...GRANT, ...inBody }),
		ask({ grant_type: 'password', ...inBody }),
		ask(inBody),
		ask(GRANT, undefined, { webhookAuthentication: 'apiKey' }),
	];
	expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 404]);
	for (const { headers } of answers) expect(headers).toEqual(noStore);
});
