/** The cases that n8n has created. */
import { html, nothing } from 'lit/html.js';
import { timeOf } from 'shared/format.js';

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {string} description
 * @property {string} createdAt
 * @property {string} [priority]
 * @property {string} requester_email
 * @property {Array<{ note_title?: string, note_body?: string }>} notes
 */

/** @param {Case[]} cases */
export function caseList(cases) {
	if (cases.length === 0) return nothing;
	return html`<section class="cases" aria-labelledby="cases-title">
		<h2 id="cases-title">Cases</h2>
		${[...cases].reverse().map(
			({ title, description, createdAt, priority, requester_email: email, notes }) =>
				html`<details>
					<summary dir="auto">${title}</summary>
					<p class="none">${[timeOf(createdAt), email, priority].filter(Boolean).join(' · ')}</p>
					<p dir="auto">${description}</p>
					${notes.map(
						({ note_title, note_body }) =>
							html`<h3 dir="auto" class="case-title">${note_title}</h3>
								<p dir="auto" class="case-note">${note_body}</p>`,
					)}
				</details>`,
		)}
	</section>`;
}
