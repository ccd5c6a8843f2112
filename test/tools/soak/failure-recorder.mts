import Fastify from 'fastify';
import { z } from 'zod';

/** n8n's report of a failed execution; that of a crash lacks some fields. */
const failureSchema = z.object({
	execution: z
		.object({
			id: z.coerce.string().optional(),
			error: z.object({ message: z.string() }).partial().nullish(),
		})
		.optional(),
});

/** A failed execution, as reported by the error workflow. */
interface Failure {
	executionId: string;
	message: string;
}

/** Records the failures for the operator of n8n. */
export interface FailureRecorder {
	readonly url: string;
	readonly failures: readonly Failure[];
	close(): Promise<void>;
}

/** Starts a recorder on a free port of 127.0.0.1. */
export async function startFailureRecorder(): Promise<FailureRecorder> {
	const app = Fastify({ forceCloseConnections: true });
	const failures: Failure[] = [];
	app.post('/', async (request) => {
		const { execution } = failureSchema.parse(request.body);
		failures.push({
			executionId: execution?.id ?? 'unknown',
			message: execution?.error?.message ?? 'no message',
		});
		return { received: true };
	});
	return {
		url: await app.listen({ host: '127.0.0.1', port: 0 }),
		failures,
		close: async () => await app.close(),
	};
}
