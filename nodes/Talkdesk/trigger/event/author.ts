/** Who writes: a human agent, a program on Talkdesk's side, the customer, or somebody of whom nothing is known. */
export type AuthorKind = 'agent' | 'automated' | 'customer' | 'unknown';

/**
 * Words in the type of an author. Known of webhooks is that the type exists, and none of its values: `user` and `external`
 * are Digital Connect's words for the customer and for other systems when a conversation is started
 * (`previous_messages[].type`), `contact` and `contact_person` its words for the customer; the others are inferred from
 * what chats and desks call them. The first kind with a word of it counts: a virtual agent is no agent, and an agent of the
 * contact center no contact. To take a program for a human is a repeated line, to take a human for a customer loses words.
 */
const WORDS: ReadonlyArray<[AuthorKind, ReadonlySet<string>]> = [
	[
		'automated',
		new Set([
			...['bot', 'chatbot', 'agentbot', 'virtual', 'virtualagent', 'aiagent', 'ai', 'assistant'],
			...['system', 'automated', 'automatic', 'automation', 'auto', 'autoreply', 'autopilot'],
			...['studio', 'flow', 'workflow', 'ivr', 'machine', 'notification'],
		]),
	],
	[
		'agent',
		new Set([
			...['agent', 'liveagent', 'humanagent', 'talkdesk', 'operator', 'employee', 'staff'],
			...['representative', 'rep', 'support', 'service', 'supervisor', 'advisor', 'teammate'],
			...['colleague', 'admin', 'internal'],
		]),
	],
	[
		'customer',
		new Set([
			...['user', 'enduser', 'external', 'customer', 'client', 'consumer', 'contact', 'person'],
			...['contactperson', 'visitor', 'guest', 'lead', 'subscriber', 'caller'],
		]),
	],
];

/** What kind of author a type names, in any case, and with `_`, `-`, blanks or capitals between its words. */
export function authorKind(type: string | undefined): AuthorKind {
	const words = wordsOf(type ?? '');
	return WORDS.find(([, known]) => words.some((word) => known.has(word)))?.[0] ?? 'unknown';
}

/** Whether a text can be nothing but the type of an author: each of its words is known. A name may have one of them too. */
export function isAuthorType(text: string): boolean {
	const isKnown = (word: string) => WORDS.some(([, known]) => known.has(word));
	return /^[\w\s-]{1,100}$/.test(text) && wordsOf(text).every(isKnown);
}

function wordsOf(type: string): string[] {
	return type
		.slice(0, 100)
		.replace(/([a-z])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.split(/[^a-z]+/);
}
