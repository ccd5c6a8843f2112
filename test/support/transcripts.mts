import { recognizeTranscript } from '../../nodes/Talkdesk/transcript/recognize';

/** The two messages of most transcripts in the tests, as lines. */
export const HI = ['user: Hi', 'external: Hello'];

/** The messages of a transcript. Expects that every entry is recognized. */
export function messagesOf(value: unknown) {
	const { messages, unrecognized } = recognizeTranscript(value);
	expect(unrecognized).toEqual({ count: 0, shapes: [] });
	return messages;
}

/** The same messages as lines: `type: content`. */
export const linesOf = (value: unknown) =>
	messagesOf(value).map(({ type, content }) => `${type}: ${content}`);
