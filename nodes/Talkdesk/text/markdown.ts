/**
 * The text without unambiguous Markdown:
 *
 * - `[text](https://…)` and `![text](https://…)` become `text (https://…)`;
 * - `**words**` becomes `words` if the marks are at the edges of words.
 *
 * Single `*`, `_`, `__`, backticks, `#` and `>` stay, since 2*3*4, snake_case, `__init__` and #1 are plain text. Takes linear
 * time. Never throws.
 */
export function markdownToPlain(text: string): string {
	let plain = text;
	if (plain.includes('](')) plain = plain.replace(LINK, replaceLink);
	return plain.includes(BOLD) ? dropPairs(plain, BOLD) : plain;
}

const BOLD = '**';

/** Quantifiers are bounded and not nested, so that it takes linear time. */
const LINK =
	/!?\[([^[\]\n]{0,500})\]\(\s{0,3}<?((?:https?:\/\/|mailto:|tel:)[^\s()<>]{1,2000})>?(?:\s{1,3}"[^"\n]{0,200}")?\s{0,3}\)/g;

function replaceLink(_whole: string, words: string, address: string): string {
	const shown = address.replace(/^(?:mailto|tel):/, '');
	const text = words.trim();
	return text === '' || text === shown ? shown : `${text} (${shown})`;
}

/** The text without pairs of a mark around words on one line. */
function dropPairs(text: string, mark: string): string {
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
				!NOT_AFTER.test(after.slice(0, 1));
			if (isPair) {
				kept.push(inside, after);
				index++;
			} else kept.push(mark, inside);
		}
		return kept.join('');
	});
	return lines.join('\n');
}

/** Characters beside marks that are part of a path, a formula, a URL or code. */
const WORD_CHARACTERS = String.raw`\p{L}\p{N}*_/\\=+^~&@#$`;
const NOT_BEFORE = new RegExp(`[${WORD_CHARACTERS})\\]}<]`, 'u');
const NOT_AFTER = new RegExp(`[${WORD_CHARACTERS}(\\[{>]`, 'u');
