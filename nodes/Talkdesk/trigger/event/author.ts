import { words } from '../../text/words';

/** A human agent, a program on Talkdesk's side, the customer, or unknown. */
export type AuthorKind = 'agent' | 'automated' | 'customer' | 'unknown';

/**
 * The words of each kind of author.
 *
 * The values of `author.type` aren't documented. `user` and `external` are Digital Connect's words for the customer and
 * for other systems (`previous_messages[].type`), `contact` and `contact_person` for the customer; the others are
 * inferred from what chats and desks call them. The first kind with a matching word counts: a virtual agent is no
 * agent, and an agent of the contact center is no contact. Counting a program as a human repeats a line; counting a
 * human as the customer loses one.
 */
const WORDS: ReadonlyArray<[AuthorKind, ReadonlySet<string>]> = [
	[
		'automated',
		new Set([
			...words(`
				bot chatbot agentbot virtual virtualagent aiagent ai assistant system automated automatic
				automation auto autoreply autopilot studio flow workflow ivr machine notification
			`),
		]),
	],
	[
		'agent',
		new Set([
			...words(`
				agent liveagent humanagent talkdesk operator employee staff representative rep support
				service supervisor advisor teammate colleague admin internal
			`),
		]),
	],
	[
		'customer',
		new Set([
			...words(`
				user enduser external customer client consumer contact person contactperson visitor guest
				lead subscriber caller
			`),
		]),
	],
];

/** The kind of author that a type names, in any case, and with `_`, `-`, blanks or capitals between its words. */
export function authorKind(type: string | undefined): AuthorKind {
	const words = wordsOf(type ?? '');
	return WORDS.find(([, known]) => words.some((word) => known.has(word)))?.[0] ?? 'unknown';
}

/** Whether all words of a text are kinds of authors, so that it is no name. */
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
