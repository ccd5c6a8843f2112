/** The form for a message: text, and files by a button, by drag and drop, or pasted. */
import { html, nothing } from 'lit/html.js';
import { live } from 'lit/directives/live.js';
import { sizeOf } from './format.js';
import { arrow, clip, cross } from './icons.js';

/** A draft of a message. Each conversation has one. */
export class Composer {
	text = '';
	/** @type {File[]} */
	files = [];
	problem = '';
	/** The number of pending messages with files: they take long enough to show it. */
	underWay = 0;
	/** Whether something is dragged over the drop target. */
	isTarget = false;

	/**
	 * @param {object} host
	 * @param {string} host.label of the text field
	 * @param {(text: string, files: File[]) => Promise<void>} host.send
	 * @param {() => void} host.changed renders the page again
	 */
	constructor({ label, send, changed }) {
		Object.assign(this, { label, send, changed });
	}

	/** @param {Iterable<File>} files */
	add(files) {
		this.files = [...this.files, ...files];
		this.problem = '';
		this.changed();
	}

	async submit() {
		const { text, files } = this;
		if (text.trim() === '' && files.length === 0) return;
		// Cleared at once, so that the next message can be written; a failed one is restored.
		Object.assign(this, { text: '', files: [], problem: '' });
		if (files.length) this.underWay += 1;
		this.changed();
		try {
			await this.send(text.trim(), files);
		} catch (error) {
			this.problem = `Not sent: ${error instanceof Error ? error.message : error}`;
			this.text = [text, this.text].filter(Boolean).join('\n');
			this.files = [...files, ...this.files];
		}
		if (files.length) this.underWay -= 1;
		this.changed();
	}

	/** Listeners for the element that takes dropped files. */
	drop = {
		/** @param {DragEvent} event */
		over: (event) => {
			if (!event.dataTransfer?.types.includes('Files')) return;
			event.preventDefault();
			if (this.isTarget) return;
			this.isTarget = true;
			this.changed();
		},
		/** @param {DragEvent} event */
		leave: (event) => {
			const { currentTarget, relatedTarget } = event;
			const isInside =
				currentTarget instanceof Element &&
				relatedTarget instanceof Node &&
				currentTarget.contains(relatedTarget);
			if (isInside) return;
			this.isTarget = false;
			this.changed();
		},
		/** @param {DragEvent} event */
		done: (event) => {
			if (!event.dataTransfer?.types.includes('Files')) return;
			event.preventDefault();
			this.isTarget = false;
			this.add(event.dataTransfer.files);
		},
	};

	/** @param {KeyboardEvent} event */
	#key = (event) => {
		if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		void this.submit();
	};

	/** @param {ClipboardEvent} event */
	#paste = (event) => {
		const files = event.clipboardData?.files;
		if (!files?.length) return;
		event.preventDefault();
		this.add(files);
	};

	/** @param {Event & { target: HTMLInputElement }} event */
	#picked = ({ target }) => {
		this.add(target.files ?? []);
		// So that the same file can be picked again.
		target.value = '';
	};

	/** @param {number} index @param {Event} event */
	#remove(index, event) {
		this.files = this.files.filter((_, other) => other !== index);
		const form = event.target instanceof Element ? event.target.closest('form') : null;
		this.changed();
		form?.querySelector('textarea')?.focus();
	}

	template() {
		return html`<form
			class="composer"
			@submit=${(/** @type {Event} */ event) => {
				event.preventDefault();
				void this.submit();
			}}
		>
			${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
			${this.files.length ? this.#chips() : nothing}
			<div class="writing">
				<button
					type="button"
					class="quiet square"
					aria-label="Add files"
					title="Add files"
					@click=${(/** @type {Event & { currentTarget: Element }} */ { currentTarget }) =>
						currentTarget.parentElement?.querySelector('input')?.click()}
				>
					${clip}
				</button>
				<input type="file" multiple hidden @change=${this.#picked} />
				<textarea
					rows="1"
					aria-label=${this.label}
					placeholder=${this.label}
					.value=${live(this.text)}
					@input=${(/** @type {Event & { target: HTMLTextAreaElement }} */ { target }) => {
						this.text = target.value;
					}}
					@keydown=${this.#key}
					@paste=${this.#paste}
				></textarea>
				<button class="primary square" aria-label="Send" title="Send (Enter)">${arrow}</button>
			</div>
			<p class="hint" role="status">${this.underWay ? 'Sending the files …' : nothing}</p>
		</form>`;
	}

	#chips() {
		return html`<ul class="chips" aria-label="Files to send">
			${this.files.map(
				(file, index) =>
					html`<li>
						<span class="name" dir="auto">${file.name}</span> <small>${sizeOf(file.size)}</small>
						<button
							type="button"
							class="quiet small"
							aria-label=${`Remove ${file.name}`}
							@click=${(/** @type {Event} */ event) => this.#remove(index, event)}
						>
							${cross}
						</button>
					</li>`,
			)}
		</ul>`;
	}
}
