import { readProblem, TalkdeskApiError } from '../../nodes/Talkdesk/api/errors';

const node = {
	id: '1',
	name: 'Talkdesk',
	type: 'talkdesk',
	typeVersion: 1,
	position: [0, 0] as [number, number],
	parameters: {},
};

describe('a refusal', () => {
	it("keeps all of Talkdesk's words", () => {
		const body = {
			code: '123',
			message: 'Invalid request',
			description: 'Some fields are wrong.',
			fields: [{ name: 'contact_person.email', description: 'is not an address' }],
		};
		const problem = readProblem(400, body);
		expect(problem).toEqual({ kind: 'badRequest', status: 400, ...body });
		const error = new TalkdeskApiError(node, 'start the conversation', problem);
		expect(error.message).toBe('Talkdesk could not start the conversation: Invalid request');
		expect(error.httpCode).toBe('400');
		for (const part of [
			'Some fields are wrong.',
			'contact_person.email: is not an address',
			'123',
		]) {
			expect(error.description).toContain(part);
		}
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
	])('of status %i is %s', (status, kind) => {
		expect(readProblem(status, {}).kind).toBe(kind);
	});

	it.each([400, 404, 409, 422])(
		'with the code 3016011 is an ended conversation, also as %i',
		(status) => {
			expect(readProblem(status, { code: '3016011', message: 'x' }).kind).toBe('conversationEnded');
			expect(readProblem(status, { code: 3016011, message: 'x' }).kind).toBe('conversationEnded');
		},
	);

	it.each([undefined, null, '', '<html>Bad Gateway</html>', [], { message: 7, fields: 'x' }])(
		'with the body %j still has a message',
		(body) => {
			expect(readProblem(502, body)).toMatchObject({
				kind: 'unavailable',
				message: 'HTTP 502',
				fields: [],
			});
		},
	);
});
