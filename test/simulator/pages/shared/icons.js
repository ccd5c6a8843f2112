/** The icons of both pages. Each has a text beside it, or a label. */
import { html, svg } from 'lit/html.js';

/** @param {import('lit').TemplateResult} content */
const icon = (content) =>
	html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${content}</svg>`;

export const clip = icon(
	svg`<path d="m16.5 9.5-6.7 6.7a4 4 0 0 1-5.7-5.7l7-7a2.7 2.7 0 0 1 3.8 3.8l-6.7 6.7a1.3 1.3 0 0 1-1.9-1.9l5.9-5.8" />`,
);
export const arrow = icon(svg`<path d="M10 15.5v-11M5.5 9 10 4.5 14.5 9" />`);
export const cross = icon(svg`<path d="m5.5 5.5 9 9m0-9-9 9" />`);
export const download = icon(svg`<path d="M10 4v8m-3.5-3L10 12.5 13.5 9M4.5 15.5h11" />`);
export const back = icon(svg`<path d="M12 4.5 6.5 10l5.5 5.5" />`);
export const bubble = icon(svg`<path d="M4 4.5h12v8.5H9.5L6 16v-3H4z" />`);
