import Fastify from 'fastify';
import { z } from 'zod';

/** An event, as the trigger gives it. */
export const toldSchema = z
	.object({ event: z.string(), conversationId: z.string(), text: z.string().optional() })
	.passthrough();
export type Told = z.output<typeof toldSchema>;

/** As the customers' side keeps it. */
export const wordsOf = ({ event, text }: Pick<Told, 'event' | 'text'>) => text ?? `[${event}]`;

/** What n8n tells of a crash lacks some of this. */
const failureSchema = z.object({
	execution: z
		.object({
			id: z.coerce.string().optional(),
			error: z.object({ message: z.string() }).partial().nullish(),
		})
		.optional(),
	workflow: z.object({ name: z.string() }).partial().optional(),
});

/** A failed execution, as n8n tells its error workflow. */
interface Failure {
	executionId: string;
	workflow: string;
	message: string;
}

/** The side of the customers, and of whoever runs n8n. */
export interface Customers {
	readonly url: string;
	/** What the customer of a conversation was told, in the order in which it came: texts, and events in brackets. */
	heard(conversationId: string): readonly string[];
	/** How many things came in. */
	readonly count: number;
	readonly failures: readonly Failure[];
	close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startCustomers(): Promise<Customers> {
	const app = Fastify({ forceCloseConnections: true });
	const heard = new Map<string, string[]>();
	const failures: Failure[] = [];
	let count = 0;

	app.post('/told', async (request) => {
		const told = toldSchema.parse(request.body);
		const { conversationId } = told;
		count++;
		const all = heard.get(conversationId) ?? [];
		heard.set(conversationId, all);
		all.push(wordsOf(told));
		return { received: true };
	});
	app.post('/failed', async (request) => {
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
		heard: (conversationId) => heard.get(conversationId) ?? [],
		get count() {
			return count;
		},
		failures,
		close: async () => await app.close(),
	};
}
