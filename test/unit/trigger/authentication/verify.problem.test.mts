import {
	inboundProblem,
	parseWebhookCredential,
} from '../../../../nodes/Talkdesk/trigger/authentication/verify';

const problemOf = (credential: object) => inboundProblem(parseWebhookCredential(credential));

it.each([
	['apiKey', false, 'Webhook API Key of the credential is empty'],
	['basicAuth', true, 'Webhook User and Webhook Password of the credential are empty'],
	['oAuth2', true, 'Webhook Client ID and Webhook Client Secret of the credential are empty'],
])('in the mode %s a missing secret is a mistake: %j', (mode, isMistake, words) => {
	expect(problemOf({ webhookAuthentication: mode })).toEqual({
		isMistake,
		problem: expect.stringContaining(words),
	});
});

it.each(['\n', '\t', '\0', '\u200b', '\u2028', '\u2029'])(
	'a secret that no header can carry is a mistake: %j inside',
	(character) => {
		const problem = problemOf({
			webhookAuthentication: 'basicAuth',
			webhookUser: 'u',
			webhookPassword: `s3${character}cret`,
		});
		expect(problem).toEqual({
			isMistake: true,
			problem: expect.stringMatching(/^Webhook Password has a line break/),
		});
		expect(problem?.problem).not.toContain('s3');
	},
);

it.each([
	{ webhookAuthentication: 'none' },
	{ webhookAuthentication: 'none', webhookApiKey: 'a\nb' },
	{ webhookAuthentication: 'apiKey', webhookApiKey: 'a b' },
	{ webhookAuthentication: 'apiKey', webhookApiKey: 'a', webhookPassword: 'p\nw' },
	{ webhookAuthentication: 'oAuth2', webhookClientId: 'i', webhookClientSecret: 'ü' },
])('%j has no problem', (credential) => {
	expect(problemOf(credential)).toBeUndefined();
});
