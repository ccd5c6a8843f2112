import Fastify from 'fastify';
import { z } from 'zod';

/** An event as the trigger gives it. */
export const eventSchema = z
	.object({ event: z.string(), conversationId: z.string(), text: z.string().optional() })
	.passthrough();
export type ReceivedEvent = z.output<typeof eventSchema>;

/** An event as a line: the text of a message, or the name of another event. */
export const lineOf = ({ event, text }: Pick<ReceivedEvent, 'event' | 'text'>) =>
	text ?? `[${event}]`;

/** n8n's report of a failed execution; that of a crash lacks some fields. */
const failureSchema = z.object({
	execution: z
		.object({
			id: z.coerce.string().optional(),
			error: z.object({ message: z.string() }).partial().nullish(),
		})
		.optional(),
	workflow: z.object({ name: z.string() }).partial().optional(),
});

/** A failed execution, as reported by the error workflow. */
interface Failure {
	executionId: string;
	workflow: string;
	message: string;
}

/** Records the events for customers, and the failures for the operator of n8n. */
export interface EventRecorder {
	readonly url: string;
	/** The lines that have reached the customer of a conversation, in order. */
	received(conversationId: string): readonly string[];
	/** The number of received events. */
	readonly count: number;
	readonly failures: readonly Failure[];
	close(): Promise<void>;
}

/** Starts a recorder on a free port of 127.0.0.1. */
export async function startEventRecorder(): Promise<EventRecorder> {
	const app = Fastify({ forceCloseConnections: true });
	const received = new Map<string, string[]>();
	const failures: Failure[] = [];
	let count = 0;

	app.post('/events', async (request) => {
		const event = eventSchema.parse(request.body);
		const { conversationId } = event;
		count++;
		const all = received.get(conversationId) ?? [];
		received.set(conversationId, all);
		all.push(lineOf(event));
		return { received: true };
	});
	app.post('/failures', async (request) => {
		const { execution, workflow } = failureSchema.parse(request.body);
		failures.push({
			executionId: execution?.id ?? 'unknown',
			workflow: workflow?.name ?? 'unknown',
			message: execution?.error?.message ?? 'no message',
		});
		return { received: true };
	});
	return {
		url: await app.listen({ host: '127.0.0.1', port: 0 }),
		received: (conversationId) => received.get(conversationId) ?? [],
		get count() {
			return count;
		},
		failures,
		close: async () => await app.close(),
	};
}
