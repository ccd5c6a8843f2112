import {
	issueAccessToken,
	TOKEN_SECONDS,
	verifyAccessToken,
} from '../../../../nodes/Talkdesk/trigger/authentication/accessToken';

const SUBJECT = { clientId: 'id', clientSecret: 'secret', audience: 'trigger' };
const NOW = 1_800_000_000_000;
/** The clocks of two machines may differ by so many seconds. */
const SKEW = 5;

const isGoodAfter = (seconds: number) =>
	verifyAccessToken(issueAccessToken(SUBJECT, NOW), SUBJECT, NOW + seconds * 1000);

it.each([
	['on a clock that is as slow as it may be', -SKEW, true],
	['on a clock that is slower', -SKEW - 0.001, false],
	['until just before its end', TOKEN_SECONDS + SKEW - 0.001, true],
	['at its end', TOKEN_SECONDS + SKEW, false],
])('a token is good or not, %s', (_when, seconds, expected) => {
	expect(isGoodAfter(seconds)).toBe(expected);
});
