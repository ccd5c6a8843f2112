import { decodeEscapes } from './entities';
import { htmlToPlain } from './html';
import { markdownToPlain } from './markdown';

/**
 * What an agent has written, as text for a channel without formatting. Digital Connect has rich text for agents; which
 * format it arrives in isn't documented, so HTML and Markdown are both expected. The original stays in the output's `raw`.
 *
 * - HTML is what has an element of HTML in it: see `htmlToPlain`.
 * - In any other text the five signs that are escaped in HTML are put back (`&amp;`, `&lt;`), as editors escape what people
 *   type even when they add no element; and of Markdown goes what can hardly be meant otherwise: see `markdownToPlain`.
 * - A text without any of these stays as it is, letter by letter.
 *
 * Takes time in proportion to the length of the text. Never throws.
 */
export function toPlainText(text: string): string {
	return htmlToPlain(text) ?? markdownToPlain(decodeEscapes(text));
}
