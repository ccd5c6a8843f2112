/** The panel of the chat: who answers, the messages, and the form. */
import { html, nothing } from 'lit/html.js';
import { cross } from 'shared/icons.js';
import { messageList } from 'shared/messages.js';

/**
 * @typedef {object} ChatMessage
 * @property {string} id
 * @property {'customer' | 'bot' | 'human' | 'automated' | 'unknown' | 'notice'} from
 * @property {string} [name]
 * @property {string} text
 * @property {Array<{ id: string, name: string, size: number }>} files
 * @property {string} at
 * @property {'sending' | 'sent' | 'failed'} [state]
 * @property {string} [problem]
 *
 * @typedef {object} Chat
 * @property {{ name?: string, email?: string }} profile
 * @property {ChatMessage[]} messages
 * @property {{ by: 'bot' | 'nobody yet' | 'human', name?: string }} answering
 */

const SUGGESTIONS = ['When are you open?', 'I would like to talk to a human.'];

export function chatPanel(state, actions, composer) {
	const { sessionId, chat, isConnected } = state;
	return html`<section
		class="chat"
		id="chat-panel"
		role="dialog"
		aria-labelledby="chat-title"
		@keydown=${(event) => {
			if (event.key === 'Escape') actions.close();
		}}
	>
		<header>
			${whoAnswers(sessionId ? chat?.answering : undefined)}
			<button
				type="button"
				class="quiet square"
				aria-label="Close the chat"
				@click=${actions.close}
			>
				${cross}
			</button>
		</header>
		${isConnected === false
			? html`<p class="banner" role="alert">The chat can’t be reached. Trying again …</p>`
			: nothing}
		${sessionId ? talk(state, actions, composer) : beginForm(state, actions)}
	</section>`;
}

/** @param {Chat['answering'] | undefined} answering */
function whoAnswers(answering) {
	const [look, face, title, words] = whoIs(answering);
	return html`<span class="face ${look}" aria-hidden="true">${face}</span>
		<div class="who-answers" role="status">
			<h2 id="chat-title" dir="auto">${title}</h2>
			<p>${words}</p>
		</div>`;
}

/** @param {Chat['answering'] | undefined} answering @returns {[string, string, string, string]} */
function whoIs(answering) {
	if (answering?.by === 'human') {
		const name = answering.name ?? 'A colleague';
		return ['human', [...name][0] ?? '', name, 'A human answers you'];
	}
	if (answering) {
		return answering.by === 'bot'
			? ['bot', 'B', 'Bot', 'A machine answers you']
			: ['waiting', '…', 'A human was asked for', 'Nobody has joined yet'];
	}
	return ['bot', 'B', 'Chat', 'Hob & Kettle'];
}

function beginForm(state, actions) {
	return html`<form
		class="begin"
		@submit=${(event) => {
			event.preventDefault();
			const given = new FormData(event.target);
			void actions.begin({ name: given.get('name'), email: given.get('email') });
		}}
	>
		<h3>Hello! Who is it?</h3>
		<p>Both are up to you. A human needs your e-mail address; the bot can ask for it later.</p>
		<div>
			<label for="chat-name">Name</label>
			<input id="chat-name" name="name" maxlength="200" autocomplete="off" />
		</div>
		<div>
			<label for="chat-email">E-mail</label>
			<input id="chat-email" name="email" type="email" maxlength="200" autocomplete="off" />
		</div>
		${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : nothing}
		<button class="primary">Start the chat</button>
	</form>`;
}

function talk(state, actions, composer) {
	const { chat } = state;
	return html`<div
		class="talk"
		?data-target=${composer.isTarget}
		@dragenter=${composer.drop.over}
		@dragover=${composer.drop.over}
		@dragleave=${composer.drop.leave}
		@drop=${composer.drop.done}
	>
		${messageList({
			key: state.sessionId,
			label: 'Messages',
			entries: (chat?.messages ?? []).map((message) => entryOf(message, chat, actions)),
			empty: chat ? suggestions(actions) : nothing,
		})}
		${composer.template()}
	</div>`;
}

function suggestions(actions) {
	return html`<div class="suggestions">
		<p>Ask something, for example:</p>
		${SUGGESTIONS.map(
			(text) => html`<button type="button" @click=${() => actions.say(text)}>${text}</button>`,
		)}
	</div>`;
}

/** @param {ChatMessage} message @param {Chat} chat */
function entryOf({ id, from, name, text, files, at, state, problem }, chat, actions) {
	const authors = {
		customer: 'You',
		bot: 'Bot',
		human: name ?? chat.answering.name ?? 'A colleague',
		automated: 'Automatic message',
		unknown: name ?? 'Contact center',
		notice: '',
	};
	const side = { customer: 'own', notice: 'note' }[from] ?? 'other';
	return {
		...{ id, side, text, at },
		author: authors[from],
		files: files.map((file) => ({ ...file, href: actions.hrefOf(file.id) })),
		status: statusOf(id, state, problem, actions),
	};
}

/** @returns the state of a message of the customer */
function statusOf(id, state, problem, actions) {
	if (state === 'sending') return html`Sending …`;
	if (!problem) return nothing;
	return html`<span class="failed" role="alert">${problem}</span> ${state === 'failed'
			? html`<button type="button" @click=${() => actions.again(id)}>Try again</button>`
			: nothing}`;
}
