import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

/** The restart webhook of the action node. One path for all of them: n8n asks the node that waits. */
export const RESUME_PATH = 'talkdesk';

/** The events that an execution can wait for, besides those of Talkdesk. */
export const CUSTOMER_MESSAGE = 'customer_message';
export const TIMEOUT = 'timeout';

const time = z.number().finite();

/**
 * What is known of a wait to those who end it.
 *
 * It is stored as the input of the node while it waits, since the node's webhook can read nothing else that n8n keeps.
 * n8n outputs it on a timeout.
 */
const waitSchema = z.object({
	conversationId: z.string(),
	sessionId: z.string().optional(),
	/** The last events that the execution was given, so that none is given twice. */
	eventIds: z.array(z.string()),
	/** The message with which the wait began, as output of the node. It comes out with the event. */
	sentMessage: z.record(z.unknown()).optional(),
	/** Milliseconds since 1970 from which on another event may come: until then the chat shows the last text. */
	opensAt: time,
	/** The agent's text. It was not shown if the chat's page was closed before `opensAt`. */
	agentText: z.string().optional(),
});

/** What is known of a wait to those who end it. */
export type Wait = z.output<typeof waitSchema>;

/** What comes out with an event: the message with which the wait began, if there was one. */
export const sentMessageOf = ({ sentMessage }: Pick<Wait, 'sentMessage'>) =>
	sentMessage && { sentMessage };

/** The item that comes out if the time is over. */
export const timeoutItem = (wait: Wait, now: number): { json: IDataObject } => ({
	json: {
		event: TIMEOUT,
		conversationId: wait.conversationId,
		...(wait.sessionId && { sessionId: wait.sessionId }),
		timestamp: new Date(now).toISOString(),
		...sentMessageOf(wait),
		wait: { ...wait },
	},
});

/** What comes out of a wait whose conversation has ended, if it was not woken by Talkdesk's event. */
export const endedEvent = (conversationId: string, sessionId?: string): IDataObject => ({
	event: 'conversation_ended',
	conversationId,
	...(sessionId && { sessionId }),
	timestamp: new Date().toISOString(),
});

/** The wait of a node, from its input. */
export function parseWait(json: unknown): Wait | undefined {
	return z.object({ event: z.literal(TIMEOUT), wait: waitSchema }).safeParse(json).data?.wait;
}

/** What comes out of a wait that ends at a limit; undefined if it is another wait. @param input of the node that waits */
export function timeoutAt(input: unknown, limit: string): IDataObject | undefined {
	const isItsLimit = z.object({ timestamp: z.literal(limit) }).safeParse(input).success;
	const wait = isItsLimit ? parseWait(input) : undefined;
	return wait && timeoutItem(wait, Date.parse(limit)).json;
}

const text = z.string().optional().catch(undefined);
const eventSchema = z.object({
	event: z.enum([
		'conversation_started',
		'message_created',
		'conversation_ended',
		CUSTOMER_MESSAGE,
		TIMEOUT,
	]),
	conversationId: z.string(),
	eventId: text,
	text: text,
	author: z.object({ kind: text }).optional().catch(undefined),
	attachments: z.array(z.object({ name: text })).catch([]),
});

const customerSchema = z.object({ kind: z.literal('customer') });

/** Whether an event of Talkdesk may be for an execution that waits. The customer's own message isn't. */
export function isForExecutions({ event, author }: IDataObject): boolean {
	return event !== 'conversation_started' && !customerSchema.safeParse(author).success;
}

/** An event as the trigger or this node puts it out. */
export type WaitEvent = z.output<typeof eventSchema>;

/** The event of a conversation that an item is; undefined if it is none. */
export function parseWaitEvent(json: unknown, conversationId: string): WaitEvent | undefined {
	const { data } = eventSchema.safeParse(json);
	return data?.conversationId === conversationId ? data : undefined;
}
