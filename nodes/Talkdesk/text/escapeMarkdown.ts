/** Characters that are marks in any place. `{` at the beginning, and `|`, are marks of n8n's chat too. */
const ANYWHERE = /[\\`*[\]<|]|^\{/g;
/** Between two letters or digits it is none, as in file_name and URLs. */
const UNDERSCORE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
const STRIKETHROUGH = /~(?=~)|(?<=~)~/g;
const ENTITY = /&(?=#?\w{1,40};)/g;
/** Headings, quotes, lists, rules, and the lines under a heading or the head of a table. */
const AT_START = /^(\s*)(?:([#>+\-=]|:(?=-))|(\d{1,9})([.)])(?=\s|$))/;
const INDENT = /^\s+/;
/** An entity: markdown-it trims the character. */
const NO_BREAK_SPACE = '&nbsp;';

/**
 * The Markdown that shows a plain text as it is, with its line breaks and indents.
 *
 * n8n's chat shows Markdown: without this, `2*3*4` is read as 234, and two lines as one. It also takes a text for one of its
 * own signs if it is `n8n|continue`, or JSON with a `type`. Source: `@n8n/chat` 1.37.0, which uses markdown-it without HTML.
 *
 * Takes linear time. Never throws.
 */
export function escapeMarkdown(text: string): string {
	const lines = text
		.trim()
		.replace(ANYWHERE, '\\$&')
		.split(/\r\n?|\n/);
	return lines
		.map(escapeLine)
		.join('\n')
		.replace(/(?<=\S)\n(?=[^\n])/g, '  \n');
}

function escapeLine(line: string): string {
	return line
		.trimEnd()
		.replace(UNDERSCORE, '\\_')
		.replace(STRIKETHROUGH, '\\~')
		.replace(ENTITY, '\\&')
		.replace(AT_START, (_whole, indent: string, mark?: string, number = '', dot = '') =>
			mark === undefined ? `${indent}${number}\\${dot}` : `${indent}\\${mark}`,
		)
		.replace(INDENT, (indent) => NO_BREAK_SPACE.repeat(indent.replace(/\t/g, '    ').length));
}
