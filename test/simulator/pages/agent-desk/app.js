/** The agent desk: its state, its parts, and its actions. */
import { html, nothing, render } from 'lit/html.js';
import { post, uploadFiles } from 'shared/api.js';
import { Composer } from 'shared/composer.js';
import { listen } from 'shared/live.js';
import { conversationView } from './conversation.js';
import { conversationList } from './list.js';
import { createState } from './state.js';
import { wirePanel } from './wire.js';

const API = '/desk/api';
const root = document.querySelector('#desk');
const state = createState();
/** @type {Map<string, Composer>} */
const composers = new Map();

/** The agent's actions. */
const actions = {
	/** @param {string} id */
	open(id) {
		state.open(id);
		show();
		focusOn('.conversation :is([data-first], .composer textarea)');
	},
	/** @param {string} view the part that is shown on a narrow screen */
	view(view) {
		state.view = view;
		show();
		if (view === 'list') focusOn('.list [aria-current], .list button');
	},
	/** @param {string} id @param {string} name */
	async join(id, name) {
		state.remember('name', name);
		await act(id, 'join', { name });
		focusOn('.composer textarea');
	},
	/** @param {{ name: string, email: string, touchpoint: string }} opening */
	async openNew(opening) {
		state.remember('name', opening.name);
		const opened = await perform(`${API}/conversations`, opening);
		if (opened) actions.open(opened.conversationId);
	},
	/** @param {string} id @param {string} name */
	async transfer(id, name) {
		await act(id, 'transfer', { name });
	},
	/** @param {string} id @param {string} text @param {string} type empty for a message without an author */
	async sayAutomatically(id, text, type) {
		await act(id, 'automated', { text, author: type ? { type } : null });
	},
	/** @param {string} id */
	async reopen(id) {
		await act(id, 'reopen');
		focusOn('.conversation :is(.composer textarea, .join input)');
	},
	/** @param {object} readings */
	async read(readings) {
		await perform(`${API}/readings`, readings);
	},
	/** @param {string} id */
	async end(id) {
		await act(id, 'end');
		focusOn('.conversation h2');
	},
	toggleWire() {
		state.isWireOpen = !state.isWireOpen;
		state.remember('wire', state.isWireOpen ? 'open' : '');
		show();
	},
	/** @param {boolean} all */
	showWireOf(all) {
		state.isWireOfAll = all;
		show();
	},
	toggleDetails() {
		state.areDetailsOpen = !state.areDetailsOpen;
		show();
	},
};

/** @param {string} id @param {string} what @param {object} [body] */
async function act(id, what, body) {
	await perform(`${API}/conversations/${encodeURIComponent(id)}/${what}`, body);
}

/** @param {string} url @param {object} [body] @returns the answer; undefined if it failed, which is shown */
async function perform(url, body) {
	state.problem = '';
	const answer = await post(url, body).catch((error) => {
		state.problem = error.message;
	});
	show();
	return answer;
}

/** @param {string} id */
function composerOf(id) {
	const composer =
		composers.get(id) ??
		new Composer({
			label: 'Write to the customer',
			changed: show,
			async send(text, files) {
				const ids = await uploadFiles(`${API}/files`, files);
				await post(`${API}/conversations/${encodeURIComponent(id)}/say`, { text, files: ids });
			},
		});
	composers.set(id, composer);
	return composer;
}

/** @param {string} selector */
function focusOn(selector) {
	const found = root?.querySelector(selector);
	if (found instanceof HTMLElement) found.focus();
}

function show() {
	state.markSeen();
	const unread = state.unreadCount();
	document.title = unread ? `(${unread}) Agent desk` : 'Agent desk';
	render(
		html`
			<h1 class="heard">Agent desk</h1>
			${state.isConnected === false
				? html`<p class="banner" role="alert">
						The Talkdesk simulator can’t be reached. Trying again …
					</p>`
				: nothing}
			<div class="desk" data-view=${state.view} ?data-wire=${state.isWireOpen}>
				${conversationList(state, actions)}
				<main class="conversation" aria-label="Conversation">
					${conversationView(state, actions, composerOf)}
				</main>
				${wirePanel(state, actions)}
			</div>
		`,
		/** @type {HTMLElement} */ (root),
	);
}

document.addEventListener('visibilitychange', show);
listen(
	`${API}/live`,
	{
		snapshot(data) {
			state.begin(data);
			show();
		},
		conversation(data) {
			state.take(data);
			show();
		},
		cases(data) {
			state.cases.push(...data);
			show();
		},
		options(data) {
			state.choose(data);
			show();
		},
		log(data) {
			state.log(data);
			show();
		},
	},
	(isConnected) => {
		state.isConnected = isConnected;
		show();
	},
);
show();
