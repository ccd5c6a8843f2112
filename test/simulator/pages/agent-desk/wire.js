/** The request log of the simulator, for the open conversation or for all. */
import { html, nothing } from 'lit/html.js';
import { exactTimeOf } from 'shared/format.js';
import { back } from 'shared/icons.js';

/** The maximum number of rows; more would make the page slow. */
const ROWS = 200;

export function wirePanel(state, actions) {
	const current = state.current();
	const isOfAll = state.isWireOfAll || !current;
	const entries = state.entries.filter(
		({ conversationId }) => isOfAll || conversationId === current?.id,
	);
	return html`<section class="wire" aria-labelledby="wire-title">
		<header>
			<button
				type="button"
				class="quiet square narrow-only"
				aria-label="All conversations"
				@click=${() => actions.view('list')}
			>
				${back}
			</button>
			<h2 id="wire-title">
				<button
					type="button"
					class="quiet toggle"
					aria-expanded=${state.isWireOpen}
					aria-controls="wire-rows"
					@click=${actions.toggleWire}
				>
					Request log
				</button>
			</h2>
			<div class="choices" role="group" aria-label="Requests of">
				${choice('This conversation', !isOfAll, !current, () => actions.showWireOf(false))}
				${choice('All', isOfAll, false, () => actions.showWireOf(true))}
			</div>
		</header>
		<div id="wire-rows" class="rows" tabindex="0" role="region" aria-label="Requests, newest first">
			${entries.length ? table(entries) : html`<p class="empty">Nothing yet.</p>`}
		</div>
	</section>`;
}

function choice(label, isChosen, disabled, choose) {
	return html`<button
		type="button"
		class="quiet"
		aria-pressed=${isChosen}
		?disabled=${disabled}
		@click=${choose}
	>
		${label}
	</button>`;
}

/** @param {Array<import('./state.js').LogEntry>} entries */
function table(entries) {
	const shown = entries.slice(-ROWS).reverse();
	return html`<table>
		<thead class="heard">
			<tr>
				<th>Time</th>
				<th>Direction</th>
				<th>Status</th>
				<th>Duration</th>
				<th>Request</th>
				<th>About</th>
			</tr>
		</thead>
		<tbody>
			${shown.map(row)}
		</tbody>
	</table>`;
}

/** @param {import('./state.js').LogEntry} entry */
function row({ at, direction, what, status, ms, summary }) {
	const isIn = direction === 'in';
	const isBad = status === null || status >= 400;
	const [method, ...url] = what.split(' ');
	return html`<tr ?data-bad=${isBad}>
		<td><time datetime=${at}>${exactTimeOf(at)}</time></td>
		<td class="direction">
			<span aria-hidden="true">${isIn ? '→' : '←'}</span> ${isIn ? 'from n8n' : 'to n8n'}
		</td>
		<td class="code">${status ?? '—'}</td>
		<td class="ms">${ms} ms</td>
		<td class="what" title=${what}><b>${method}</b> ${pathOf(url.join(' '))}</td>
		<td class="summary" dir="auto">${summary || nothing}</td>
	</tr>`;
}

/** @param {string} url @returns the path with shortened ids */
function pathOf(url) {
	const path = URL.canParse(url) ? new URL(url).pathname : url;
	return path.replace(/([\da-f]{8})-[\da-f-]{27}/g, '$1…');
}
