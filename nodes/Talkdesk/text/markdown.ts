/**
 * Takes from a text the marks of Markdown that can hardly be meant otherwise:
 *
 * - `[text](https://…)` becomes `text (https://…)`, and `![text](https://…)` too;
 * - `**words**` becomes `words`, when the marks stand at the edges of words.
 *
 * Single `*`, `_` and `__`, backticks, `#` and `>` stay: 2*3*4, snake_case, `__init__`, #1 and quotes of code are plain text to
 * people, and they read well with their marks. Looks at every character a bounded number of times. Never throws.
 */
export function markdownToPlain(text: string): string {
	let plain = text;
	if (plain.includes('](')) plain = plain.replace(LINK, replaceLink);
	return plain.includes(BOLD) ? withoutPairs(plain, BOLD) : plain;
}

const BOLD = '**';

/** Each quantifier has a bound, and none is inside another one. */
const LINK =
	/!?\[([^[\]\n]{0,500})\]\(\s{0,3}<?((?:https?:\/\/|mailto:|tel:)[^\s()<>]{1,2000})>?(?:\s{1,3}"[^"\n]{0,200}")?\s{0,3}\)/g;

function replaceLink(_whole: string, words: string, address: string): string {
	const shown = address.replace(/^(?:mailto|tel):/, '');
	const text = words.trim();
	return text === '' || text === shown ? shown : `${text} (${shown})`;
}

/** Takes away pairs of a mark around words, on one line. */
function withoutPairs(text: string, mark: string): string {
	const lines = text.split('\n').map((line) => {
		const pieces = line.split(mark);
		const kept: string[] = [pieces[0] ?? ''];
		for (let index = 1; index < pieces.length; index++) {
			const inside = pieces[index] ?? '';
			const after = pieces[index + 1];
			const isPair =
				after !== undefined &&
				/^[^\s*_]/.test(inside) &&
				!/[\s*_]/.test(inside.slice(-1)) &&
				!NOT_BEFORE.test((pieces[index - 1] ?? '').slice(-1)) &&
				!NOT_BEHIND.test(after.slice(0, 1));
			if (isPair) {
				kept.push(inside, after);
				index++;
			} else kept.push(mark, inside);
		}
		return kept.join('');
	});
	return lines.join('\n');
}

/** What no words in bold stand beside: there the marks are a part of a path, a formula, an address or code. */
const BESIDE = String.raw`\p{L}\p{N}*_/\\=+^~&@#$`;
const NOT_BEFORE = new RegExp(`[${BESIDE})\\]}<]`, 'u');
const NOT_BEHIND = new RegExp(`[${BESIDE}(\\[{>]`, 'u');
