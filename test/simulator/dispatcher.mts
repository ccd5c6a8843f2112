import type { Settings } from './options.mts';
import type { Happening } from './payloads.mts';
import type { Delivery } from './webhooks.mts';

/** How long a call that is `late` waits for another one to overtake it. */
const lateMs = 2000;

/** A call to n8n, as the option `webhookFaults` is asked about it. */
export interface WebhookCall {
	event: string;
	conversationId: string;
	/** How many calls of this conversation came before. */
	index: number;
}

/**
 * What goes wrong with a call. `duplicate`: it is made again as soon as it was answered. `duplicateAtOnce`: it is made twice at
 * the same moment. `late`: it is held back until the next call of its conversation was answered, for 2 s at most.
 */
export type WebhookFault = 'duplicate' | 'duplicateAtOnce' | 'late';

/** One thing that was to be told to n8n, and the calls that were made for it: all of the same bytes. */
export interface Told {
	event: string;
	timestamp: string;
	/** Of message_created. */
	message?: { id: string; content: string };
	fault?: WebhookFault;
	/** In the order in which they ended. `nth` counts the conversation's calls in the order in which they began, from 0. */
	calls: Array<Delivery & { nth: number }>;
}

export interface Telling {
	/** See `Webhooks.tell`. Throws what the option `webhookFaults` throws. */
	tell(
		touchpointId: string,
		happening: Happening,
		call: () => Promise<Delivery>,
	): Promise<Delivery>;
	/** What was told about a conversation, in the order in which it happened. */
	told(conversationId: string): Told[];
}

/**
 * Makes the order in which n8n is told things, and what spoils it. Calls of one conversation go one after the other, with all
 * their repetitions; only one that is late stands aside.
 *
 * @param closing ends every wait
 * @param changed is called when there is something new to tell, and after every call
 */
export function createTelling(
	settings: () => Settings,
	closing: AbortSignal,
	changed: () => void,
): Telling {
	/** The last call of each conversation that the next one has to wait for. */
	const tails = new Map<string, Promise<unknown>>();
	/** Whoever stands aside, by conversation, wants to know the next call. */
	const waiting = new Map<string, (next: Promise<unknown>) => void>();
	const told = new Map<string, Told[]>();
	const begun = new Map<string, number>();

	const integrationOf = (touchpointId: string) =>
		settings().touchpoints.find(({ id }) => id === touchpointId)?.integration;

	/** Makes a call, and makes it again while it fails and the integration says so. */
	async function insist(touchpointId: string, once: () => Promise<Delivery>): Promise<Delivery[]> {
		const made = [await once()];
		for (;;) {
			const redeliver = integrationOf(touchpointId)?.redeliver;
			if (!redeliver || made.at(-1)?.ok || made.length > redeliver.attempts) return made;
			try {
				await settings().timer.sleep(redeliver.delayMs, closing);
			} catch {
				return made;
			}
			made.push(await once());
		}
	}

	/** Resolves when a call that stands aside may go: the next one was answered, or has not come in time. */
	async function overtaken(next: Promise<unknown>) {
		const done = new AbortController();
		const patience = settings().timer.sleep(lateMs, AbortSignal.any([closing, done.signal]));
		await Promise.race([next, patience.catch(() => undefined)]);
		done.abort();
	}

	return {
		tell(touchpointId, { event, conversationId, timestamp, message }, call) {
			const entries = told.get(conversationId) ?? [];
			// Without an integration there is no call that could go wrong.
			const fault =
				integrationOf(touchpointId) &&
				settings().webhookFaults({ event, conversationId, index: entries.length });
			const entry: Told = {
				...{ event, timestamp },
				...(message && { message: { id: message.id, content: message.content } }),
				...(fault && { fault }),
				calls: [],
			};
			told.set(conversationId, entries);
			entries.push(entry);
			changed();

			const insistently = () =>
				insist(touchpointId, async () => {
					const nth = begun.get(conversationId) ?? 0;
					begun.set(conversationId, nth + 1);
					const delivery = await call();
					entry.calls.push({ ...delivery, nth });
					changed();
					return delivery;
				});
			async function callAll(): Promise<Delivery[]> {
				if (fault === 'duplicateAtOnce') {
					return (await Promise.all([insistently(), insistently()])).flat();
				}
				const made = await insistently();
				return fault === 'duplicate' ? [...made, ...(await insistently())] : made;
			}

			const before = Promise.resolve(tails.get(conversationId));
			const overtakes = waiting.get(conversationId);
			waiting.delete(conversationId);
			const next =
				fault === 'late' && new Promise<unknown>((known) => waiting.set(conversationId, known));
			const turn = before.then(() => (next ? overtaken(next) : undefined)).then(callAll);
			overtakes?.(turn);
			if (!next) tails.set(conversationId, turn);
			return turn.then((made) => withRepeats(made));
		},
		told: (conversationId) => told.get(conversationId) ?? [],
	};
}

/** There is always a first one. */
function withRepeats([first, ...repeats]: Delivery[]): Delivery {
	if (!first) throw new TypeError('nothing was called');
	return repeats.length ? { ...first, repeats } : first;
}
