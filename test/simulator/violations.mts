import type { StartBody } from './contract.mts';
import type { IdempotencyKey } from './conversations.mts';

/**
 * A request that would hide a fault. `keyMissing`, `keyMalformed`: an idempotency key that is not 1 to 255 characters of
 * printable ASCII. `keyConflict`: a key of an earlier, different request, so that nothing of this one was stored.
 * `emptyWord`: a placeholder for a missing value, such as `undefined`.
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
	/** Checks an idempotency key. @returns what is invalid about it */
	checkKey(route: string, key: string): string | undefined;
	/** Records a successful Start. */
	recordStart(route: string, key: IdempotencyKey, conversationId: string, body: StartBody): void;
	/**
	 * Records a successful Send.
	 *
	 * @param files the hashes of its files: the same bytes may have been uploaded again, under another name
	 */
	recordSend(
		route: string,
		key: IdempotencyKey,
		conversationId: string,
		recordSend: { content: string | undefined; files: Array<string | undefined> },
	): void;
	/** Checks values for placeholders. */
	checkValues(route: string, named: Record<string, unknown>, conversationId?: string): void;
}

/** Texts that missing values become. */
const words = 'null|undefined|NaN|\\[object \\w+\\]|Invalid Date';
const wholeWord = new RegExp(`^\\s*(${words})\\s*$`);
/** In the part before the @, and as the whole of the part behind it. */
const inAddress = new RegExp(`(^|[^a-z])(${words})([^a-z]|$)`, 'i');
/** Not written by people. */
const anywhere = /\[object \w+\]/;

/**
 * Creates the list of violations. Only an invalid key is rejected, too.
 *
 * @param now gives the time of a violation
 * @param changed is called after every violation
 */
export function createViolations(now: () => number, changed: () => void): Violations {
	const found: Violation[] = [];
	/** The first request of each key of an account. */
	const used = new Map<string, { conversationId: string; content: string }>();

	function add(violation: Omit<Violation, 'at'>) {
		found.push({ ...violation, at: new Date(now()).toISOString() });
		changed();
	}

	/** Keys of messages are compared over the whole account: whether they count per conversation is unknown. */
	function compare(
		route: string,
		{ key, account }: IdempotencyKey,
		conversationId: string,
		content: string,
	) {
		const scopedKey = JSON.stringify([route, account, key]);
		const first = used.get(scopedKey);
		if (!first) return void used.set(scopedKey, { conversationId, content });
		const differs = [
			...(first.content === content ? [] : ['another content']),
			...(first.conversationId === conversationId ? [] : ['another conversation']),
		];
		if (!differs.length) return;
		const detail = `the key came with ${differs.join(' and ')} before`;
		add({ kind: 'keyConflict', route, conversationId, key, detail });
	}

	function checkValues(route: string, named: Record<string, unknown>, conversationId?: string) {
		for (const [name, value] of Object.entries(named)) {
			const pattern = patternFor(name);
			if (typeof value !== 'string' || !pattern.test(value)) continue;
			const detail = `${name} is "${value}"`;
			add({ kind: 'emptyWord', route, ...(conversationId && { conversationId }), detail });
		}
	}

	return {
		all: () => found,
		checkKey(route, key) {
			if (!key) {
				add({ kind: 'keyMissing', route, detail: 'there is no idempotency key' });
				return 'header is required';
			}
			checkValues(route, { 'x-idempotency-key': key });
			if (/^[\x20-\x7e]{1,255}$/.test(key)) return undefined;
			add({
				kind: 'keyMalformed',
				route,
				key,
				detail: 'not 1 to 255 characters of printable ASCII',
			});
			return 'must be 1 to 255 characters of printable ASCII';
		},
		recordStart(route, key, conversationId, body) {
			const { touchpoint_id, contact_person, subject, context_parameters, previous_messages } =
				body;
			// Without times: those of messages that have none may differ.
			const said = previous_messages?.map(({ type, content }) => [type.toLowerCase(), content]);
			const content = canonical([touchpoint_id, contact_person, subject, context_parameters, said]);
			compare(route, key, conversationId, content);
			const named = { touchpoint_id, email: contact_person.email, subject };
			checkValues(route, { ...named, ...context_parameters }, conversationId);
		},
		recordSend(route, key, conversationId, { content, files }) {
			compare(route, key, conversationId, canonical([content, files]));
			checkValues(route, { content }, conversationId);
		},
		checkValues,
	};
}

/** The forbidden texts in a value of this name. A text may be "null", but a name may not. */
function patternFor(name: string): RegExp {
	if (name === 'content') return anywhere;
	return /e-?mail/i.test(name) ? inAddress : wholeWord;
}

/** The JSON of a value with sorted keys. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === 'object' && inner !== null && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	);
}
