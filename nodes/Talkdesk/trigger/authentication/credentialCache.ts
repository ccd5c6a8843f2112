import type { WebhookCredential } from './verify';

/**
 * Milliseconds. For each credential that n8n decrypts for a webhook it makes an isolate, where it evaluates expressions in
 * isolates (its default): with the bench of this package that takes longer than all that the trigger does itself.
 */
const KEEP_FOR = 10_000;

interface Kept {
	credential: WebhookCredential;
	/** Milliseconds since 1970. */
	at: number;
}

/** The part for calls of Talkdesk only, as it was a moment ago, by trigger and credential. */
const kept = new Map<string, Kept>();

/**
 * Answers a call with the credential as it was a moment ago, and if that refuses it, as it is now: a new secret is good at
 * once, and an old one for as long as it is kept.
 *
 * @param key which credential of which trigger; undefined keeps nothing
 * @param read gives the credential as it is now, undefined when it can't be read, which isn't kept
 * @param answer what is answered with a credential; without one, nobody is let in
 * @param now milliseconds since 1970
 */
export async function answerWith<Answer extends { status: number }>(
	key: string | undefined,
	{
		read,
		answer,
		now,
	}: {
		read: () => Promise<WebhookCredential | undefined>;
		answer: (credential: WebhookCredential | undefined) => Answer;
		now: number;
	},
): Promise<Answer> {
	const known = key === undefined ? undefined : kept.get(key);
	if (known && now - known.at < KEEP_FOR) {
		const answered = answer(known.credential);
		if (answered.status !== 401) return answered;
	}
	const credential = await read();
	if (key !== undefined) {
		if (credential) kept.set(key, { credential, at: now });
		else kept.delete(key);
	}
	return answer(credential);
}
