import { redact, redactProblem } from '../../../nodes/Talkdesk/api/redact';

describe('redact', () => {
	it('hides secrets in any encoding', () => {
		const text = redact('No: se+cret/1, se%2Bcret%2F1, se+cret/1-and-more', [
			'se+cret/1',
			'se+cret/1-and-more',
		]);
		expect(text).toBe('No: [hidden], [hidden], [hidden]');
	});

	it('keeps the text if a secret is empty or very short', () => {
		expect(redact('a client', ['', 'a', 'cl', 'cli'])).toBe('a client');
		expect(redact('a client', ['clie'])).toBe('a [hidden]nt');
	});

	it('hides unknown tokens and keys, too', () => {
		const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
		expect(redact(`Authorization: Bearer abc-123, basic YTpi, ${token}.`, [])).toBe(
			'Authorization: Bearer [hidden], basic [hidden], [hidden].',
		);
	});
});

describe('redactProblem', () => {
	it('hides secrets in each text, and keeps the rest', () => {
		const problem = {
			kind: 'badRequest' as const,
			message: 'message s3cret',
			description: 'description s3cret',
			code: 'code s3cret',
			fields: [{ name: 'name s3cret', description: 'why s3cret' }, { name: 'other' }],
		};
		expect(redactProblem(problem, ['s3cret'])).toEqual({
			...problem,
			message: 'message [hidden]',
			description: 'description [hidden]',
			code: 'code [hidden]',
			fields: [{ name: 'name [hidden]', description: 'why [hidden]' }, { name: 'other' }],
		});
	});
});
