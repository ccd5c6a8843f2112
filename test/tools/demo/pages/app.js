/** The chat in the corner of the shop: its state, and its requests to the server. */
import { html, nothing, render } from 'lit/html.js';
import { uploadFiles, post } from 'shared/api.js';
import { Composer } from 'shared/composer.js';
import { bubble } from 'shared/icons.js';
import { listen } from 'shared/live.js';
import { chatPanel } from './panel.js';

const root = /** @type {HTMLElement} */ (document.querySelector('#chat'));
const kept = sessionStorage;

const state = {
	isOpen: kept.getItem('chat.open') === 'yes',
	/** One per tab: two tabs are two customers. @type {string | null} */
	sessionId: kept.getItem('chat.session'),
	/** @type {boolean | undefined} */
	isConnected: undefined,
	/** The state of this chat on the server. @type {import('./panel.js').Chat | undefined} */
	chat: undefined,
	/** The number of seen messages of others. */
	seen: 0,
	problem: '',
};

const composer = new Composer({
	label: 'Write a message',
	changed: show,
	async send(text, files) {
		const ids = await uploadFiles(urlOf('files'), files);
		await post(urlOf('messages'), { text, files: ids });
	},
});

const actions = {
	open() {
		state.isOpen = true;
		kept.setItem('chat.open', 'yes');
		show();
		focusOn('.begin input, .composer textarea');
	},
	close() {
		state.isOpen = false;
		kept.removeItem('chat.open');
		show();
		focusOn('.chat-button');
	},
	/** @param {{ name: string, email: string }} profile */
	async begin(profile) {
		try {
			const { id } = await post('/api/sessions', profile);
			state.problem = '';
			state.sessionId = id;
			kept.setItem('chat.session', id);
			follow();
			show();
			focusOn('.composer textarea');
		} catch (error) {
			state.problem = error instanceof Error ? error.message : String(error);
			show();
		}
	},
	/** @param {string} text */
	async say(text) {
		composer.text = text;
		focusOn('.composer textarea');
		await composer.submit();
	},
	/** @param {string} id of a message that failed */
	async again(id) {
		focusOn('.composer textarea');
		await post(urlOf(`messages/${encodeURIComponent(id)}/again`)).catch((error) => {
			composer.problem = error.message;
			show();
		});
	},
	/** @param {string} id */
	hrefOf: (id) => urlOf(`files/${encodeURIComponent(id)}`),
};

/** @param {string} path */
function urlOf(path) {
	return `/api/sessions/${encodeURIComponent(state.sessionId ?? '')}/${path}`;
}

let stop = () => {};

function follow() {
	stop();
	if (!state.sessionId) return;
	stop = listen(
		urlOf('live'),
		{
			chat(chat) {
				state.chat = chat;
				show();
			},
			// The server was restarted without this session: the page starts a new one.
			gone() {
				stop();
				Object.assign(state, { sessionId: null, chat: undefined, isConnected: undefined, seen: 0 });
				kept.removeItem('chat.session');
				show();
			},
		},
		(isConnected) => {
			state.isConnected = isConnected;
			show();
		},
	);
}

/** @param {string} selector */
function focusOn(selector) {
	const found = root.querySelector(selector);
	if (found instanceof HTMLElement) found.focus();
}

function show() {
	const others = state.chat?.messages.filter(({ from }) => from !== 'customer').length ?? 0;
	if (state.isOpen && !document.hidden) state.seen = others;
	const unread = others - state.seen;
	document.title = `${unread ? `(${unread}) ` : ''}Hob & Kettle – teaware`;
	render(
		html`
			<button
				type="button"
				class="primary chat-button"
				aria-expanded=${state.isOpen}
				aria-controls="chat-panel"
				?hidden=${state.isOpen}
				@click=${actions.open}
			>
				${bubble} Chat with us
				${unread
					? html`<span class="count">${unread}<span class="heard"> new messages</span></span>`
					: nothing}
			</button>
			${state.isOpen ? chatPanel(state, actions, composer) : nothing}
		`,
		root,
	);
}

document.addEventListener('visibilitychange', show);
follow();
show();
