import { z } from 'zod';

import { BoundedMap } from '../collections/boundedMap';
import { MAX_GAP_MS } from '../waiting/eventOrder';
import { isForExecutions } from '../waiting/wait';
import type { TalkdeskEvent } from './event/parse';

/**
 * The position of an event in the order of Talkdesk's calls. n8n stores it with the event; the trigger does not output
 * it.
 */
const callOrderSchema = z.object({
	/** Greater than that of each earlier call of this process. */
	order: z.number(),
	/** The ID of the event before, of the same conversation. */
	after: z.string().optional(),
});
export type CallOrder = z.output<typeof callOrderSchema>;

let lastOrder = 0;
const lastEvents = new BoundedMap<string, { eventId: string; at: number }>(10_000);

/**
 * Records the order of a call. n8n's execution IDs don't give it, since n8n stores several executions at the same
 * moment.
 *
 * @param now milliseconds since 1970
 */
export function noteCall(trigger: string, event: TalkdeskEvent, now: number): CallOrder {
	lastOrder = Math.max(lastOrder + 1, now * 1000);
	const { eventId, conversationId } = event;
	const key = `${trigger}/${conversationId}`;
	const last = lastEvents.get(key);
	const isNext = last && last.eventId !== eventId && now - last.at < MAX_GAP_MS;
	if (eventId !== undefined && isForExecutions({ ...event })) {
		lastEvents.set(key, { eventId, at: now });
	}
	return { order: lastOrder, ...(isNext && { after: last.eventId }) };
}

/** The order of an event's call. @param itemIndex its own for each event that an older version of the trigger has stored */
export function readCallOrder(
	callOrder: unknown,
	executionId: string,
	itemIndex: number,
): CallOrder {
	const ofExecution = () => ({ order: (Number(executionId) || 0) + itemIndex / 1_000_000 });
	return callOrderSchema.safeParse(callOrder).data ?? ofExecution();
}
