import type { StartBody } from './contract.mts';
import type { Key } from './conversations.mts';

/**
 * What would hide a fault. `keyMissing`, `keyMalformed`: an idempotency key that is not 1 to 255 characters of printable
 * ASCII. `keyConflict`: one that came with something else before, so that nothing was stored of what came with it now.
 * `emptyWord`: a value that was written by a program which had none, such as `undefined`.
 */
export interface Violation {
	kind: 'keyMissing' | 'keyMalformed' | 'keyConflict' | 'emptyWord';
	/** `POST /api/digital-connect/conversations/:id/messages`. */
	route: string;
	conversationId?: string;
	key?: string;
	/** In words. */
	detail: string;
	/** ISO 8601. */
	at: string;
}

export interface Violations {
	/** Oldest first. */
	all(): readonly Violation[];
	/** Looks at an idempotency key; says what is wrong with it. */
	wrongWithKey(route: string, key: string): string | undefined;
	/** Call for each Start that was answered with a conversation. */
	started(route: string, key: Key, conversationId: string, body: StartBody): void;
	/**
	 * Call for each Send that was answered with a message.
	 *
	 * @param files the hashes of its files: the same bytes may have been uploaded again, under another name
	 */
	sent(
		route: string,
		key: Key,
		conversationId: string,
		sent: { content: string | undefined; files: Array<string | undefined> },
	): void;
	/** Looks for values that come of nothing. */
	lookAt(route: string, named: Record<string, unknown>, conversationId?: string): void;
}

/** What is said of nothing when it is put into a text. */
const words = 'null|undefined|NaN|\\[object \\w+\\]|Invalid Date';
const wholeWord = new RegExp(`^\\s*(${words})\\s*$`);
/** In the part before the @, and as the whole of the part behind it. */
const inAddress = new RegExp(`(^|[^a-z])(${words})([^a-z]|$)`, 'i');
/** Nobody writes that. */
const anywhere = /\[object \w+\]/;

/**
 * Makes the list of what would hide a fault. Nothing is refused for it but a key that is no key.
 *
 * @param now gives the time of what happens
 * @param changed is called after every violation
 */
export function createViolations(now: () => number, changed: () => void): Violations {
	const found: Violation[] = [];
	/** What each key of an account came with first. */
	const used = new Map<string, { conversationId: string; content: string }>();

	function add(violation: Omit<Violation, 'at'>) {
		found.push({ ...violation, at: new Date(now()).toISOString() });
		changed();
	}

	/** Keys of messages are compared over the whole account: whether they count per conversation is unknown. */
	function compare(route: string, { key, account }: Key, conversationId: string, content: string) {
		const place = JSON.stringify([route, account, key]);
		const first = used.get(place);
		if (!first) return void used.set(place, { conversationId, content });
		const differs = [
			...(first.content === content ? [] : ['another content']),
			...(first.conversationId === conversationId ? [] : ['another conversation']),
		];
		if (!differs.length) return;
		const detail = `the key came with ${differs.join(' and ')} before`;
		add({ kind: 'keyConflict', route, conversationId, key, detail });
	}

	function lookAt(route: string, named: Record<string, unknown>, conversationId?: string) {
		for (const [name, value] of Object.entries(named)) {
			const pattern = patternFor(name);
			if (typeof value !== 'string' || !pattern.test(value)) continue;
			const detail = `${name} is "${value}"`;
			add({ kind: 'emptyWord', route, ...(conversationId && { conversationId }), detail });
		}
	}

	return {
		all: () => found,
		wrongWithKey(route, key) {
			if (!key) {
				add({ kind: 'keyMissing', route, detail: 'there is no idempotency key' });
				return 'header is required';
			}
			lookAt(route, { 'x-idempotency-key': key });
			if (/^[\x20-\x7e]{1,255}$/.test(key)) return undefined;
			add({
				kind: 'keyMalformed',
				route,
				key,
				detail: 'not 1 to 255 characters of printable ASCII',
			});
			return 'must be 1 to 255 characters of printable ASCII';
		},
		started(route, key, conversationId, body) {
			const { touchpoint_id, contact_person, subject, context_parameters, previous_messages } =
				body;
			// Times of messages that have none may be invented anew.
			const said = previous_messages?.map(({ type, content }) => [type.toLowerCase(), content]);
			const content = canonical([touchpoint_id, contact_person, subject, context_parameters, said]);
			compare(route, key, conversationId, content);
			const named = { touchpoint_id, email: contact_person.email, subject };
			lookAt(route, { ...named, ...context_parameters }, conversationId);
		},
		sent(route, key, conversationId, { content, files }) {
			compare(route, key, conversationId, canonical([content, files]));
			lookAt(route, { content }, conversationId);
		},
		lookAt,
	};
}

/** What must not be in a value of this name. A customer may well write "null", but nobody is called so. */
function patternFor(name: string): RegExp {
	if (name === 'content') return anywhere;
	return /e-?mail/i.test(name) ? inAddress : wholeWord;
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === 'object' && inner !== null && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	);
}
