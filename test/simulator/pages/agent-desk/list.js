/** The list of conversations. */
import { html, nothing } from 'lit/html.js';
import { repeat } from 'lit/directives/repeat.js';
import { timeOf } from 'shared/format.js';
import { caseList } from './cases.js';
import { dialogButton, selectField, textField } from './dialog.js';
import { readingsPanel } from './readings.js';
import { customerOf } from './state.js';

export function conversationList(state, actions) {
	const conversations = state.conversations();
	return html`<nav class="list" aria-labelledby="list-title">
		<header>
			<h2 id="list-title">Conversations</h2>
			<span class="count">${conversations.length || nothing}</span>
			${openButton(state, actions)}
			<button type="button" class="quiet narrow-only" @click=${() => actions.view('wire')}>
				Log
			</button>
		</header>
		${conversations.length === 0 ? empty(state) : nothing}
		<ul>
			${repeat(
				conversations,
				({ id }) => id,
				(conversation) =>
					html`<li>
						<button
							type="button"
							aria-current=${conversation.id === state.openId ? 'true' : nothing}
							@click=${() => actions.open(conversation.id)}
						>
							${item(conversation, state.isUnread(conversation))}
						</button>
					</li>`,
			)}
		</ul>
		${caseList(state.cases)} ${readingsPanel(state, actions)}
		<p class="heard" role="status">
			${state.unreadCount() ? `${state.unreadCount()} conversations with something new` : nothing}
		</p>
	</nav>`;
}

function openButton(state, actions) {
	return dialogButton({
		...{ id: 'open-title', label: 'New', title: 'Write to a customer first' },
		text: 'A conversation that an agent opens: n8n has not asked for it, and knows no session.',
		fields: html`${textField('Name of the agent', 'name', { value: state.name() })}
		${textField('The customer’s e-mail', 'email', { type: 'email', value: 'ada@example.com' })}
		${selectField(
			'Touchpoint',
			'touchpoint',
			state.touchpoints.map((id) => [id, id]),
		)}`,
		confirm: 'Open the conversation',
		done: (data) => actions.openNew(Object.fromEntries(data)),
	});
}

function empty(state) {
	if (!state.hasBegun) return html`<p class="empty">Connecting …</p>`;
	return html`<p class="empty">
		No conversations yet. One appears as soon as n8n starts it: ask the bot for a human.
	</p>`;
}

/** @param {import('./state.js').Conversation} conversation @param {boolean} isUnread */
function item(conversation, isUnread) {
	const { messages, start, startedAt } = conversation;
	const last = messages.at(-1);
	const previous = start.previous_messages?.at(-1);
	const text =
		last?.content || last?.attachments.map(({ name }) => name).join(', ') || previous?.content;
	return html`
		<span class="who" dir="auto">${customerOf(conversation)}</span>
		<time datetime=${last?.createdAt ?? startedAt}>${timeOf(last?.createdAt ?? startedAt)}</time>
		<span class="said" dir="auto"
			>${last && last.from !== 'customer' ? `${authorOf(last)}: ` : ''}${text ??
			start.subject}</span
		>
		<span class="state">${badge(conversation)}</span>
		${isUnread ? html`<span class="unread"><span class="heard">new</span></span>` : nothing}
	`;
}

/** @param {import('./state.js').Message} message @returns the name of an agent or a program */
export const authorOf = ({ author, from }) => author || (from === 'automated' ? 'Automated' : '');

/** @param {import('./state.js').Conversation} conversation */
export function badge({ state, agent }) {
	if (state === 'ended') return html`<span class="badge ended">Ended</span>`;
	return agent
		? html`<span class="badge joined" dir="auto">With ${agent.name}</span>`
		: html`<span class="badge waiting">Waiting</span>`;
}
