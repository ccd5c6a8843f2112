import type { Settings } from './options.mts';
import type { DomainEvent } from './payloads.mts';
import type { Delivery } from './webhooks.mts';

/** How long a `late` call waits for the next one to overtake it. */
const MAX_DELAY_MS = 2000;

/** A webhook call, as the option `webhookFaults` gets it. */
export interface WebhookCall {
	event: string;
	conversationId: string;
	/** The number of earlier calls of this conversation. */
	index: number;
}

/**
 * A fault of a webhook call. `duplicate`: it is repeated as soon as it was answered. `duplicateAtOnce`: it is made twice at
 * the same moment. `late`: it waits until the next call of its conversation was answered, for 2 s at most.
 */
export type WebhookFault = 'duplicate' | 'duplicateAtOnce' | 'late';

/** An event for n8n, and its webhook calls, which all have the same bytes. */
export interface DispatchedEvent {
	event: string;
	timestamp: string;
	/** Of message_created. */
	message?: { id: string; content: string };
	fault?: WebhookFault;
	/** In the order in which they ended. `nth` is the position of its start among the conversation's calls, from 0. */
	calls: Array<Delivery & { nth: number }>;
}

export interface Dispatcher {
	/** See `Webhooks.tell`. Throws what the option `webhookFaults` throws. */
	dispatch(
		touchpointId: string,
		domainEvent: DomainEvent,
		call: () => Promise<Delivery>,
	): Promise<Delivery>;
	/** The dispatched events of a conversation, in order. */
	dispatched(conversationId: string): DispatchedEvent[];
}

/**
 * Creates the dispatcher of webhook calls, with their order and their faults. Calls of one conversation are sequential,
 * repetitions included; only a late one is overtaken.
 *
 * @param closing ends every wait
 * @param changed is called for every new event, and after every call
 */
export function createDispatcher(
	settings: () => Settings,
	closing: AbortSignal,
	changed: () => void,
): Dispatcher {
	/** The last call of each conversation, which the next one has to wait for. */
	const tails = new Map<string, Promise<unknown>>();
	/** Late calls by conversation: each waits for the next call. */
	const delayed = new Map<string, (next: Promise<unknown>) => void>();
	const dispatched = new Map<string, DispatchedEvent[]>();
	const started = new Map<string, number>();

	const integrationOf = (touchpointId: string) =>
		settings().touchpoints.find(({ id }) => id === touchpointId)?.integration;

	/** Makes a call, and repeats it while it fails and the integration says so. */
	async function callWithRetries(
		touchpointId: string,
		once: () => Promise<Delivery>,
	): Promise<Delivery[]> {
		const deliveries = [await once()];
		for (;;) {
			const redeliver = integrationOf(touchpointId)?.redeliver;
			if (!redeliver || deliveries.at(-1)?.ok || deliveries.length > redeliver.attempts)
				return deliveries;
			try {
				await settings().timer.sleep(redeliver.delayMs, closing);
			} catch {
				return deliveries;
			}
			deliveries.push(await once());
		}
	}

	/** Resolves when a late call may be made: the next one was answered, or did not come in time. */
	async function waitForNext(next: Promise<unknown>) {
		const done = new AbortController();
		const timeout = settings().timer.sleep(MAX_DELAY_MS, AbortSignal.any([closing, done.signal]));
		await Promise.race([next, timeout.catch(() => undefined)]);
		done.abort();
	}

	return {
		dispatch(touchpointId, { event, conversationId, timestamp, message }, call) {
			const entries = dispatched.get(conversationId) ?? [];
			// Without an integration there is no call that could fail.
			const fault =
				integrationOf(touchpointId) &&
				settings().webhookFaults({ event, conversationId, index: entries.length });
			const entry: DispatchedEvent = {
				...{ event, timestamp },
				...(message && { message: { id: message.id, content: message.content } }),
				...(fault && { fault }),
				calls: [],
			};
			dispatched.set(conversationId, entries);
			entries.push(entry);
			changed();

			const callOnce = () =>
				callWithRetries(touchpointId, async () => {
					const nth = started.get(conversationId) ?? 0;
					started.set(conversationId, nth + 1);
					const delivery = await call();
					entry.calls.push({ ...delivery, nth });
					changed();
					return delivery;
				});
			async function callAll(): Promise<Delivery[]> {
				if (fault === 'duplicateAtOnce') {
					return (await Promise.all([callOnce(), callOnce()])).flat();
				}
				const deliveries = await callOnce();
				return fault === 'duplicate' ? [...deliveries, ...(await callOnce())] : deliveries;
			}

			const before = Promise.resolve(tails.get(conversationId));
			const overtakes = delayed.get(conversationId);
			delayed.delete(conversationId);
			const next =
				fault === 'late' && new Promise<unknown>((known) => delayed.set(conversationId, known));
			const turn = before.then(() => (next ? waitForNext(next) : undefined)).then(callAll);
			overtakes?.(turn);
			if (!next) tails.set(conversationId, turn);
			return turn.then((deliveries) => combine(deliveries));
		},
		dispatched: (conversationId) => dispatched.get(conversationId) ?? [],
	};
}

/** The first delivery, with the others as its repeats. */
function combine([first, ...repeats]: Delivery[]): Delivery {
	if (!first) throw new TypeError('there was no call');
	return repeats.length ? { ...first, repeats } : first;
}
