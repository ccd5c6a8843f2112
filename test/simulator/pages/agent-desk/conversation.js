/** The open conversation: its customer, its messages, and the agent's actions. */
import { html, nothing } from 'lit/html.js';
import { timeOf } from 'shared/format.js';
import { back } from 'shared/icons.js';
import { messageList } from 'shared/messages.js';
import { details } from './details.js';
import { dialogButton, selectField, textField } from './dialog.js';
import { authorOf, badge } from './list.js';
import { AUTOMATED_TYPES } from './readings.js';
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
			${conversation.state === 'open' ? actionButtons(conversation, actions) : nothing}
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
		return html`<div class="over">
			<p>This conversation is over. The bot has taken it back.</p>
			<button type="button" @click=${() => actions.reopen(conversation.id)}>Reopen</button>
		</div>`;
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
			.value=${state.name()}
		/>
		<button class="primary">Join</button>
	</form>`;
}

function actionButtons({ id, agent }, actions) {
	const automated = dialogButton({
		...{ id: 'automated-title', label: 'Automated', kind: 'quiet' },
		title: 'Send an automated message',
		text: 'As a Studio flow or a virtual agent does. How Talkdesk names the author isn’t documented.',
		fields: html`${textField('Text', 'text', { value: 'Our office is closed.' })}
		${selectField(
			'Type of the author',
			'type',
			AUTOMATED_TYPES.map((type) => [type, type || 'no author at all']),
		)}`,
		confirm: 'Send',
		done: (data) => actions.sayAutomatically(id, data.get('text'), data.get('type')),
	});
	const transfer = dialogButton({
		...{ id: 'transfer-title', label: 'Transfer', kind: 'quiet' },
		title: 'Give this conversation to a colleague?',
		text: 'n8n is told nothing: the next message has another name.',
		fields: textField('Name of the colleague', 'name', { value: 'Joan' }),
		confirm: 'Transfer',
		done: (data) => actions.transfer(id, data.get('name')),
	});
	const end = dialogButton({
		...{ id: 'end-title', label: 'End', kind: 'danger', title: 'End this conversation?' },
		...{ text: 'The bot takes over again.', cancel: 'Keep it open' },
		confirm: 'End the conversation',
		done: () => actions.end(id),
	});
	return html`${automated} ${agent ? transfer : nothing} ${end}`;
}

/**
 * The entries of a conversation, oldest first: the transcript, then messages and events.
 *
 * @param {import('./state.js').Conversation} conversation
 */
function entriesOf(conversation) {
	const { start, messages, steps, events } = conversation;
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
	const said = messages.map((message) => {
		const { id, from, content, attachments, createdAt } = message;
		const isCustomer = from === 'customer';
		return {
			id,
			side: isCustomer ? 'other' : 'own',
			author: isCustomer ? customer : authorOf(message),
			text: content ?? '',
			at: createdAt,
			files: attachments.map((file) => ({
				...file,
				href: `/desk/api/attachments/${encodeURIComponent(file.id)}`,
			})),
			// An echo has the message's ID, too.
			status: delivery(
				events.find(({ message: told }) => told?.id === id),
				isCustomer ? 'Came back to n8n' : 'Delivered to n8n',
			),
		};
	});
	return [...previous, ...said, ...notesOf(steps, events)].sort(
		(a, b) => Number(Boolean(b.past)) - Number(Boolean(a.past)) || a.at.localeCompare(b.at),
	);
}

/**
 * What happened, with what went wrong when n8n was told of it.
 *
 * @param {import('./state.js').Step[]} steps
 * @param {import('./state.js').DispatchedEvent[]} events
 */
function notesOf(steps, events) {
	const told = (name, at) =>
		failure(events.find(({ event, timestamp }) => event === name && timestamp >= at));
	return steps.map(({ what, at, by, agent }, index) => {
		const who = by === 'api' ? 'n8n' : (agent ?? 'The desk');
		const [text, event] = {
			started: [
				by === 'api' ? 'Handed over to Talkdesk' : `${who} opened the conversation`,
				'conversation_started',
			],
			joined: [`${who} joined`, 'conversation_started'],
			transferred: [`Transferred to ${who}`, ''],
			ended: [`${who} ended the conversation`, 'conversation_ended'],
			reopened: [`${who} opened the conversation again`, ''],
		}[what];
		return note(`step-${index}`, text, at, told(event, at));
	});
}

/** @param {string} id @param {string} text @param {string} at @param {unknown} [status] */
const note = (id, text, at, status) => ({ id, side: 'note', author: '', text, at, status });

/**
 * @param {import('./state.js').DispatchedEvent | undefined} event
 * @param {string} done what to say when it was delivered
 * @returns the state of its delivery to n8n
 */
function delivery(event, done) {
	if (!event) return nothing;
	if (event.calls.length === 0) return html`<span>Sending to n8n …</span>`;
	return event.calls.some(({ ok }) => ok) ? html`<span>${done}</span>` : failure(event);
}

/** @param {import('./state.js').DispatchedEvent | undefined} event @returns why its delivery failed; nothing if it didn't */
function failure(event) {
	const last = event?.calls.at(-1);
	if (!last || event?.calls.some(({ ok }) => ok)) return nothing;
	const reason = last.error ?? `status ${last.status}`;
	return html`<span class="failed">Not delivered to n8n: ${reason}</span>`;
}
