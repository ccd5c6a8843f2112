import { TalkdeskApiError } from '../../../nodes/Talkdesk/api/errors';
import {
	retryDecisionFor,
	networkProblem,
	parseProblem,
} from '../../../nodes/Talkdesk/api/problem';
import { NODE } from '../../support/node.mts';

describe('an error response', () => {
	it('keeps everything that Talkdesk says', () => {
		const body = {
			code: '123',
			message: 'Invalid request',
			description: 'Some fields are wrong.',
			fields: [{ name: 'contact_person.email', description: 'is not an address' }],
		};
		const problem = parseProblem(400, body);
		expect(problem).toEqual({ kind: 'badRequest', status: 400, ...body });
		const error = new TalkdeskApiError(NODE, 'start the conversation', problem);
		expect(error.message).toBe('Talkdesk could not start the conversation: Invalid request');
		expect(error.httpCode).toBe('400');
		expect(error.description).toBe(
			"Some fields are wrong. contact_person.email: is not an address. Correct the value that Talkdesk names, and run the node again. Talkdesk's code: 123.",
		);
	});

	it.each([
		[parseProblem(404, ''), 'Check the ID: it must come from this Talkdesk account and region.'],
		[
			{ ...parseProblem(409, {}), attempts: 1 },
			'Something with this name or in this state already exists in Talkdesk. Use that, or choose another name.',
		],
		[
			networkProblem('ECONNREFUSED'),
			'Network error: ECONNREFUSED. Check the network of n8n and the region in the credential, or try again later.',
		],
	])('without details has a short description: %j', (problem, description) => {
		expect(new TalkdeskApiError(NODE, 'send the message', problem).description).toBe(description);
	});

	it('says how many attempts there were', () => {
		const problem = { ...parseProblem(429, {}), attempts: 2 };
		expect(new TalkdeskApiError(NODE, 'send the message', problem).description).toMatch(
			/^It was tried 2 times\. /,
		);
	});

	it.each([
		[400, 'badRequest'],
		[401, 'unauthorized'],
		[403, 'forbidden'],
		[404, 'notFound'],
		[409, 'conflict'],
		[418, 'badRequest'],
		[429, 'rateLimited'],
		[500, 'unavailable'],
		[503, 'unavailable'],
		[302, 'unexpectedAnswer'],
	])('with status %i is %s', (status, kind) => {
		expect(parseProblem(status, {}).kind).toBe(kind);
	});

	it.each([400, 404, 409, 422])(
		'with the code 3016011 means an ended conversation, with status %i as well',
		(status) => {
			expect(parseProblem(status, { code: '3016011', message: 'x' }).kind).toBe(
				'conversationEnded',
			);
			expect(parseProblem(status, { code: 3016011, message: 'x' }).kind).toBe('conversationEnded');
		},
	);

	it.each([undefined, null, '', '<html>Bad Gateway</html>', [], { message: 7, fields: 'x' }])(
		'with the body %j still has a message',
		(body) => {
			expect(parseProblem(502, body)).toMatchObject({
				kind: 'unavailable',
				message: 'HTTP 502',
				fields: [],
			});
		},
	);
});

describe('a retry', () => {
	it.each([
		[429, {}],
		[408, {}],
		[500, {}],
		[502, {}],
		[503, {}],
		[504, {}],
		[520, {}],
		[524, {}],
		[401, { maxRetries: 3 }],
	])('helps after %i', (status, advice) => {
		expect(retryDecisionFor(parseProblem(status, {}))).toEqual(advice);
	});

	it.each([400, 403, 404, 409, 418, 422, 501, 302])('does not help after %i', (status) => {
		expect(retryDecisionFor(parseProblem(status, {}))).toBeUndefined();
	});

	it('does not help if the conversation has ended, with any status', () => {
		expect(retryDecisionFor(parseProblem(503, { code: '3016011' }))).toBeUndefined();
	});

	it('waits for Retry-After', () => {
		expect(retryDecisionFor(parseProblem(429, {}, 7000))).toEqual({ retryAfter: 7000 });
		expect(retryDecisionFor(parseProblem(503, {}, 7000))).toEqual({ retryAfter: 7000 });
	});

	it.each(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ECONNABORTED', 'EAI_AGAIN'])(
		'helps after %s',
		(code) => expect(retryDecisionFor(networkProblem(code))).toEqual({}),
	);

	it.each(['ENOTFOUND', 'CERT_HAS_EXPIRED', 'ERR_CANCELED', 'no answer'])(
		'does not help after %s',
		(code) => expect(retryDecisionFor(networkProblem(code))).toBeUndefined(),
	);
});

describe('the outcome', () => {
	it.each([
		[parseProblem(502, ''), true],
		[parseProblem(504, ''), true],
		[parseProblem(503, ''), true],
		[parseProblem(503, '', 1000), undefined],
		[parseProblem(504, '', 1000), true],
		[parseProblem(429, ''), undefined],
		[parseProblem(400, ''), undefined],
		[networkProblem('ECONNRESET'), true],
		[networkProblem('ECONNABORTED'), true],
		[networkProblem('ECONNREFUSED'), undefined],
		[networkProblem('EAI_AGAIN'), undefined],
	])('of %j is unknown: %s', (problem, outcomeUnknown) => {
		expect(problem.outcomeUnknown).toBe(outcomeUnknown);
		const { description } = new TalkdeskApiError(NODE, 'send the message', problem);
		expect(description?.includes('may have succeeded')).toBe(outcomeUnknown === true);
	});
});

describe("n8n's hint", () => {
	const failureOf = (status: number, retryAfter?: number) =>
		new TalkdeskApiError(NODE, 'x', parseProblem(status, {}, retryAfter)).failure;

	it.each([
		[401, { cause: 'credential-invalid' }],
		[403, { cause: 'configuration-invalid' }],
		[429, { cause: 'rate-limited' }],
		[500, { cause: 'temporarily-unavailable' }],
		[503, { cause: 'temporarily-unavailable' }],
		[400, undefined],
		[404, undefined],
	])('of %i is %j', (status, failure) => expect(failureOf(status)).toEqual(failure));

	it('has the time of Retry-After', () => {
		expect(failureOf(429, 9000)).toEqual({ cause: 'rate-limited', retryAfterMs: 9000 });
		expect(failureOf(503, 9000)).toEqual({ cause: 'temporarily-unavailable', retryAfterMs: 9000 });
	});
});
