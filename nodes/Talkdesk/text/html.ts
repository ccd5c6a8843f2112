import { decodeEntities } from './entities';
import { words } from './words';

/** Elements on lines of their own. */
const BLOCKS = new Set([
	...words(`
		article aside blockquote body dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr html li ol
		p pre section table tbody tfoot thead tr ul
	`),
]);
/** Elements whose content isn't displayed. */
const HIDDEN_ELEMENTS = new Set(['head', 'noscript', 'script', 'style', 'template', 'title']);
const KNOWN_ELEMENTS = new Set([
	...[...BLOCKS, ...HIDDEN_ELEMENTS],
	...words(`
		a abbr b bdi bdo big br caption center cite code del em font i img ins kbd mark q s samp small
		span strike strong sub sup td th tt u var wbr
	`),
]);

/** Elements that are recognized without an end tag: their names are no placeholders such as `<b>`. */
const SELF_EVIDENT = /^(?:br|div|h[1-6r]|li|ol|p|table|ul)$/;
/** With one of these elements, a line end in the source is a space. */
const HAS_LINES = /<(?:br|div|h[1-6r]|li|p|pre|table)[\s/>]/i;

interface Tag {
	name: string;
	isEnd: boolean;
	attributes: string;
}

/**
 * The plain text of HTML: blocks on lines of their own, list items with `- `, links as `text (address)`, images as their `alt`
 * text. Scripts and styles are dropped, and entities are decoded once. Text that only looks like a tag (`<3`, `a < b`,
 * `<ann@example.com>`, `<your name>`) stays. Takes linear time.
 *
 * @returns undefined if the text has no HTML element
 */
export function htmlToPlain(text: string): string | undefined {
	const writer = new TextWriter(!HAS_LINES.test(text));
	let isHtml = false;
	/** The names of start tags so far. An end tag without one is text about HTML. */
	const openElements = new Set<string>();
	/** The index up to which the text is written. */
	let writtenTo = 0;
	/** The index of the next `>`, found once for any number of `<` before it. */
	let nextClose = -1;
	/** End marks that the rest of the text doesn't have. */
	const unclosed = new Set<string>();
	/** The index after an end mark. */
	const endOf = (end: string, from: number) => {
		if (unclosed.has(end)) return undefined;
		const closing = new RegExp(end, 'gi');
		closing.lastIndex = from;
		if (closing.exec(text)) return closing.lastIndex;
		unclosed.add(end);
		return undefined;
	};
	for (let at = text.indexOf('<'); at !== -1; ) {
		if (nextClose < at) nextClose = text.indexOf('>', at);
		if (nextClose === -1) break;
		let next = text.indexOf('<', at + 1);
		const comment = text.startsWith('<!--', at) ? endOf('-->', at) : undefined;
		if (comment !== undefined) {
			writer.text(text.slice(writtenTo, at));
			writtenTo = comment;
			at = text.indexOf('<', writtenTo);
			continue;
		}
		const isInterrupted = next !== -1 && next < nextClose;
		const closing = isInterrupted ? nextClose : endOfTag(text, at, nextClose);
		const tag = isInterrupted ? undefined : parseTag(text.slice(at + 1, closing));
		if (tag) {
			isHtml ||= tag.isEnd
				? openElements.has(tag.name)
				: tag.attributes.includes('=') || SELF_EVIDENT.test(tag.name);
			if (!tag.isEnd) openElements.add(tag.name);
			writer.text(text.slice(writtenTo, at));
			writer.tag(tag);
			writtenTo = closing + 1;
			if (closing > nextClose) next = text.indexOf('<', writtenTo);
			const end =
				HIDDEN_ELEMENTS.has(tag.name) && !tag.isEnd
					? endOf(`</${tag.name}>`, writtenTo)
					: undefined;
			if (end !== undefined) {
				writtenTo = end;
				next = text.indexOf('<', writtenTo);
			}
		}
		at = next;
	}
	if (!isHtml) return undefined;
	writer.text(text.slice(writtenTo));
	return writer.result();
}

/** Characters of a quoted value after a `>` in it. */
const MAX_QUOTED = 500;

/** The index of the `>` that ends a tag. A `>` in a quoted value doesn't end it: `title="a > b"`. */
function endOfTag(text: string, at: number, nextClose: number): number {
	const [, quote] =
		/=\s?(?:(")[^"]*|(')[^']*)$/.exec(text.slice(at, nextClose))?.filter(Boolean) ?? [];
	if (quote === undefined) return nextClose;
	const rest = text.slice(nextClose, nextClose + MAX_QUOTED);
	const end = rest.indexOf('>', rest.indexOf(quote, 1));
	return rest.indexOf(quote, 1) < 0 || end < 0 ? nextClose : nextClose + end;
}

/** Attributes up to the first value. */
const ATTRIBUTES = /^(?:\s+[a-z][\w:.-]*)+\s*=\s*[^\s=]/i;

