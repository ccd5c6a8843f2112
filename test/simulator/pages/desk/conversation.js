/** The open conversation: its customer, its messages, and the agent's actions. */
import { html, nothing } from 'lit/html.js';
import { timeOf } from 'shared/format.js';
import { back } from 'shared/icons.js';
import { messageList } from 'shared/messages.js';
import { details } from './details.js';
import { badge } from './list.js';
import { customerOf } from './state.js';

export function conversationView(state, actions, composerOf) {
	const conversation = state.current();
	if (!conversation) {
		return html`<div class="nothing-open">
			<p>Open a conversation to see what was said, and to join it.</p>
		</div>`;
	}
	const { id, agent } = conversation;
	const isMine = conversation.state === 'open' && agent;
	const composer = composerOf(id);
	return html`
		<header class="top">
			<button
				type="button"
				class="quiet square narrow-only"
				aria-label="All conversations"
				@click=${() => actions.view('list')}
			>
				${back}
			</button>
			<div class="title">
				<h2 tabindex="-1" dir="auto" ?data-first=${conversation.state === 'ended'}>
					${customerOf(conversation)}
				</h2>
				${badge(conversation)}
			</div>
			<button
				type="button"
				class="quiet narrow-only"
				aria-expanded=${state.areDetailsOpen}
				aria-controls="details"
				@click=${actions.toggleDetails}
			>
				Details
			</button>
			${conversation.state === 'open' ? endButton(id, actions) : nothing}
		</header>
		<div class="columns" ?data-details=${state.areDetailsOpen}>
			<section
				class="talk"
				aria-label="Chat"
				?data-target=${isMine && composer.isTarget}
				@dragenter=${isMine ? composer.drop.over : null}
				@dragover=${isMine ? composer.drop.over : null}
				@dragleave=${isMine ? composer.drop.leave : null}
				@drop=${isMine ? composer.drop.done : null}
			>
				${messageList({ key: id, label: 'Messages', entries: entriesOf(conversation) })}
				${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : nothing}
				${foot(conversation, state, actions, composer)}
			</section>
			${details(conversation)}
		</div>
	`;
}

function foot(conversation, state, actions, composer) {
	if (conversation.state === 'ended') {
		return html`<p class="over">This conversation is over. The bot has taken it back.</p>`;
	}
	return conversation.agent ? composer.template() : joinForm(conversation.id, state, actions);
}

function joinForm(id, state, actions) {
	return html`<form
		class="join"
		@submit=${(event) => {
			event.preventDefault();
			void actions.join(id, new FormData(event.target).get('name'));
		}}
	>
		<label for="agent-name">Your name, as the customer sees it</label>
		<input
			id="agent-name"
			name="name"
			required
			maxlength="80"
			autocomplete="off"
			data-first
			.value=${state.remembered('name') || 'Grace'}
		/>
		<button class="primary">Join</button>
	</form>`;
}

/** Asks for confirmation, as the end is final. */
function endButton(id, actions) {
	const dialogOf = ({ currentTarget }) => currentTarget.parentElement.querySelector('dialog');
	return html`<span>
		<button type="button" class="danger" @click=${(event) => dialogOf(event).showModal()}>
			End
		</button>
		<dialog aria-labelledby="end-title">
			<form method="dialog">
				<h3 id="end-title">End this conversation?</h3>
				<p>The bot takes over again. This can’t be taken back.</p>
				<div class="choice">
					<button type="submit">Keep it open</button>
					<button type="submit" class="primary" @click=${() => actions.end(id)}>
						End the conversation
					</button>
				</div>
			</form>
		</dialog>
	</span>`;
}

/**
 * The entries of a conversation, oldest first: the transcript, then messages and events.
 *
 * @param {import('./state.js').Conversation} conversation
 */
function entriesOf(conversation) {
	const { start, startedAt, agent, messages, state, endedAt, endedBy, events } = conversation;
	const customer = customerOf(conversation);
	const previous = (start.previous_messages ?? []).map(({ type, content, created_at }, index) => {
		const isCustomer = type.toLowerCase() === 'user';
		return {
			id: `previous-${index}`,
			side: isCustomer ? 'other' : 'own',
			author: isCustomer ? customer : 'Bot',
			text: content,
			at: created_at,
			past: true,
		};
	});
	const said = messages.map(({ id, from, author, content, attachments, createdAt }) => ({
		id,
		side: from === 'agent' ? 'own' : 'other',
		author: from === 'agent' ? author : customer,
		text: content ?? '',
		at: createdAt,
		files: attachments.map((file) => ({
			...file,
			href: `/desk/api/attachments/${encodeURIComponent(file.id)}`,
		})),
		status: from === 'agent' && delivery(events.find(({ message }) => message?.id === id)),
	}));
	const joined = events.find(({ event }) => event === 'conversation_started');
	const ended = events.find(({ event }) => event === 'conversation_ended');
	const who = endedBy === 'api' ? 'n8n' : (agent?.name ?? 'The desk');
	return [
		...previous,
		note('started', 'Handed over to Talkdesk', startedAt),
		...said,
		...(agent && joined
			? [note('joined', `${agent.name} joined`, joined.timestamp, failure(joined))]
			: []),
		...(state === 'ended' && endedAt
			? [note('ended', `${who} ended the conversation`, endedAt, failure(ended))]
			: []),
	].sort((a, b) => Number(Boolean(b.past)) - Number(Boolean(a.past)) || a.at.localeCompare(b.at));
}

/** @param {string} id @param {string} text @param {string} at @param {unknown} [status] */
const note = (id, text, at, status) => ({ id, side: 'note', author: '', text, at, status });

/** @param {import('./state.js').DispatchedEvent | undefined} event @returns the state of its delivery to n8n */
function delivery(event) {
	if (!event) return nothing;
	if (event.calls.length === 0) return html`<span>Sending to n8n …</span>`;
	return event.calls.some(({ ok }) => ok) ? html`<span>Delivered to n8n</span>` : failure(event);
}

/** @param {import('./state.js').DispatchedEvent | undefined} event @returns why its delivery failed; nothing if it didn't */
function failure(event) {
	const last = event?.calls.at(-1);
	if (!last || event?.calls.some(({ ok }) => ok)) return nothing;
	const reason = last.error ?? `status ${last.status}`;
	return html`<span class="failed">Not delivered to n8n: ${reason}</span>`;
}
