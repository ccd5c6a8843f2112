import { redact } from '../../../nodes/Talkdesk/api/redact';

describe('redact', () => {
	it('hides secrets in any encoding', () => {
		const text = redact('No: se+cret/1, se%2Bcret%2F1, se+cret/1-and-more', [
			'se+cret/1',
			'se+cret/1-and-more',
		]);
		expect(text).toBe('No: [hidden], [hidden], [hidden]');
	});

	it('keeps the text if a secret is empty or very short', () => {
		expect(redact('a client', ['', 'a', 'cl'])).toBe('a client');
	});

	it('hides unknown tokens and keys, too', () => {
		const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
		expect(redact(`Authorization: Bearer abc-123, basic YTpi, ${token}.`, [])).toBe(
			'Authorization: Bearer [hidden], basic [hidden], [hidden].',
		);
	});
});
