/** The list of messages on both pages. */
import { html, nothing } from 'lit/html.js';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import { ref } from 'lit/directives/ref.js';
import { sizeOf, timeOf } from './format.js';
import { download } from './icons.js';

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {'own' | 'other' | 'note'} side a note is an event, such as an agent who joined
 * @property {string} author
 * @property {string} text
 * @property {string} at ISO 8601
 * @property {boolean} [past] it belongs to the transcript
 * @property {Array<{ name: string, size: number, href: string }>} [files]
 * @property {unknown} [status] shown below
 */

/** Whether a list is scrolled to its end, and stays there. @type {WeakMap<Element, boolean>} */
const atEnd = new WeakMap();

/** @param {Element | undefined} list */
function follow(list) {
	if (!list || atEnd.has(list)) return;
	atEnd.set(list, true);
	const toEnd = () => {
		if (atEnd.get(list)) list.scrollTop = list.scrollHeight;
	};
	list.addEventListener('scroll', () => {
		atEnd.set(list, list.scrollHeight - list.scrollTop - list.clientHeight < 40);
	});
	new MutationObserver(toEnd).observe(list, { childList: true, subtree: true });
	new ResizeObserver(toEnd).observe(list);
	requestAnimationFrame(toEnd);
}

/**
 * @param {object} list
 * @param {string} list.key identifies the list: with another key, none of its messages is new
 * @param {string} list.label
 * @param {Entry[]} list.entries
 * @param {unknown} [list.empty] shown if there are none
 */
export function messageList({ key, label, entries, empty }) {
	return keyed(
		key,
		html`<div class="messages" role="log" aria-label=${label} tabindex="0" ${ref(follow)}>
			${entries.length === 0 ? empty : nothing}
			${repeat(
				entries,
				({ id }) => id,
				(entry, index) => item(entry, entries[index - 1]),
			)}
		</div>`,
	);
}

/** @param {Entry} entry @param {Entry | undefined} previous */
function item(entry, previous) {
	const { side, author, text, at, past, files = [], status } = entry;
	const time = html`<time datetime=${at}>${timeOf(at)}</time>`;
	if (side === 'note') {
		return html`<div class="note"><span>${text}</span> ${time}${status ?? nothing}</div>`;
	}
	const goesOn = previous?.side === side && previous.author === author && previous.past === past;
	return html`<article class="message ${side}" ?data-past=${past} ?data-goes-on=${goesOn}>
		<header><b>${author}</b> ${time}</header>
		${text ? html`<p class="text" dir="auto">${text}</p>` : nothing}
		${files.length
			? html`<ul class="files">
					${files.map(file)}
				</ul>`
			: nothing}
		${status ? html`<p class="status">${status}</p>` : nothing}
	</article>`;
}

/** @param {{ name: string, size: number, href: string }} file */
function file({ name, size, href }) {
	return html`<li>
		<a class="file" href=${href} download=${name}
			>${download}<span class="name" dir="auto">${name}</span> <small>${sizeOf(size)}</small></a
		>
	</li>`;
}
