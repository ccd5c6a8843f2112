/** What isn't known of Talkdesk's calls: the person at the desk chooses how it is. */
import { html } from 'lit/html.js';
import { selectField } from './dialog.js';

/** @type {Array<[string, string]>} */
const STARTED = [
	['start', 'when n8n starts one'],
	['join', 'when an agent joins'],
	['agentInitiated', 'for agents’ own ones only'],
	['never', 'never'],
];
const ECHO_TYPES = ['CONTACT_PERSON', 'CUSTOMER', 'End user', 'external'];
/** Spellings of programs; the empty one is a message without an author. */
export const AUTOMATED_TYPES = [
	'BOT',
	'SYSTEM',
	'automated',
	'virtual-agent',
	'Studio',
	'flow',
	'',
];

export function readingsPanel({ readings }, actions) {
	const { conversationStarted, echoAuthors } = readings;
	const [first] = echoAuthors;
	const type = echoAuthors.length ? (first?.type ?? '') : 'none';
	const types = [...new Set([...ECHO_TYPES, ...(type === 'none' ? [] : [type])])];
	return html`<details class="readings">
		<summary>What Talkdesk tells n8n</summary>
		<div class="fields">
			${selectField('A conversation has started', 'conversationStarted', STARTED, {
				value: conversationStarted,
				changed: (value) => actions.read({ conversationStarted: value }),
			})}
			${selectField(
				'The customer’s own messages',
				'echo',
				[
					['none', 'don’t come back'],
					...types.map((each) => [each, `come back, by ${each || 'no author'}`]),
				],
				{
					value: type,
					changed: (value) =>
						actions.read({ echoAuthors: value === 'none' ? [] : [{ type: value }] }),
				},
			)}
		</div>
	</details>`;
}
