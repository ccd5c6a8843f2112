import { oddAnswers } from '../../simulator/odd-answers.mts';
import type { Answered, SimulatorOptions } from '../../simulator/simulator.mts';
import {
	CANARIES,
	changed,
	check,
	idsOf,
	leftIn,
	startContractSimulator,
} from './contract-fixtures.mts';
import type { AssumptionId } from './assumptions.mts';
import { assumptionIds } from './findings.mts';
import { isAboutCalls } from './assumptions.mts';

// Each runs the whole check, some hundred requests.
jest.setTimeout(60_000);

const status = (wanted: number) => (answered: Answered) => answered.status === wanted;
const json = ({ requestBody }: Answered) => JSON.stringify(requestBody) ?? '';
const error = (code: number, more: object = {}) => ({
	...{ status: code, type: 'application/json' },
	body: { code: `local-${code}`, message: 'Another answer', ...more },
});
const missing = { id: 'c', created_at: '2024-01-01T09:00:00.000Z', message_id: 'm' };

/** Refuses sizes as numbers, and takes them as text; the last attachment with content isn't known. */
function onlySizesAsText() {
	let withContent = 0;
	return changed(
		'send',
		(answered) => json(answered).includes('"size":'),
		(answered) => {
			if (/"size":\d/.test(json(answered))) return error(400);
			const isUnknown = json(answered).includes('"content"') && ++withContent > 1;
			return isUnknown ? error(400) : { status: 201, body: missing };
		},
	);
}

/** What the simulator is told to break, by the assumption that the check then has to name. */
const BREAKS: Record<string, SimulatorOptions> = {
	'token.lifetime': { tokenLifetimeSeconds: 3600 },
	'token.scope': { answers: oddAnswers({ token: 'scopeMissing' }) },
	'token.scp': { tokenForm: 'opaque' },
	'ids.text': { numericIds: true },
	'error.body': {
		answers: changed('start', status(404), { body: { code: null, message: 'Unknown' } }),
	},
	'error.401': { answers: changed('start', status(401), error(403)) },
	'error.403': { answers: changed('start', status(403), error(401)) },
	'start.empty': {
		answers: changed(
			'start',
			(answered) => json(answered) === '{}' && answered.status === 400,
			error(422),
		),
	},
	'start.touchpoint': { answers: changed('start', status(404), error(400)) },
	'start.types': { messageTypeSpelling: 'upper' },
	'start.type-error': {
		answers: changed('start', (answered) => json(answered).includes('"nobody"'), error(400)),
	},
	'start.key-after-refusal': { refusedKeys: 'spent' },
	'start.key': { honorStartKeys: false },
	'start.key-after-end': { startKeysAfterEnd: 'new' },
	'send.fields': { answers: oddAnswers({ send: 'createdAtNull' }) },
	'send.key': { honorMessageKeys: false },
	'send.key-elsewhere': { messageKeysCountPer: 'conversation' },
	'send.key-after-end': { messageKeysAfterEnd: 'ended' },
	'send.empty': {
		answers: changed('send', (answered) => json(answered) === '{}', { status: 201, body: missing }),
	},
	'send.unknown': { answers: changed('send', status(404), error(410)) },
	'send.ended-code': {
		answers: (answered) =>
			json({ ...answered, requestBody: answered.body }).includes('3016011')
				? error(409, { code: '3016012' })
				: undefined,
	},
	'send.ended-status': { endedStatus: 422 },
	'send.size': { answers: onlySizesAsText() },
	'send.attachments-only': {
		answers: changed('send', (answered) => json(answered).startsWith('{"attachments"'), error(400)),
	},
	'send.missing-attachment': {
		answers: changed(
			'send',
			(answered) => answered.status === 400 && json(answered).includes('"size"'),
			{
				status: 206,
				body: { ...missing, partial_fail_reason: null },
			},
		),
	},
	'end.status': {
		answers: changed('end', status(204), { status: 200, type: 'application/json', body: {} }),
	},
	'end.again': { answers: changed('end', status(409), { status: 204, body: undefined }) },
	'end.unknown': { answers: changed('end', status(404), { status: 204, body: undefined }) },
	'upload.put': { uploadFailure: () => 403 },
	'upload.type': { uploadTypes: 'any' },
	'attachment.fields': { answers: oddAnswers({ attachment: 'sizeText' }) },
	'attachment.name-taken': { attachmentNames: 'any' },
	'attachment.other-name': { uploadsAfterConflict: 'spent' },
	'attachment.list': { answers: oddAnswers({ list: 'linksOnly' }) },
	'attachment.download': {
		answers: changed('link', status(200), ({ body }) => ({
			body: { ...Object(body), expire_time: 1_700_000_000 },
		})),
	},
	'attachment.delete': {
		answers: changed('remove', status(204), { status: 202, body: undefined }),
	},
};

