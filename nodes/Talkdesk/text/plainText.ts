import { decodeEscapes } from './entities';
import { htmlToPlain } from './html';
import { markdownToPlain } from './markdown';

/**
 * The plain text of an agent's message. Agents have rich text in Digital Connect. Its format isn't documented, so both HTML
 * and Markdown are expected (inferred).
 *
 * - Text with an HTML element is HTML: `htmlToPlain`.
 * - In any other text, escaped characters are decoded, since editors escape text even without elements, and unambiguous
 *   Markdown is removed: `markdownToPlain`.
 * - All other text stays as it is.
 *
 * Takes linear time. Never throws.
 */
export function toPlainText(text: string): string {
	return htmlToPlain(text) ?? markdownToPlain(decodeEscapes(text));
}
