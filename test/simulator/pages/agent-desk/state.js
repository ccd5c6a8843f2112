/** The state of the desk: the server's data, and what the agent has opened and seen. */

const LOG_LINES = 1000;

/**
 * @typedef {object} File
 * @property {string} id
 * @property {string} name
 * @property {number} size
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {'customer' | 'agent' | 'automated'} from
 * @property {string} author
 * @property {string | null} content
 * @property {File[]} attachments
 * @property {string} createdAt
 *
 * @typedef {object} DispatchedEvent an event for n8n; without `calls` it is still pending
 * @property {string} event
 * @property {string} timestamp
 * @property {{ id: string }} [message]
 * @property {Array<{ ok: boolean, status: number | null, error?: string }>} calls
 *
 * @typedef {object} Step
 * @property {'started' | 'joined' | 'transferred' | 'ended' | 'reopened'} what
 * @property {string} at
 * @property {'agent' | 'api'} by
 * @property {string | null} agent
 *
 * @typedef {object} Options
 * @property {{ conversationStarted: string, echoAuthors: Array<{ type?: string } | null> }} readings
 * @property {string[]} touchpoints
 *
 * @typedef {object} Start
 * @property {{ email: string }} contact_person
 * @property {string} touchpoint_id
 * @property {string} [subject]
 * @property {Record<string, unknown> | null} [context_parameters]
 * @property {Array<{ type: string, content: string, created_at: string }>} [previous_messages]
 *
 * @typedef {object} Conversation
 * @property {string} id
 * @property {'open' | 'ended'} state
 * @property {string} startedAt
 * @property {Start} start
 * @property {{ name: string } | null} agent
 * @property {Message[]} messages
 * @property {string | null} endedAt
 * @property {'agent' | 'api' | null} endedBy
 * @property {DispatchedEvent[]} events
 * @property {Step[]} steps
 *
 * @typedef {object} LogEntry
 * @property {string} at
 * @property {'in' | 'out'} direction
 * @property {string} what
 * @property {number | null} status
 * @property {number} ms
 * @property {string} [conversationId]
 * @property {string} summary
 */

/** @param {Conversation} conversation @returns the number of things to see in it */
const lengthOf = ({ messages }) => messages.filter(({ from }) => from === 'customer').length + 1;

export function createState() {
	/** @type {Map<string, Conversation>} */
	const conversations = new Map();
	/** The number of seen things of each conversation. @type {Map<string, number>} */
	const seen = new Map();

	return {
		/** undefined: not known yet. @type {boolean | undefined} */
		isConnected: undefined,
		hasBegun: false,
		/** @type {string | undefined} */
		openId: undefined,
		/** The part that is shown on a narrow screen. */
		view: 'list',
		isWireOpen: localStorage.getItem('desk.wire') === 'open',
		isWireOfAll: false,
		areDetailsOpen: false,
		readings: { conversationStarted: 'join', echoAuthors: [] },
		/** @type {string[]} */
		touchpoints: [],
		/** Why the last action failed. */
		problem: '',
		/** @type {LogEntry[]} */
		entries: [],
		/** Oldest first. @type {import('./cases.js').Case[]} */
		cases: [],

		/** Newest first. */
		conversations: () =>
			[...conversations.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt)),
		/** @returns {Conversation | undefined} */
		current() {
			return conversations.get(this.openId ?? '');
		},
		/** @param {{ conversations: Conversation[], cases: import('./cases.js').Case[], log: LogEntry[] } & Options} snapshot */
		begin(snapshot) {
			conversations.clear();
			for (const each of snapshot.conversations) conversations.set(each.id, each);
			// A conversation that ended before the desk was opened is not unread.
			for (const each of snapshot.conversations) {
				if (each.state === 'ended' && !seen.has(each.id)) seen.set(each.id, lengthOf(each));
			}
			this.cases = snapshot.cases;
			this.entries = snapshot.log;
			this.choose(snapshot);
			this.hasBegun = true;
		},
		/** @param {Conversation} conversation */
		take(conversation) {
			conversations.set(conversation.id, conversation);
		},
		/** @param {Options} options */
		choose({ readings, touchpoints }) {
			Object.assign(this, { readings, touchpoints });
		},
		/** @param {LogEntry[]} lines */
		log(lines) {
			this.entries = [...this.entries, ...lines].slice(-LOG_LINES);
		},
		/** @param {string} id */
		open(id) {
			if (id !== this.openId) this.problem = '';
			this.openId = id;
			this.view = 'conversation';
			this.areDetailsOpen = false;
		},
		/** Marks the open conversation as seen, if the page is visible. */
		markSeen() {
			const current = this.current();
			if (current && !document.hidden) seen.set(current.id, lengthOf(current));
		},
		/** @param {Conversation} conversation */
		isUnread: (conversation) => (seen.get(conversation.id) ?? 0) < lengthOf(conversation),
		unreadCount() {
			return this.conversations().filter(this.isUnread).length;
		},
		/** @param {string} key @param {string} value */
		remember(key, value) {
			localStorage.setItem(`desk.${key}`, value);
		},
		/** The agent's name, as it was entered last. */
		name() {
			return this.remembered('name') || 'Grace';
		},
		/** @param {string} key */
		remembered: (key) => localStorage.getItem(`desk.${key}`) ?? '',
	};
}

/** @param {Conversation} conversation @returns the customer's name, or else the e-mail address */
export function customerOf({ start }) {
	const { name, contact_name: contactName } = start.context_parameters ?? {};
	const known = [contactName, name].find((value) => typeof value === 'string' && value.trim());
	return typeof known === 'string' ? known.trim() : start.contact_person.email;
}