const setUp = async (options: SimulatorOptions = {}) => {
	const { talkdesk, secrets } = await startContractSimulator(options);
	try {
		const { result, shown } = await check(talkdesk);
		return { result, shown, left: leftIn(talkdesk), secrets: [...secrets] };
	} finally {
		await talkdesk.close();
	}
};

test('everything holds for a Talkdesk that keeps the contract', async () => {
	const { result, left, secrets } = await setUp();
	expect(result.problem).toBeUndefined();
	expect(idsOf(result, 'held')).toEqual(assumptionIds().filter((id) => !isAboutCalls(id)));
	expect([result.left, left]).toEqual([[], []]);
	// The canaries are all there to be seen.
	expect(secrets.length).toBeGreaterThan(7);
});

test('every assumption has its break', () => {
	expect(Object.keys(BREAKS)).toEqual(assumptionIds().filter((id) => !isAboutCalls(id)));
});

test.each(Object.entries(BREAKS))('%s is named, and no other', async (id, options) => {
	const { result, shown, left, secrets } = await setUp(options);
	expect(idsOf(result, 'not held')).toEqual<Array<AssumptionId | string>>([id]);
	expect([result.left, left]).toEqual([[], []]);
	for (const secret of secrets) expect(shown).not.toContain(secret);
});

test('errors that repeat the token don’t bring it into the report', async () => {
	const { result, shown, left, secrets } = await setUp({ echoAuthorization: true });
	expect(idsOf(result, 'not held')).toEqual([]);
	expect(left).toEqual([]);
	for (const secret of secrets) expect(shown).not.toContain(secret);
});

test('a secret in the place of a code or a state is hidden', async () => {
	const { shown } = await setUp({
		answers: (answered) =>
			answered.status === 404 ? error(404, { code: 'canary-client' }) : undefined,
	});
	expect(shown).toContain('code [hidden]');
	expect(shown).not.toContain('canary-client');
});

test('words of Talkdesk aren’t shown', async () => {
	const words = 'Confidential words of somebody';
	const { shown } = await setUp({
		answers: ({ status, body }) =>
			status >= 400 ? { body: { ...Object(body), message: words, [words]: words } } : undefined,
	});
	expect(shown).not.toContain('Confidential');
});

test('without a token it says why', async () => {
	const { result } = await setUp({ clients: [] });
	expect(result.problem).toMatch(/rejected the OAuth client/);
	expect(new Set(result.findings.map(({ verdict }) => verdict))).toEqual(new Set(['unclear']));
});

test('a busy Talkdesk is asked again', async () => {
	const { result } = await setUp({
		faults: ({ route, index }) =>
			index === 0 && !/ \/(up|down)loads/.test(route)
				? { kind: 'rateLimited', retryAfterSeconds: 0 }
				: undefined,
	});
	expect(idsOf(result, 'held')).toHaveLength(Object.keys(BREAKS).length);
});

test('a gateway that doesn’t answer is no finding', async () => {
	const { result } = await setUp({
		faults: ({ route }) =>
			route.endsWith('/messages')
				? { kind: 'unavailable', status: 503, when: 'before', retryAfterSeconds: 0 }
				: undefined,
	});
	expect(result.problem).toMatch(/Messages: no answer \(HTTP 503\)/);
	expect(idsOf(result, 'not held')).toEqual([]);
	expect(idsOf(result, 'unclear')).toContain('send.fields');
	expect(idsOf(result, 'held')).toContain('attachment.download');
});

test.each([
	['for nothing', ['attachments:read'], 1],
	['for files', ['digital-connect:write'], 20],
	['to read files', ['digital-connect:write', 'attachments:request', 'attachments:write'], 25],
] as const)('a client without the scopes %s is no finding', async (_what, scopes, held) => {
	const { talkdesk } = await startContractSimulator();
	talkdesk.configure({
		clients: [{ id: CANARIES.id, secret: CANARIES.secret, scopes: [...scopes] }],
	});
	const { result } = await check(talkdesk).finally(talkdesk.close);
	expect(idsOf(result, 'not held')).toEqual([]);
	expect(idsOf(result, 'held').length).toBeGreaterThan(held);
	expect(leftIn(talkdesk)).toEqual([]);
});

test('a start without an answer leaves nothing behind', async () => {
	const { result, left } = await setUp({
		faults: ({ route, index }) =>
			route.endsWith('/conversations') && index === 5 ? { kind: 'cut', when: 'after' } : undefined,
	});
	expect(result.problem).toMatch(/Start: no answer/);
	expect([result.left, left]).toEqual([[], []]);
});
