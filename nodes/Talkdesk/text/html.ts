import { decodeEntities } from './entities';

/** Elements that begin and end on lines of their own. */
const BLOCKS = new Set([
	...['article', 'aside', 'blockquote', 'body', 'dd', 'div', 'dl', 'dt', 'figure', 'footer', 'h1'],
	...['h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'html', 'li', 'ol', 'p', 'pre', 'section'],
	...['table', 'tbody', 'tfoot', 'thead', 'tr', 'ul'],
]);
/** Their content is no text for people. */
const HIDDEN = new Set(['head', 'noscript', 'script', 'style', 'template', 'title']);
const KNOWN = new Set([
	...[...BLOCKS, ...HIDDEN],
	...['a', 'abbr', 'b', 'bdi', 'bdo', 'big', 'br', 'caption', 'center', 'cite', 'code', 'del'],
	...['em', 'font', 'i', 'img', 'ins', 'kbd', 'mark', 'q', 's', 'samp', 'small', 'span', 'strike'],
	...['strong', 'sub', 'sup', 'td', 'th', 'tt', 'u', 'var', 'wbr'],
]);

/** Elements that need no end tag to be recognized: nobody writes them as a placeholder. */
const UNMISTAKABLE = /^(?:br|div|h[1-6r]|li|ol|p|table|ul)$/;
/** With one of these, a line end in the source is no more than a blank. */
const HAS_LINES = /<(?:br|div|h[1-6r]|li|p|pre|table)[\s/>]/i;

interface Tag {
	name: string;
	isEnd: boolean;
	attributes: string;
}

/**
 * Turns HTML into text as a browser would show it: blocks on lines of their own, `- ` before the items of a list, links as
 * `text (address)`, images as what is said of them; scripts and styles are left out, and entities are decoded once. What only
 * looks like a tag (`<3`, `a < b`, `<ann@example.com>`, `<your name>`) stays.
 *
 * Goes through the text once: no place is looked at more than a few times, whatever is in it.
 *
 * @returns undefined where the text has no element of HTML
 */
export function htmlToPlain(text: string): string | undefined {
	const writer = new Writer(!HAS_LINES.test(text));
	let isHtml = false;
	/** The elements that have begun: an end tag alone is talk about one. */
	const opened = new Set<string>();
	/** Up to where the text is written. */
	let done = 0;
	/** The next `>` behind the place that is looked at; looked for once, however many `<` come before it. */
	let closes = -1;
	/** What never ends in this text. */
	const unclosed = new Set<string>();
	/** The place behind what ends an element or a comment. */
	const endOf = (end: string, from: number) => {
		if (unclosed.has(end)) return undefined;
		const closing = new RegExp(end, 'gi');
		closing.lastIndex = from;
		if (closing.exec(text)) return closing.lastIndex;
		unclosed.add(end);
		return undefined;
	};
	for (let at = text.indexOf('<'); at !== -1; ) {
		if (closes < at) closes = text.indexOf('>', at);
		if (closes === -1) break;
		let next = text.indexOf('<', at + 1);
		const comment = text.startsWith('<!--', at) ? endOf('-->', at) : undefined;
		if (comment !== undefined) {
			writer.text(text.slice(done, at));
			done = comment;
			at = text.indexOf('<', done);
			continue;
		}
		const isInterrupted = next !== -1 && next < closes;
		const closing = isInterrupted ? closes : endOfTag(text, at, closes);
		const tag = isInterrupted ? undefined : readTag(text.slice(at + 1, closing));
		if (tag) {
			isHtml ||= tag.isEnd
				? opened.has(tag.name)
				: tag.attributes.includes('=') || UNMISTAKABLE.test(tag.name);
			if (!tag.isEnd) opened.add(tag.name);
			writer.text(text.slice(done, at));
			writer.tag(tag);
			done = closing + 1;
			if (closing > closes) next = text.indexOf('<', done);
			const end = HIDDEN.has(tag.name) && !tag.isEnd ? endOf(`</${tag.name}>`, done) : undefined;
			if (end !== undefined) {
				done = end;
				next = text.indexOf('<', done);
			}
		}
		at = next;
	}
	if (!isHtml) return undefined;
	writer.text(text.slice(done));
	return writer.result();
}

/** How far a value in quotes goes on behind a `>`; more is no title of a picture. */
const MAX_QUOTED = 500;

/** Where a tag ends: at the next `>`, or behind the value in quotes that this one is a part of, `title="a > b"`. */
function endOfTag(text: string, at: number, closes: number): number {
	const [, quote] =
		/=\s?(?:(")[^"]*|(')[^']*)$/.exec(text.slice(at, closes))?.filter(Boolean) ?? [];
	if (quote === undefined) return closes;
	const rest = text.slice(closes, closes + MAX_QUOTED);
	const end = rest.indexOf('>', rest.indexOf(quote, 1));
	return rest.indexOf(quote, 1) < 0 || end < 0 ? closes : closes + end;
}

/** How attributes begin: names, and the value of the first that has one. */
const ATTRIBUTES = /^(?:\s+[a-z][\w:.-]*)+\s*=\s*[^\s=]/i;

/** Reads what is between `<` and `>`; undefined where that is no tag of HTML. */
function readTag(inside: string): Tag | undefined {
	const isEnd = inside.startsWith('/');
	const [found] = /^[a-z][a-z0-9]{0,9}(?![^\s/])/i.exec(inside.slice(isEnd ? 1 : 0, 14)) ?? [];
	const name = found?.toLowerCase();
	if (name === undefined || !KNOWN.has(name)) return undefined;
	const attributes = inside.slice(name.length + (isEnd ? 1 : 0));
	// "if a<b and c>d" has words there, and no attributes; "x<b && y=1 || z>0" no names of attributes.
	if (!/^\s{0,100}\/?$/.test(attributes) && !ATTRIBUTES.test(attributes)) return undefined;
	return { name, isEnd, attributes };
}

/** Puts the text together. */
class Writer {
	private readonly parts: string[] = [];
	/** Line breaks that are due before the next word. */
	private breaks = 0;
	/** The blank that is due before the next word. */
	private space = '';
	/** The sign of a list's item was written last: what comes next stands beside it. */
	private isBehindSign = false;
	private preformatted = 0;
	private readonly lists: Array<{ isOrdered: boolean; count: number }> = [];
	/** Links aren't nested. */
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
		this.isBehindSign = false;
	}

	private block(): void {
		if (this.isBehindSign) return;
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
		this.isBehindSign = true;
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
		else if (bareAddress(words) !== bareAddress(address)) this.parts.push(` (${address})`);
	}
}

const bareAddress = (text: string) =>
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
