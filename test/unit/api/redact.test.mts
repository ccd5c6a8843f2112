import { redact } from '../../../nodes/Talkdesk/api/redact';

describe('a text without secrets', () => {
	it('has none of them, in any spelling', () => {
		const text = redact('No: se+cret/1, se%2Bcret%2F1, se+cret/1-and-more', [
			'se+cret/1',
			'se+cret/1-and-more',
		]);
		expect(text).toBe('No: [hidden], [hidden], [hidden]');
	});

	it('keeps its words where a secret is too short to be one, or nothing', () => {
		expect(redact('a client', ['', 'a', 'cl'])).toBe('a client');
	});

	it('has no token or key of anybody else either', () => {
		const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
		expect(redact(`Authorization: Bearer abc-123, basic YTpi, ${token}.`, [])).toBe(
			'Authorization: Bearer [hidden], basic [hidden], [hidden].',
		);
	});
});