/** The tag between `<` and `>`; undefined if it is no HTML. */
function parseTag(inside: string): Tag | undefined {
	const isEnd = inside.startsWith('/');
	const [found] = /^[a-z][a-z0-9]{0,9}(?![^\s/])/i.exec(inside.slice(isEnd ? 1 : 0, 14)) ?? [];
	const name = found?.toLowerCase();
	if (name === undefined || !KNOWN_ELEMENTS.has(name)) return undefined;
	const attributes = inside.slice(name.length + (isEnd ? 1 : 0));
	// Neither "if a<b and c>d" nor "x<b && y=1 || z>0" has attributes.
	if (!/^\s{0,100}\/?$/.test(attributes) && !ATTRIBUTES.test(attributes)) return undefined;
	return { name, isEnd, attributes };
}

/** Builds the plain text. */
class TextWriter {
	private readonly parts: string[] = [];
	/** Line breaks before the next text. */
	private breaks = 0;
	/** The space before the next text. */
	private space = '';
	/** Whether a list marker was written last, so that the next text stays on its line. */
	private isAfterMarker = false;
	private preformatted = 0;
	private readonly lists: Array<{ isOrdered: boolean; count: number }> = [];
	/** The open link; links aren't nested. */
	private link: { address: string; from: number } | undefined;

	constructor(private readonly keepLines: boolean) {}

	/** Text between tags. */
	text(source: string): void {
		if (source === '') return;
		if (this.preformatted > 0 || this.keepLines) return this.write(decodeEntities(source));
		const words = source.replace(/[ \t\r\n\f]+/g, ' ');
		const inner = words.trim();
		if (words.startsWith(' ')) this.space = ' ';
		if (inner !== '') this.write(decodeEntities(inner));
		if (words.endsWith(' ')) this.space = ' ';
	}

	tag({ name, isEnd, attributes }: Tag): void {
		if (name === 'br') return this.lineBreak();
		if (name === 'a') return isEnd ? this.endLink() : this.startLink(attributes);
		if (name === 'img') return this.image(attributes);
		if (name === 'td' || name === 'th') this.space = ' ';
		if (name === 'ul' || name === 'ol') {
			if (isEnd) this.lists.pop();
			else this.lists.push({ isOrdered: name === 'ol', count: 0 });
		}
		if (name === 'pre') this.preformatted = isEnd ? Math.max(0, this.preformatted - 1) : 1;
		if (BLOCKS.has(name)) this.block();
		if (name === 'li' && !isEnd) this.item();
	}

	result(): string {
		return this.parts
			.join('')
			.replace(/\u00a0/g, ' ')
			.trim();
	}

	private write(words: string): void {
		if (this.parts.length > 0) {
			this.parts.push(this.breaks > 0 ? '\n'.repeat(this.breaks) : this.space);
		}
		this.parts.push(words);
		this.breaks = 0;
		this.space = '';
		this.isAfterMarker = false;
	}

	private block(): void {
		if (this.isAfterMarker) return;
		this.breaks = Math.max(this.breaks, 1);
		this.space = '';
	}

	private lineBreak(): void {
		this.breaks = Math.min(this.breaks + 1, 2);
		this.space = '';
	}

	private item(): void {
		const list = this.lists.at(-1);
		if (list) list.count++;
		this.breaks = Math.max(this.breaks, 1);
		const indent = '  '.repeat(Math.min(Math.max(0, this.lists.length - 1), 8));
		this.write(`${indent}${list?.isOrdered ? `${list.count}.` : '-'}`);
		this.space = ' ';
		this.isAfterMarker = true;
	}

	private image(attributes: string): void {
		const address = decodeEntities(attribute(attributes, 'src') ?? '');
		const words = decodeEntities(attribute(attributes, 'alt') ?? '');
		if (words !== '') this.write(words);
		else if (/^https?:/i.test(address)) this.write(address);
	}

	private startLink(attributes: string): void {
		const address = decodeEntities(attribute(attributes, 'href') ?? '').trim();
		this.link = { address, from: this.parts.length };
	}

	private endLink(): void {
		const { link } = this;
		this.link = undefined;
		if (!link || !/^(?:https?|mailto|tel):/i.test(link.address)) return;
		const words = this.parts.slice(link.from).join('').trim();
		const address = link.address.replace(/^(?:mailto|tel):/i, '');
		if (words === '') this.write(address);
		else if (comparableAddress(words) !== comparableAddress(address))
			this.parts.push(` (${address})`);
	}
}

const comparableAddress = (text: string) =>
	text
		.toLowerCase()
		.replace(/^https?:\/\//, '')
		.replace(/\/$/, '');

/** The value of an attribute, with or without quotes. */
function attribute(attributes: string, name: string): string | undefined {
	const found = new RegExp(`\\s${name}\\s?=\\s?(?:"([^"]*)"|'([^']*)'|([^\\s"']+))`, 'i').exec(
		attributes,
	);
	return found?.[1] ?? found?.[2] ?? found?.[3];
}
