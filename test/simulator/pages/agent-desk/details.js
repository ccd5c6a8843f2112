/** The data about the customer with which n8n started the conversation. */
import { html, nothing } from 'lit/html.js';
import { timeOf } from 'shared/format.js';

/** @param {import('./state.js').Conversation} conversation */
export function details({ id, start, startedAt }) {
	const parameters = Object.entries(start.context_parameters ?? {});
	return html`<aside id="details" class="details" aria-label="Details">
		<h3>Customer</h3>
		<dl>
			${row('E-mail', start.contact_person.email)}
			${start.subject ? row('Subject', start.subject) : nothing}
		</dl>
		<h3>Contact center parameters</h3>
		${parameters.length
			? html`<dl>
					${parameters.map(([name, value]) =>
						row(name, typeof value === 'string' ? value : JSON.stringify(value)),
					)}
				</dl>`
			: html`<p class="none">None were given.</p>`}
		<h3>Conversation</h3>
		<dl>
			${row('Started', timeOf(startedAt))} ${row('Touchpoint', start.touchpoint_id)}
			${row('Transcript', `${start.previous_messages?.length ?? 0} messages`)} ${row('ID', id)}
		</dl>
	</aside>`;
}

/** @param {string} name @param {string} value */
function row(name, value) {
	return html`<div>
		<dt>${name}</dt>
		<dd dir="auto">${value === '' ? html`<span class="none">empty</span>` : value}</dd>
	</div>`;
}
