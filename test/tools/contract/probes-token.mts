import { z } from 'zod';

import { parseTokenResponse } from '../../../nodes/Talkdesk/api/token';
import { parseJson } from '../../../nodes/Talkdesk/text/json';
import { describeShape } from '../../../nodes/Talkdesk/text/bodyShape';
import type { Answer } from './api.mts';
import { newKey, type Context } from './probe.mts';
import { describeAnswer } from './shape.mts';

const KNOWN_SCOPES = [
	...['digital-connect:write', 'digital-connect:read', 'attachments:request'],
	...['attachments:write', 'attachments:read', 'attachments:download'],
];
const DIGITAL_CONNECT = /^digital-connect:/;

const tokenSchema = z.object({ access_token: z.string() });
const claimsSchema = z.object({ scp: z.array(z.string()) });

/** No token, so that nothing else can be checked. */
export class NoToken extends Error {}

function claimsOf({ body }: Answer): unknown {
	const parsed = tokenSchema.safeParse(body);
	const [, claims = ''] = parsed.success ? parsed.data.access_token.split('.') : [];
	return parseJson(Buffer.from(claims, 'base64url').toString());
}

function describeScopes(scopes: string[] | undefined): string {
	if (!scopes) return 'no scopes';
	const known = KNOWN_SCOPES.filter((scope) => scopes.includes(scope));
	const others = scopes.length - known.length;
	return [...known, ...(others > 0 ? [`${others} others`] : [])].join(' ');
}

/**
 * Looks at the token, and at requests with a wrong one.
 *
 * @throws NoToken
 */
export async function probeToken(context: Context): Promise<void> {
	const { api, created, findings, settings } = context;
	const answer = await api.fetchToken();
	const parsed = parseTokenResponse(answer, settings);
	if (!parsed.ok) throw new NoToken(parsed.problem);

	const { body } = answer;
	const lifetime = z.object({ expires_in: z.number() }).safeParse(body);
	findings.record(
		'token.lifetime',
		lifetime.success && Math.abs(lifetime.data.expires_in - 600) <= 5,
		lifetime.success ? `${lifetime.data.expires_in} s` : describeAnswer(answer),
	);
	const scope = z.object({ scope: z.string().min(1) }).safeParse(body);
	const { scopes } = parsed.token;
	findings.record(
		'token.scope',
		scope.success,
		scope.success ? describeScopes(scopes) : describeAnswer(answer),
	);
	const claims = claimsOf(answer);
	const scp = claimsSchema.safeParse(claims);
	findings.record(
		'token.scp',
		scp.success,
		scp.success ? describeScopes(scp.data.scp) : `claims: ${describeShape(claims)}`,
	);

	const withInvalid = await created.start({}, { key: newKey(context), token: 'invalid' });
	findings.record('error.401', withInvalid.status === 401, describeAnswer(withInvalid));

	const other = scopes?.find((each) => !DIGITAL_CONNECT.test(each));
	if (other === undefined) {
		return findings.record('error.403', 'unclear', 'the client has no other scope to try it with');
	}
	const narrow = tokenSchema.safeParse((await api.fetchToken(other)).body);
	if (!narrow.success) return findings.record('error.403', 'unclear', 'no token for one scope');
	const forbidden = await created.start(
		{},
		{ key: newKey(context), token: narrow.data.access_token },
	);
	findings.record('error.403', forbidden.status === 403, describeAnswer(forbidden));
}
