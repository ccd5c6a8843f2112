/** A button that opens a dialog, whose form does something. */
import { html, nothing } from 'lit/html.js';

/**
 * @param {object} options
 * @param {string} options.id of the dialog's title
 * @param {string} options.label of the button
 * @param {string} [options.kind] the button's class
 * @param {string} options.title
 * @param {string} options.text
 * @param {unknown} [options.fields]
 * @param {string} [options.cancel]
 * @param {string} options.confirm
 * @param {(data: FormData) => unknown} options.done is called with the fields
 */
export function dialogButton({ id, label, kind = '', title, text, fields, cancel, confirm, done }) {
	const dialogOf = ({ currentTarget }) => currentTarget.parentElement.querySelector('dialog');
	return html`<span>
		<button type="button" class=${kind} @click=${(event) => dialogOf(event).showModal()}>
			${label}
		</button>
		<dialog aria-labelledby=${id}>
			<form
				method="dialog"
				@submit=${({ target }) => {
					void done(new FormData(target));
				}}
			>
				<h3 id=${id}>${title}</h3>
				<p>${text}</p>
				${fields ? html`<div class="fields">${fields}</div>` : nothing}
				<div class="choice">
					<button type="button" @click=${({ target }) => target.closest('dialog').close()}>
						${cancel ?? 'Cancel'}
					</button>
					<button class="primary">${confirm}</button>
				</div>
			</form>
		</dialog>
	</span>`;
}

/**
 * @param {string} label
 * @param {string} name
 * @param {object} [more]
 * @param {string} [more.value]
 * @param {string} [more.type]
 */
export const textField = (label, name, { value = '', type = 'text' } = {}) =>
	html`<label
		>${label}
		<input name=${name} type=${type} required maxlength="200" autocomplete="off" .value=${value}
	/></label>`;

/**
 * @param {string} label
 * @param {string} name
 * @param {Array<[value: string, text: string]>} choices
 * @param {object} [more]
 * @param {string} [more.value]
 * @param {(value: string) => void} [more.changed]
 */
export const selectField = (label, name, choices, { value, changed } = {}) =>
	html`<label
		>${label}
		<select name=${name} @change=${changed ? ({ target }) => changed(target.value) : null}>
			${choices.map(
				([each, text]) =>
					html`<option value=${each} .selected=${each === (value ?? choices[0]?.[0])}>
						${text}
					</option>`,
			)}
		</select></label
	>`;
