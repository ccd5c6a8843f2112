import { words } from '../../text/words';
import { asObject, fieldsOf } from './objectKeys';

/**
 * The fields that may hold the text of a message, the plain form before the rich one. Seen in public formats of chats
 * and editors: content parts (`text`), ProseMirror (`content`), Slate (`children`), Quill (`ops`, `insert`), Draft.js and
 * Slack (`blocks`, `elements`), Adaptive Cards (`body`). Talkdesk's own form isn't documented.
 */
const TEXT_KEYS = words(`
	plaintext plain text content body message value insert html markdown richtext children blocks
	elements ops parts paragraphs items caption
`);

const BLOCK = /paragraph|heading|header|list|item|quote|block|section|row/i;
const LINE_BREAK = /^(?:hard_?break|line_?break|br)$/i;

/** Bodies of the webhook have fewer levels; other values may have more. */
const MAX_DEPTH = 32;

/**
 * The text of a value: a text, a number, or the texts inside an object or a list. Never throws.
 *
 * Entries of a list become lines; the parts of a paragraph are joined.
 *
 * @returns undefined if there is none but white space
 */
export function findText(value: unknown): string | undefined {
	const text = search(value, 0, '\n');
	const trimmed = text?.trim();
	if (!trimmed) return undefined;
	// Joined text ends with the line break of its last paragraph; a single text stays unchanged.
	return typeof value === 'string' ? text : trimmed;
}

function search(value: unknown, depth: number, glue: string): string | undefined {
	if (typeof value === 'string') return value === '' ? undefined : value;
	if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
	if (depth >= MAX_DEPTH) return undefined;
	if (Array.isArray(value)) {
		const between = value.some(isBlock) ? '\n' : glue;
		const texts = value.map((entry) => search(entry, depth + 1, glue));
		return texts.filter((text) => text !== undefined).join(between) || undefined;
	}
	const object = asObject(value);
	if (!object) return undefined;
	const fields = fieldsOf(object);
	const type = fields.get('type');
	if (typeof type === 'string' && LINE_BREAK.test(type)) return '\n';
	for (const key of TEXT_KEYS) {
		const isRun = key === 'children' || key === 'ops' || isBlock(object);
		const text = search(fields.get(key), depth + 1, isRun ? '' : glue);
		// A blank between two words is kept, but a text elsewhere goes first.
		if (text?.trim() || (text && glue === '')) return text;
	}
	return undefined;
}

function isBlock(value: unknown): boolean {
	const type = asObject(value)?.type;
	return typeof type === 'string' && BLOCK.test(type);
}
